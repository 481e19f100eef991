import {
  type DBCluster,
  DBClusterNotFoundFault,
  type DBClusterSnapshot,
  DBClusterSnapshotNotFoundFault,
  type DBInstance,
  DBInstanceNotFoundFault,
  DeleteDBClusterCommand,
  DeleteDBClusterSnapshotCommand,
  DeleteDBInstanceCommand,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  InvalidDBClusterStateFault,
  ModifyDBClusterCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import { mockClient } from "aws-sdk-client-mock";
import "aws-sdk-client-mock-vitest/extend";
import { beforeEach, describe, expect, it } from "vitest";
import type { Drill } from "../../src/plan/drill.ts";
import type { TeardownAnswer } from "../../src/recovery/answers.ts";
import { tearDown } from "../../src/recovery/tear-down.ts";
import { drillWith, momentAt, SAMPLE_DRILL, TAG_LIST } from "../plan/sample-drill.ts";

const there = new RDSClient({ region: "eu-central-1" });
const rds = mockClient(there);
const { cluster, writer } = SAMPLE_DRILL.sandbox;
const { snapshotId } = SAMPLE_DRILL.copy;
const region = "eu-central-1";
const meta = { message: "message of RDS", $metadata: {} };
const denied = Object.assign(new Error("not authorized"), { name: "AccessDenied" });

const look = (atSeconds = 1000, teardown?: TeardownAnswer, drill: Drill = SAMPLE_DRILL) =>
  tearDown(
    {
      rds: (asked) => {
        expect(asked).toBe(region);
        return there;
      },
      now: () => momentAt(atSeconds),
    },
    { drill, teardown },
  );

const writerIs = (changes: Partial<DBInstance> = {}) =>
  rds
    .on(DescribeDBInstancesCommand)
    .resolves({ DBInstances: [{ DBInstanceStatus: "available", TagList: TAG_LIST, ...changes }] });
const clusterIs = (changes: Partial<DBCluster> = {}) =>
  rds.on(DescribeDBClustersCommand).resolves({ DBClusters: [{ Status: "available", TagList: TAG_LIST, ...changes }] });
const copyIs = (changes: Partial<DBClusterSnapshot> = {}) =>
  rds
    .on(DescribeDBClusterSnapshotsCommand)
    .resolves({ DBClusterSnapshots: [{ Status: "available", TagList: TAG_LIST, ...changes }] });
const writerIsGone = () => rds.on(DescribeDBInstancesCommand).rejects(new DBInstanceNotFoundFault(meta));
const clusterIsGone = () => rds.on(DescribeDBClustersCommand).rejects(new DBClusterNotFoundFault(meta));
const copyIsGone = () => rds.on(DescribeDBClusterSnapshotsCommand).rejects(new DBClusterSnapshotNotFoundFault(meta));

const deletions = () =>
  rds
    .calls()
    .map(({ args }) => args[0])
    .filter((command) => command.constructor.name.startsWith("Delete"))
    .map((command) => [command.constructor.name, command.input]);

beforeEach(() => {
  rds.reset();
  writerIsGone();
  clusterIsGone();
  copyIsGone();
  for (const command of [DeleteDBInstanceCommand, DeleteDBClusterCommand, DeleteDBClusterSnapshotCommand])
    rds.on(command as typeof DeleteDBInstanceCommand).resolves({});
});

describe("tearDown", () => {
  it("asks for the writer, then the cluster, then the copy, without a last snapshot of any", async () => {
    writerIs();
    clusterIs();
    copyIs();
    const answer = await look();
    expect(deletions()).toEqual([
      ["DeleteDBInstanceCommand", { DBInstanceIdentifier: writer, SkipFinalSnapshot: true }],
      [
        "DeleteDBClusterCommand",
        { DBClusterIdentifier: cluster, SkipFinalSnapshot: true, DeleteAutomatedBackups: true },
      ],
      ["DeleteDBClusterSnapshotCommand", { DBClusterSnapshotIdentifier: snapshotId }],
    ]);
    expect(answer).toMatchObject({
      phase: "pending",
      looks: 1,
      deleted: [],
      leftovers: [],
      remaining: [
        { kind: "instance", id: writer, region, reason: "available, asked to be deleted" },
        { kind: "cluster", id: cluster, region },
        { kind: "snapshot", id: snapshotId, region },
      ],
    });
  });

  it("asks once for each: what is being deleted is waited for", async () => {
    writerIs({ DBInstanceStatus: "deleting" });
    clusterIs({ Status: "deleting" });
    copyIs({ Status: "deleting" });
    expect(await look()).toMatchObject({ phase: "pending" });
    expect(deletions()).toEqual([]);
  });

  it("deletes a copy that is still being made", async () => {
    copyIs({ Status: "copying" });
    await look();
    expect(rds).toHaveReceivedCommandWith(DeleteDBClusterSnapshotCommand, { DBClusterSnapshotIdentifier: snapshotId });
  });

  it("does not even look at a recovery point that it did not copy", async () => {
    const drill = drillWith({ copy: { needed: false, snapshotId } });
    await look(1000, undefined, drill);
    expect(rds).not.toHaveReceivedCommand(DescribeDBClusterSnapshotsCommand);
  });

  it("takes deletion protection off a sandbox that somebody protected", async () => {
    clusterIs({ DeletionProtection: true });
    await look();
    expect(rds).toHaveReceivedCommandExactlyOnceWith(ModifyDBClusterCommand, {
      DBClusterIdentifier: cluster,
      DeletionProtection: false,
      ApplyImmediately: true,
    });
    expect(rds).toHaveReceivedCommandTimes(DeleteDBClusterCommand, 1);
  });
});

describe("what is gone", () => {
  it("is called gone only when a second look, 5 s later, agrees", async () => {
    const first = await look(1000);
    expect(first).toMatchObject({ phase: "pending", waitSeconds: 5, absentSince: momentAt(1000).toISOString() });
    expect(first).not.toHaveProperty("finishedAt");
    expect(await look(1005, first)).toMatchObject({
      phase: "ready",
      leftovers: [],
      finishedAt: momentAt(1005).toISOString(),
    });
  });

  it("is looked for again when it turns up between the looks", async () => {
    const first = await look(1000);
    clusterIs();
    const second = await look(1005, first);
    expect(second).toMatchObject({ phase: "pending", remaining: [{ kind: "cluster" }] });
    expect(second).not.toHaveProperty("absentSince");
    clusterIsGone();
    const third = await look(1010, second);
    expect(third).toMatchObject({ phase: "pending", absentSince: momentAt(1010).toISOString() });
    expect(await look(1015, third)).toMatchObject({
      phase: "ready",
      deleted: [{ kind: "cluster", id: cluster, region }],
    });
  });

  it("is listed as deleted once, also when it flickers, and not while it is there", async () => {
    writerIs();
    copyIs();
    const both = await look(1000);
    writerIsGone();
    const one = await look(1001, both);
    expect(one.deleted).toEqual([{ kind: "instance", id: writer, region }]);
    writerIs();
    const again = await look(1002, one);
    expect(again.deleted).toEqual([]);
    writerIsGone();
    copyIsGone();
    const none = await look(1003, again);
    expect(none.deleted.map(({ kind }) => kind).sort()).toEqual(["instance", "snapshot"]);
    expect((await look(1008, none)).deleted).toHaveLength(2);
  });
});

describe("what is not ours", () => {
  it("is left alone and reported, once the others are seen gone twice", async () => {
    clusterIs({ TagList: [{ Key: "team", Value: "payments" }] });
    const first = await look(1000);
    expect(first).toMatchObject({ phase: "pending", waitSeconds: 5, leftovers: [] });
    expect(await look(1005, first)).toMatchObject({
      phase: "ready",
      leftovers: [{ kind: "cluster", id: cluster, region, reason: expect.stringContaining("Drill.NotOurs") }],
    });
    expect(deletions()).toEqual([]);
  });

  it("does not end the wait for what was requested a moment ago and is not listed yet", async () => {
    copyIs({ TagList: [] });
    const first = await look(1000);
    clusterIs();
    const second = await look(1005, first);
    expect(second).toMatchObject({ phase: "pending" });
    expect(deletions().map(([name]) => name)).toEqual(["DeleteDBClusterCommand"]);
  });
});

describe("what is listed without any tags", () => {
  it.each([[undefined], [[]]])(
    "may be ours: it is waited for 5 min, then left over, and never deleted: %o",
    async (TagList) => {
      clusterIs({ TagList });
      const first = await look(1000);
      expect(first.remaining).toMatchObject([
        { kind: "cluster", reason: expect.stringMatching(/^listed without any tags/) },
      ]);
      expect(first).not.toHaveProperty("absentSince");
      expect(await look(1300, first)).not.toHaveProperty("absentSince");
      const last = await look(1301, first);
      expect(last).toMatchObject({ phase: "pending", absentSince: momentAt(1301).toISOString() });
      expect((await look(1306, last)).leftovers).toMatchObject([{ reason: expect.stringContaining("Drill.NotOurs") }]);
      expect(deletions()).toEqual([]);
    },
  );

  it("is deleted once its tags are listed", async () => {
    clusterIs({ TagList: [] });
    const first = await look(1000);
    clusterIs();
    await look(1001, first);
    expect(deletions().map(([name]) => name)).toEqual(["DeleteDBClusterCommand"]);
  });
});

describe("what RDS could not be asked about", () => {
  const throttled = Object.assign(new Error("Rate exceeded"), { name: "Throttling" });

  it("is not called deleted: nobody has seen it", async () => {
    rds.on(DescribeDBClustersCommand).rejects(throttled);
    const first = await look(1000);
    expect(first).toMatchObject({
      phase: "pending",
      remaining: [{ kind: "cluster", reason: "Throttling: Rate exceeded" }],
    });
    clusterIsGone();
    expect((await look(1001, first)).deleted).toEqual([]);
  });

  it("is called deleted when an earlier look saw it", async () => {
    clusterIs();
    const first = await look(1000);
    rds.on(DescribeDBClustersCommand).rejects(throttled);
    const second = await look(1001, first);
    clusterIsGone();
    expect((await look(1002, second)).deleted).toEqual([{ kind: "cluster", id: cluster, region }]);
  });
});

describe("a refusal", () => {
  it("of the cluster while its instances are there is a reason to look again", async () => {
    writerIs({ DBInstanceStatus: "creating" });
    clusterIs();
    rds.on(DeleteDBClusterCommand).rejects(new InvalidDBClusterStateFault(meta));
    expect(await look()).toMatchObject({
      phase: "pending",
      leftovers: [],
      remaining: [{ kind: "instance" }, { kind: "cluster", reason: "InvalidDBClusterStateFault: message of RDS" }],
    });
  });

  it("for want of a permission is hopeless, and told with the reason", async () => {
    writerIs();
    rds.on(DeleteDBInstanceCommand).rejects(denied);
    const first = await look(1000);
    expect(await look(1005, first)).toMatchObject({
      phase: "ready",
      leftovers: [{ kind: "instance", id: writer, reason: "AccessDenied: not authorized" }],
    });
  });

  it("of the writer for want of a permission is hopeless for its cluster too: nobody waits hours for what can not go", async () => {
    writerIs();
    clusterIs();
    rds.on(DeleteDBInstanceCommand).rejects(denied);
    rds.on(DeleteDBClusterCommand).rejects(new InvalidDBClusterStateFault(meta));
    const ended = await look(1010, await look());
    expect(ended.phase).toBe("ready");
    expect(ended.leftovers.map(({ kind }) => kind)).toEqual(["instance", "cluster"]);
  });

  it("to describe hides nothing: what may be there is left over, and the rest is still deleted", async () => {
    rds.on(DescribeDBInstancesCommand).rejects(denied);
    copyIs();
    expect(await look()).toMatchObject({ phase: "pending" });
    expect(deletions().map(([name]) => name)).toEqual(["DeleteDBClusterSnapshotCommand"]);
    copyIsGone();
    const gone = await look(1010);
    expect((await look(1015, gone)).leftovers).toMatchObject([{ kind: "instance", id: writer }]);
  });

  it("of any kind never is an error of the step", async () => {
    for (const command of [DescribeDBInstancesCommand, DescribeDBClustersCommand, DescribeDBClusterSnapshotsCommand])
      rds.on(command as typeof DescribeDBInstancesCommand).rejects(new Error("socket hang up"));
    expect(await look()).toMatchObject({ phase: "pending", remaining: [{}, {}, {}] });
  });
});

describe("the wait", () => {
  const drill = drillWith({ expectedSeconds: { teardown: 600 } });

  it("sleeps through history once RDS has agreed to every deletion", async () => {
    writerIs();
    clusterIs();
    expect((await look(1000, undefined, drill)).waitSeconds).toBe(540);
  });

  it("watches while a deletion is refused: asleep, each drill would take longer than the one before", async () => {
    writerIs();
    clusterIs();
    rds.on(DeleteDBClusterCommand).rejects(new InvalidDBClusterStateFault(meta));
    expect((await look(1000, undefined, drill)).waitSeconds).toBe(1);
  });
});

describe("teardown's deadline", () => {
  it("leaves what is still there, with the reason", async () => {
    clusterIs({ Status: "deleting" });
    const first = await look(60_000);
    expect(first).toMatchObject({ phase: "pending" });
    expect(await look(64_801, first)).toMatchObject({
      phase: "ready",
      leftovers: [{ kind: "cluster", id: cluster, region, reason: "deleting, asked to be deleted" }],
      finishedAt: momentAt(64_801).toISOString(),
    });
  });

  it("runs from teardown's start: a drill that failed early is not told of 18 h later", async () => {
    clusterIs({ Status: "deleting" });
    const first = await look(100);
    expect(await look(100 + 6 * 3600, first)).toMatchObject({ phase: "pending" });
    expect(await look(101 + 6 * 3600, first)).toMatchObject({ phase: "ready", leftovers: [{ kind: "cluster" }] });
  });
});
