/** Every state that RDS can put a sandbox into, and what teardown makes of it: against an RDS that refuses what AWS refuses. */
import {
  DBClusterNotFoundFault,
  DBClusterSnapshotNotFoundFault,
  DBInstanceNotFoundFault,
  DeleteDBClusterCommand,
  type DeleteDBClusterCommandInput,
  DeleteDBClusterSnapshotCommand,
  DeleteDBInstanceCommand,
  type DeleteDBInstanceCommandInput,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  InvalidDBClusterSnapshotStateFault,
  InvalidDBClusterStateFault,
  InvalidDBInstanceStateFault,
  ModifyDBClusterCommand,
  RDSClient,
  StartDBClusterCommand,
} from "@aws-sdk/client-rds";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it } from "vitest";
import type { TeardownAnswer } from "../../src/recovery/answers.ts";
import { tearDown } from "../../src/recovery/tear-down.ts";
import { momentAt, SAMPLE_DRILL, TAG_LIST } from "../plan/sample-drill.ts";

const client = new RDSClient({ region: "eu-central-1", maxAttempts: 1 });
const rds = mockClient(client);
const { cluster, writer } = SAMPLE_DRILL.sandbox;
const { snapshotId: copy } = SAMPLE_DRILL.copy;
const refused = (message: string) => ({ message, $metadata: {} });

/** What is there; a look takes a minute, and a deletion, a start or a stop as many looks as it says. */
interface Account {
  writer: string | undefined;
  cluster: string | undefined;
  copy: string | undefined;
  isProtected: boolean;
  /** Instances in the cluster that no drill made. */
  foreign: string[];
  isGlobal: boolean;
  /** States in which RDS refuses to delete, whatever else. */
  busy: readonly string[];
  deletionTakesLooks: number;
}
let account: Account;
/** What ends at which look. */
let later: { at: number; then: () => void }[];
let atLook: number;
const after = (looks: number, then: () => void): void => void later.push({ at: atLook + looks, then });

/** States that pass by themselves, and what comes after them. */
const PASSING = ["creating", "backing-up", "modifying", "rebooting", "upgrading", "starting", "migrating"];

function pass(): void {
  atLook += 1;
  for (const { then } of later.filter(({ at }) => at === atLook)) then();
  for (const kind of ["writer", "cluster"] as const)
    if (atLook === 3 && PASSING.includes(account[kind] ?? "")) account[kind] = "available";
  if (atLook === 3 && account.cluster === "stopping") account.cluster = "stopped";
}

beforeEach(() => {
  account = {
    writer: "available",
    cluster: "available",
    copy: "available",
    isProtected: false,
    foreign: [],
    isGlobal: false,
    busy: ["creating", "starting", "stopping", "migrating", "upgrading"],
    deletionTakesLooks: 2,
  };
  later = [];
  atLook = 0;
  rds.reset();
  rds.on(DescribeDBInstancesCommand).callsFake(() => {
    if (account.writer === undefined) throw new DBInstanceNotFoundFault(refused("no instance"));
    return { DBInstances: [{ DBInstanceIdentifier: writer, DBInstanceStatus: account.writer, TagList: TAG_LIST }] };
  });
  rds.on(DescribeDBClustersCommand).callsFake(() => {
    if (account.cluster === undefined) throw new DBClusterNotFoundFault(refused("no cluster"));
    const members = [...(account.writer === undefined ? [] : [writer]), ...account.foreign];
    const DBClusterMembers = members.map((DBInstanceIdentifier) => ({ DBInstanceIdentifier }));
    const { cluster: Status, isProtected: DeletionProtection } = account;
    return {
      DBClusters: [{ DBClusterIdentifier: cluster, Status, DeletionProtection, DBClusterMembers, TagList: TAG_LIST }],
    };
  });
  rds.on(DescribeDBClusterSnapshotsCommand).callsFake(() => {
    if (account.copy === undefined) throw new DBClusterSnapshotNotFoundFault(refused("no snapshot"));
    return { DBClusterSnapshots: [{ DBClusterSnapshotIdentifier: copy, Status: account.copy, TagList: TAG_LIST }] };
  });
  rds.on(DeleteDBInstanceCommand).callsFake((input: DeleteDBInstanceCommandInput) => {
    expect(input).toEqual({ DBInstanceIdentifier: writer, SkipFinalSnapshot: true });
    if (account.writer === undefined) throw new DBInstanceNotFoundFault(refused("no instance"));
    if (["stopped", "stopping", "starting"].includes(account.cluster ?? ""))
      throw new InvalidDBClusterStateFault(refused(`Db cluster ${cluster} is in ${account.cluster} state`));
    if (account.busy.includes(account.writer)) throw new InvalidDBInstanceStateFault(refused(account.writer));
    if (account.isProtected && account.foreign.length === 0)
      throw Object.assign(new Error("deletion protection option enabled"), { name: "InvalidParameterCombination" });
    account.writer = "deleting";
    after(account.deletionTakesLooks, () => {
      account.writer = undefined;
    });
    return {};
  });
  rds.on(DeleteDBClusterCommand).callsFake((input: DeleteDBClusterCommandInput) => {
    expect(input).toEqual({ DBClusterIdentifier: cluster, SkipFinalSnapshot: true, DeleteAutomatedBackups: true });
    if (account.isProtected)
      throw Object.assign(new Error("Cannot delete protected Cluster"), { name: "InvalidParameterCombination" });
    if (account.isGlobal)
      throw new InvalidDBClusterStateFault(
        refused("This cluster is a part of a global cluster, please remove it from globalcluster first"),
      );
    if (account.busy.includes(account.cluster ?? "") || account.cluster === "stopped")
      throw new InvalidDBClusterStateFault(refused(`Db cluster ${cluster} is in ${account.cluster} state`));
    if (account.foreign.length > 0 || !["deleting", undefined].includes(account.writer))
      throw new InvalidDBClusterStateFault(refused("it still contains DB instances in non-deleting state"));
    account.cluster = "deleting";
    after(account.deletionTakesLooks + 1, () => {
      account.cluster = undefined;
    });
    return {};
  });
  rds.on(DeleteDBClusterSnapshotCommand).callsFake(() => {
    if (account.copy === "creating" && atLook < 3) throw new InvalidDBClusterSnapshotStateFault(refused("creating"));
    account.copy = undefined;
    return {};
  });
  rds.on(ModifyDBClusterCommand).callsFake(() => {
    if (account.cluster !== "available") throw new InvalidDBClusterStateFault(refused(`is ${account.cluster}`));
    account.isProtected = false;
    return {};
  });
  rds.on(StartDBClusterCommand).callsFake(() => {
    if (account.cluster !== "stopped") throw new InvalidDBClusterStateFault(refused(`is ${account.cluster}`));
    account.cluster = "starting";
    after(2, () => {
      account.cluster = "available";
    });
    return {};
  });
});

/** A look a minute until teardown is ready: six hours and a bit more at most. */
async function tornDown(fromSeconds = 0): Promise<TeardownAnswer> {
  let teardown: TeardownAnswer | undefined;
  for (let minute = 0; minute < 370; minute += 1) {
    const now = () => momentAt(fromSeconds + minute * 60);
    teardown = await tearDown({ rds: () => client, now }, { drill: SAMPLE_DRILL, teardown });
    if (teardown.phase === "ready") return teardown;
    pass();
  }
  throw new Error("teardown did not end");
}

const TERMINAL = [
  "failed",
  "restore-error",
  "incompatible-restore",
  "incompatible-network",
  "incompatible-parameters",
  "incompatible-option-group",
  "incompatible-create",
  "incompatible-credentials",
  "insufficient-capacity",
  "inaccessible-encryption-credentials",
  "inaccessible-encryption-credentials-recoverable",
  "storage-full",
  "modify-failed",
  "upgrade-failed",
];
const TERMINAL_CLUSTER = [
  "cloning-failed",
  "migration-failed",
  "restore-failed",
  "incompatible-parameters",
  "inaccessible-encryption-credentials",
  "inaccessible-encryption-credentials-recoverable",
  "upgrade-failed",
];
const STATES: readonly (readonly [kind: "writer" | "cluster" | "copy", states: readonly (string | undefined)[]])[] = [
  ["writer", ["available", "stopped", ...PASSING, ...TERMINAL, "deleting", undefined]],
  ["cluster", ["available", "stopping", "stopped", ...PASSING, ...TERMINAL_CLUSTER]],
  ["copy", ["available", "creating", "copying", "failed", undefined]],
];

describe.each(STATES)("a %s", (kind, states) => {
  it.each(states)("that is %s ends, with everything else, in nothing", async (state) => {
    account[kind] = state;
    if (state === "deleting")
      after(3, () => {
        account[kind] = undefined;
      });
    const { leftovers, remaining } = await tornDown();
    expect(leftovers).toEqual([]);
    expect(remaining).toEqual([]);
    expect([account.writer, account.cluster, account.copy]).toEqual([undefined, undefined, undefined]);
  });
});

describe("a stopped cluster", () => {
  it("is started once, since RDS deletes neither it nor its instances, and only when it is stopped", async () => {
    account.cluster = "stopping";
    await tornDown();
    expect(rds.commandCalls(StartDBClusterCommand)).toHaveLength(1);
  });

  it("is not started when its key is gone: that would fail, and its instances can be deleted as it is", async () => {
    account.cluster = "inaccessible-encryption-credentials-recoverable";
    await tornDown();
    expect(rds.commandCalls(StartDBClusterCommand)).toHaveLength(0);
  });

  it("is unprotected once it runs", async () => {
    account.cluster = "stopped";
    account.isProtected = true;
    expect((await tornDown()).leftovers).toEqual([]);
    expect(account.cluster).toBeUndefined();
  });
});

describe("somebody else's doings", () => {
  it("deletion protection: RDS then keeps the last instance too, until the cluster lets go", async () => {
    account.isProtected = true;
    expect((await tornDown()).leftovers).toEqual([]);
    expect(rds.commandCalls(ModifyDBClusterCommand)).toHaveLength(1);
  });

  it.each(["available", "stopped"])("a reader in the %s cluster is never touched, and named", async (state) => {
    account.cluster = state;
    account.writer = state === "stopped" ? undefined : "available";
    account.foreign = ["application-autoscaling-1"];
    const { leftovers } = await tornDown();
    expect(leftovers).toMatchObject([
      {
        kind: "cluster",
        id: cluster,
        reason: expect.stringMatching(/application-autoscaling-1.*not touched.*Drill\.NotOurs/),
      },
    ]);
    expect([account.writer, account.copy]).toEqual([undefined, undefined]);
    expect(rds.commandCalls(DeleteDBClusterCommand)).toHaveLength(0);
    expect(rds.commandCalls(StartDBClusterCommand)).toHaveLength(0);
    // In minutes, not after the six hours that deleting may take.
    expect(atLook).toBeLessThan(10);
  });

  it("a global cluster around it is left alone: the cluster is left over with what RDS says, at once", async () => {
    account.isGlobal = true;
    const { leftovers } = await tornDown();
    expect(leftovers).toMatchObject([{ kind: "cluster", reason: expect.stringContaining("global cluster") }]);
    expect(atLook).toBeLessThan(10);
  });
});

describe("a deletion", () => {
  it("that lingers for an hour is waited for, and asked for once", async () => {
    account.deletionTakesLooks = 61;
    expect((await tornDown()).leftovers).toEqual([]);
    expect(rds.commandCalls(DeleteDBInstanceCommand)).toHaveLength(1);
    expect(rds.commandCalls(DeleteDBClusterCommand)).toHaveLength(1);
  });

  it("that never ends is left over after teardown's six hours", async () => {
    account.deletionTakesLooks = 1000;
    expect((await tornDown()).leftovers.map(({ kind, reason }) => [kind, reason])).toEqual([
      ["instance", "deleting, asked to be deleted"],
      ["cluster", "deleting, asked to be deleted"],
    ]);
    expect(atLook).toBeGreaterThanOrEqual(360);
  });

  it.each([
    [55, []],
    [1000, ["instance", "cluster"]],
  ])("that begins long after the drill's deadlines still has an hour: %i min", async (minutes, leftOver) => {
    account.deletionTakesLooks = minutes;
    expect((await tornDown(3 * 86_400)).leftovers.map(({ kind }) => kind)).toEqual(leftOver);
    expect(atLook).toBeLessThanOrEqual(61);
  });

  it("that answers an error but worked is seen to have worked", async () => {
    const lost = Object.assign(new Error("socket hang up"), { name: "TimeoutError" });
    rds.on(DeleteDBInstanceCommand).callsFake(() => {
      account.writer = undefined;
      throw lost;
    });
    rds.on(DeleteDBClusterSnapshotCommand).callsFake(() => {
      account.copy = undefined;
      throw lost;
    });
    const { leftovers, deleted } = await tornDown();
    expect(leftovers).toEqual([]);
    expect(deleted.map(({ kind }) => kind).sort()).toEqual(["cluster", "instance", "snapshot"]);
  });

  it("of what went between the look and the call is no error", async () => {
    rds.on(DeleteDBInstanceCommand).callsFake(() => {
      account.writer = undefined;
      throw new DBInstanceNotFoundFault(refused("gone"));
    });
    expect((await tornDown()).leftovers).toEqual([]);
  });

  it("takes no final snapshot, so that no name of one can clash", async () => {
    await tornDown();
    const inputs = rds.calls().map(({ args }) => Object.keys(args[0].input));
    expect(inputs.flat()).not.toContain("FinalDBSnapshotIdentifier");
  });
});
