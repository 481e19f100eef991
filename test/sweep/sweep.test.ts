import { Metrics } from "@aws-lambda-powertools/metrics";
import {
  DBClusterNotFoundFault,
  DBClusterSnapshotNotFoundFault,
  DBInstanceNotFoundFault,
  DeleteDBClusterCommand,
  DeleteDBClusterSnapshotCommand,
  DeleteDBInstanceCommand,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  InvalidDBClusterStateFault,
  RDSClient,
  type Tag,
} from "@aws-sdk/client-rds";
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SFNClient,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { type AwsStub, mockClient } from "aws-sdk-client-mock";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PlanInvalid } from "../../src/errors.ts";
import { namesOf, TAG } from "../../src/plan/names.ts";
import { type SweepAnswer, SweepInput, sweep } from "../../src/sweep/sweep.ts";
import { SAMPLE_PLAN } from "../plan/sample-plan.ts";

const NOW = new Date("2026-11-25T12:00:00.000Z");
const inHours = (hours: number): string => new Date(NOW.getTime() + hours * 3_600_000).toISOString();
/** The `number`th drill of 21 November. */
const drillOf = (number: number) => namesOf(`20261121-143205-${number.toString(16).padStart(8, "0")}`);
const OLD = drillOf(1);
const MADE = new Date("2026-11-21T14:40:00.000Z");
const meta = { message: "message of RDS", $metadata: {} };

const tags = (drillId: string, expires: string, more: Record<string, string> = {}): Tag[] =>
  Object.entries({ [TAG.drill]: drillId, [TAG.expires]: expires, ...more }).map(([Key, Value]) => ({ Key, Value }));
const LONG_OVER = tags(OLD.drillId, inHours(-24));

interface There {
  readonly TagList: Tag[] | undefined;
  readonly Status?: string;
  readonly createdAt?: Date;
}

/** An RDS of one region that lists 100 at a time, and forgets what is deleted when it is told to. */
class RegionOfRds {
  readonly client: RDSClient;
  readonly stub: AwsStub<object, { $metadata: object }, object>;
  readonly instances = new Map<string, There>();
  readonly clusters = new Map<string, There>();
  readonly snapshots = new Map<string, There>();
  readonly deleted: string[] = [];

  constructor(region: string) {
    this.client = new RDSClient({ region, maxAttempts: 1 });
    const stub = mockClient(this.client);
    this.stub = stub as unknown as typeof this.stub;
    stub.on(DescribeDBInstancesCommand).callsFake(({ DBInstanceIdentifier: id, Marker }) => {
      const page = this.#page(this.instances, id, Marker, () => new DBInstanceNotFoundFault(meta));
      const shape = ([name, { TagList, Status, createdAt }]: [string, There]) => ({
        DBInstanceIdentifier: name,
        DBInstanceStatus: Status ?? "available",
        TagList,
        InstanceCreateTime: createdAt ?? MADE,
      });
      return { DBInstances: page.items.map(shape), Marker: page.marker };
    });
    stub.on(DescribeDBClustersCommand).callsFake(({ DBClusterIdentifier: id, Marker }) => {
      const page = this.#page(this.clusters, id, Marker, () => new DBClusterNotFoundFault(meta));
      const shape = ([name, { TagList, Status, createdAt }]: [string, There]) => ({
        DBClusterIdentifier: name,
        Status: Status ?? "available",
        TagList,
        ClusterCreateTime: createdAt ?? MADE,
      });
      return { DBClusters: page.items.map(shape), Marker: page.marker };
    });
    stub.on(DescribeDBClusterSnapshotsCommand).callsFake((input) => {
      if (input.DBClusterSnapshotIdentifier === undefined) expect(input.SnapshotType).toBe("manual");
      const page = this.#page(
        this.snapshots,
        input.DBClusterSnapshotIdentifier,
        input.Marker,
        () => new DBClusterSnapshotNotFoundFault(meta),
      );
      const shape = ([name, { TagList, Status, createdAt }]: [string, There]) => ({
        DBClusterSnapshotIdentifier: name,
        Status: Status ?? "available",
        TagList,
        SnapshotCreateTime: createdAt ?? MADE,
      });
      return { DBClusterSnapshots: page.items.map(shape), Marker: page.marker };
    });
    stub.on(DeleteDBInstanceCommand).callsFake(({ DBInstanceIdentifier: id }) => this.#delete(this.instances, id));
    stub.on(DeleteDBClusterCommand).callsFake(({ DBClusterIdentifier: id }) => {
      if (this.instances.has(`${id}-writer`)) throw new InvalidDBClusterStateFault(meta);
      return this.#delete(this.clusters, id);
    });
    stub
      .on(DeleteDBClusterSnapshotCommand)
      .callsFake(({ DBClusterSnapshotIdentifier: id }) => this.#delete(this.snapshots, id));
  }

  /** A whole sandbox and its copy. */
  hold(names: ReturnType<typeof namesOf>, TagList: Tag[] | undefined, more: Partial<There> = {}): void {
    this.instances.set(names.writer, { TagList, ...more });
    this.clusters.set(names.cluster, { TagList, ...more });
    this.snapshots.set(names.snapshotCopy, { TagList, ...more });
  }

  #page(held: Map<string, There>, id: string | undefined, marker: string | undefined, missing: () => Error) {
    if (id !== undefined && !held.has(id)) throw missing();
    const all = [...held].filter(([name]) => id === undefined || name === id);
    const from = Number(marker ?? 0);
    return { items: all.slice(from, from + 100), marker: from + 100 < all.length ? String(from + 100) : undefined };
  }

  #delete(held: Map<string, There>, id: string): object {
    this.deleted.push(id);
    held.delete(id);
    return {};
  }
}

const sfnClient = new SFNClient({ region: "eu-central-1", maxAttempts: 1 });
const sfn = mockClient(sfnClient);

let home: RegionOfRds;
let source: RegionOfRds;
let published: Record<string, unknown>[];
const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };

beforeEach(() => {
  home = new RegionOfRds("eu-central-1");
  source = new RegionOfRds("eu-west-1");
  published = [];
  sfn.reset();
  sfn.on(ListExecutionsCommand).resolves({ executions: [] });
  for (const log of Object.values(logger)) log.mockClear();
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    if (String(text).includes('"_aws"')) published.push(JSON.parse(String(text)));
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

async function swept(request: object = {}, more: Partial<Parameters<typeof sweep>[0]> = {}): Promise<SweepAnswer> {
  const regions: Record<string, RegionOfRds> = { "eu-central-1": home, "eu-west-1": source };
  return sweep(
    {
      rds: (region) => {
        const client = regions[region]?.client;
        if (client === undefined) throw new Error(`nobody drills in ${region}`);
        return client;
      },
      sfn: sfnClient,
      machines: { drill: "arn:drill", finish: "arn:finish" },
      metrics: new Metrics({ namespace: "T", serviceName: "restore-drill" }),
      logger,
      now: () => NOW,
      remainingMs: () => 600_000,
      homeRegion: "eu-central-1",
      plans: { names: async () => ["orders"], read: async () => SAMPLE_PLAN },
      ...more,
    },
    SweepInput.parse(request),
  );
}

const METRICS = ["SweepFound", "SweepNotOurs", "SweepKept", "SweepEnded", "SweepFailedRegions"] as const;
const counts = (): unknown[] => METRICS.map((name) => published.at(-1)?.[name]);

describe("sweep", () => {
  it("publishes that it found nothing, in every region that a plan names and at home", async () => {
    expect(await swept()).toMatchObject({ regions: ["eu-central-1", "eu-west-1"], failed: [], leftForLater: 0 });
    expect(published).toHaveLength(1);
    expect(counts()).toEqual([0, 0, 0, 0, 0]);
    expect(published[0]).toMatchObject({ service: "restore-drill" });
  });

  it("ends drills that are stuck before it deletes anything, and counts them, also when there are none", async () => {
    await swept();
    expect(published[0]).toMatchObject({ StuckDrills: 0 });
    source.hold(OLD, LONG_OVER);
    const startDate = new Date(inHours(-60));
    sfn
      .on(ListExecutionsCommand, { stateMachineArn: "arn:drill" })
      .resolves({ executions: [{ executionArn: "arn:stuck", startDate } as never] });
    sfn.on(DescribeExecutionCommand).resolves({}).on(GetExecutionHistoryCommand).resolves({});
    sfn.on(StopExecutionCommand).callsFake(async () => {
      expect(source.deleted).toEqual([]);
      return {};
    });
    const { stuck, failed } = await swept();
    expect(failed).toEqual([]);
    expect(stuck).toMatchObject([{ executionArn: "arn:stuck", told: expect.stringMatching(/^was ended/) }]);
    expect(source.deleted).toHaveLength(3);
    expect(published.at(-1)).toMatchObject({ StuckDrills: 1 });
    expect(logger.error).toHaveBeenCalledWith("sweep.stuck", { count: 1, drills: stuck });
  });

  it("sweeps when Step Functions refuses, and does not say that nothing is stuck", async () => {
    source.hold(OLD, LONG_OVER);
    sfn.on(ListExecutionsCommand).rejects(new Error("denied"));
    const { failed, stuck } = await swept();
    expect(failed).toEqual([{ region: "eu-central-1, of Step Functions", reason: "Error: denied" }]);
    expect(stuck).toEqual([]);
    expect(source.deleted).toHaveLength(3);
    expect(Object.keys(published[0] ?? {})).not.toContain("StuckDrills");
  });

  it("deletes what is a drill's by name and tag and whose time is over: the writer, the cluster, the copy", async () => {
    source.hold(OLD, LONG_OVER);
    const { swept: found } = await swept();
    expect(source.deleted).toEqual([OLD.writer, OLD.cluster, OLD.snapshotCopy]);
    expect(found.leaked).toMatchObject([
      { kind: "instance", id: OLD.writer, region: "eu-west-1", reason: "available, asked to be deleted" },
      { kind: "cluster", id: OLD.cluster },
      { kind: "snapshot", id: OLD.snapshotCopy },
    ]);
    expect(counts()).toEqual([3, 0, 0, 0, 0]);
    expect(logger.error).toHaveBeenCalledWith("sweep.leaked", expect.objectContaining({ count: 3 }));
  });

  it("deletes a writer that was forgotten in what AWS Backup restored, and leaves that cluster to AWS Backup", async () => {
    home.clusters.set("awsbackup-restore-test-1a2b", { TagList: [{ Key: "awsbackup-restore-test", Value: "1" }] });
    home.instances.set(OLD.writer, { TagList: LONG_OVER });
    await swept();
    expect(home.deleted).toEqual([OLD.writer]);
    expect(counts()).toEqual([1, 0, 0, 0, 0]);
  });

  it("leaves alone what a drill may still need", async () => {
    home.hold(OLD, tags(OLD.drillId, inHours(1)));
    await swept();
    expect(home.deleted).toEqual([]);
    expect(counts()).toEqual([0, 0, 0, 0, 0]);
  });

  it.each([
    ["no tags", []],
    ["tags that could not be listed", undefined],
    ["other tags", [{ Key: "team", Value: "payments" }]],
    ["the tag of another drill", tags(drillOf(2).drillId, inHours(-24))],
  ])("never touches the name of a drill with %s, and reports it as not ours", async (_, TagList) => {
    home.hold(OLD, TagList);
    const { swept: found } = await swept();
    expect(home.deleted).toEqual([]);
    expect(found.foreign).toHaveLength(3);
    expect(found.foreign[0]?.reason).toContain("Drill.NotOurs");
    expect(counts()).toEqual([0, 3, 0, 0, 0]);
  });

  it("waits 5 min for the tags of what was just made", async () => {
    home.hold(OLD, [], { createdAt: new Date(NOW.getTime() - 299_000) });
    await swept();
    expect(counts()).toEqual([0, 0, 0, 0, 0]);
  });

  it.each(["orders-production", "restore-drill", "restore-drill-orders", `${OLD.cluster}-2`, `my-${OLD.cluster}`])(
    "does not even count %s, which is no name of a drill, whatever its tags",
    async (name) => {
      home.clusters.set(name, { TagList: LONG_OVER });
      await swept();
      expect(home.deleted).toEqual([]);
      expect(counts()).toEqual([0, 0, 0, 0, 0]);
    },
  );

  it("goes by the age where the tag is no instant: 43 h, the longest that a drill can take", async () => {
    const hoursAgo = (hours: number) => new Date(NOW.getTime() - hours * 3_600_000);
    home.hold(OLD, tags(OLD.drillId, "soon"), { createdAt: hoursAgo(42.9) });
    await swept();
    expect(home.deleted).toEqual([]);
    home.hold(OLD, tags(OLD.drillId, "soon"), { createdAt: hoursAgo(43.1) });
    await swept();
    expect(home.deleted).toHaveLength(3);
  });

  it("reads on to the last page", async () => {
    for (let number = 0; number < 230; number += 1) home.clusters.set(`shop-${number}`, { TagList: [] });
    home.hold(OLD, LONG_OVER);
    await swept();
    expect(home.deleted).toContain(OLD.cluster);
  });

  it("reports a region with more than it lists, and sweeps what it saw", async () => {
    home.hold(OLD, LONG_OVER);
    for (let number = 0; number < 5001; number += 1) home.snapshots.set(`shop-${number}`, { TagList: [] });
    const { failed } = await swept();
    expect(failed).toEqual([{ region: "eu-central-1", reason: expect.stringContaining("snapshot") }]);
    expect(home.deleted).toContain(OLD.snapshotCopy);
    expect(counts()).toEqual([3, undefined, 0, 0, 1]);
  });

  it("sweeps the other regions when one does not answer, and reports it", async () => {
    home.stub.on(DescribeDBClustersCommand).rejects(Object.assign(new Error("not opted in"), { name: "AuthFailure" }));
    source.hold(OLD, LONG_OVER);
    const { failed } = await swept();
    expect(failed).toEqual([{ region: "eu-central-1", reason: "AuthFailure: not opted in" }]);
    expect(source.deleted).toHaveLength(3);
    expect(counts()).toEqual([3, undefined, 0, 0, 1]);
  });

  it("does not say that nothing is left where a region did not answer: what was found there may still stand", async () => {
    home.stub.on(DescribeDBClustersCommand).rejects(new Error("gone"));
    await swept();
    expect(counts()).toEqual([undefined, undefined, 0, 0, 1]);
  });

  it("sweeps at home when a plan can not be read, and reports that it may have named a region", async () => {
    home.hold(OLD, LONG_OVER);
    const read = async () => {
      throw new PlanInvalid("drills/orders.json is not JSON");
    };
    const { failed, regions } = await swept({}, { plans: { names: async () => ["orders"], read } });
    expect(regions).toEqual(["eu-central-1"]);
    expect(failed).toMatchObject([{ reason: expect.stringContaining("Drill.PlanInvalid") }]);
    expect(home.deleted).toHaveLength(3);
  });

  it("says why RDS does not let something go, and counts it again every hour", async () => {
    home.hold(OLD, LONG_OVER);
    home.stub.on(DeleteDBInstanceCommand).rejects(Object.assign(new Error("no"), { name: "AccessDenied" }));
    for (let hour = 0; hour < 2; hour += 1) {
      const { swept: found } = await swept();
      expect(found.leaked[0]?.reason).toBe("AccessDenied: no");
      expect(counts()[0]).toBeGreaterThanOrEqual(2);
    }
  });
});

describe("a sandbox that is kept", () => {
  const kept = (hours: number) => tags(OLD.drillId, inHours(hours), { [TAG.kept]: "failed" });

  it("is left alone and counted until its time is over", async () => {
    home.hold(OLD, kept(1));
    const { swept: found } = await swept();
    expect(home.deleted).toEqual([]);
    expect(found.kept[0]?.reason).toBe(`stays until ${inHours(1)}`);
    expect(counts()).toEqual([0, 0, 3, 0, 0]);
  });

  it("is then deleted as announced: no leak", async () => {
    home.hold(OLD, kept(-1));
    await swept();
    expect(home.deleted).toHaveLength(3);
    expect(counts()).toEqual([0, 0, 0, 3, 0]);
    expect(logger.error).not.toHaveBeenCalled();
  });

  it("is a leak when it is still there 6 h after its time", async () => {
    home.hold(OLD, kept(-6.1));
    await swept();
    expect(counts()).toEqual([3, 0, 0, 0, 0]);
  });

  it("ends early for who asks for it by its drill, in whatever region, and nothing else does", async () => {
    home.hold(OLD, kept(48));
    source.hold(drillOf(2), tags(drillOf(2).drillId, inHours(-24)));
    const { swept: found, failed } = await swept({ drill: OLD.drillId });
    expect(home.deleted).toEqual([OLD.writer, OLD.cluster, OLD.snapshotCopy]);
    expect(source.deleted).toEqual([]);
    expect(found.ended).toHaveLength(3);
    expect(failed).toEqual([]);
    expect(published).toEqual([]);
  });

  it("ends early only where tags agree with the name", async () => {
    home.hold(OLD, [{ Key: "team", Value: "payments" }]);
    const { swept: found } = await swept({ drill: OLD.drillId });
    expect(home.deleted).toEqual([]);
    expect(found.ended[0]?.reason).toContain("Drill.NotOurs");
  });

  it("is not ended in a region that could not be asked, and that is said", async () => {
    source.stub.on(DescribeDBInstancesCommand).rejects(new Error("socket hang up"));
    expect((await swept({ drill: OLD.drillId })).failed).toMatchObject([{ region: "eu-west-1" }]);
  });

  it.each([{ drill: "orders-production" }, { drill: "" }, { dril: OLD.drillId }, { drill: "*" }])(
    "is not ended by %j",
    async (request) => {
      expect(SweepInput.safeParse(request).success).toBe(false);
    },
  );
});

describe("more than one run can delete", () => {
  beforeEach(() => {
    for (let number = 0; number < 45; number += 1)
      home.hold(drillOf(number), tags(drillOf(number).drillId, inHours(-24)));
  });

  it("is left for the next hour, and counted all the same", async () => {
    expect(await swept()).toMatchObject({ leftForLater: 5 });
    expect(home.deleted).toHaveLength(120);
    expect(counts()[0]).toBe(135);
    expect(await swept()).toMatchObject({ leftForLater: 0 });
    expect(home.deleted).toHaveLength(135);
  });

  it("begins with others every hour: nothing waits for ever behind what will not go", async () => {
    home.stub.on(DeleteDBInstanceCommand).rejects(new Error("refused"));
    home.stub.on(DeleteDBClusterCommand).rejects(new Error("refused"));
    home.stub.on(DeleteDBClusterSnapshotCommand).rejects(new Error("refused"));
    const asked = new Set<string | undefined>();
    for (let hour = 0; hour < 2; hour += 1) {
      home.stub.resetHistory();
      await swept({}, { now: () => new Date(NOW.getTime() + hour * 3_600_000) });
      for (const call of home.stub.commandCalls(DeleteDBInstanceCommand))
        asked.add((call.args[0].input as { DBInstanceIdentifier?: string }).DBInstanceIdentifier);
    }
    expect(asked.size).toBe(45);
  });

  it("is not begun when the function's time is nearly up", async () => {
    expect(await swept({}, { remainingMs: () => 229_000 })).toMatchObject({ leftForLater: 45 });
    expect(counts()[0]).toBe(135);
  });
});
