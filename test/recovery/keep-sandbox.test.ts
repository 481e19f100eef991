import {
  AddTagsToResourceCommand,
  type AddTagsToResourceCommandInput,
  type DBCluster,
  type DBInstance,
  DeleteDBClusterCommand,
  DeleteDBClusterSnapshotCommand,
  DeleteDBInstanceCommand,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it } from "vitest";
import { TAG } from "../../src/plan/names.ts";
import type { TeardownAnswer } from "../../src/recovery/answers.ts";
import { TearDownInput, tearDown } from "../../src/recovery/tear-down.ts";
import { drillWith, momentAt, SAMPLE_DRILL, TAG_LIST } from "../plan/sample-drill.ts";
import { ISOLATION } from "../verdict/sample-results.ts";

const client = new RDSClient({ region: "eu-central-1" });
const rds = mockClient(client);
const { cluster, writer } = SAMPLE_DRILL.sandbox;
const arnOf = (kind: string, id: string): string => `arn:aws:rds:eu-central-1:111122223333:${kind}:${id}`;

/** Teardown begins at second 1000. */
const UNTIL = momentAt(1000 + 86_400).toISOString();
const FAILED = {
  drill: drillWith({ keep: { when: "failed", seconds: 86_400 } }),
  verdict: { verdict: "failed" },
  isolation: ISOLATION,
};
const ALWAYS = { ...FAILED, drill: drillWith({ keep: { when: "always", seconds: 86_400 } }) };

let instances: DBInstance[];
let clusters: DBCluster[];
/** Seconds until RDS lists tags that were added. */
let lagSeconds: number;
let atSeconds: number;

beforeEach(() => {
  atSeconds = 1000;
  lagSeconds = 0;
  instances = [{ DBInstanceStatus: "available", DBInstanceArn: arnOf("db", writer), TagList: TAG_LIST }];
  clusters = [
    {
      Status: "available",
      DBClusterArn: arnOf("cluster", cluster),
      TagList: TAG_LIST,
      MasterUserSecret: { SecretArn: "arn:secret" },
    },
  ];
  let snapshots: object[] = [{ Status: "available", TagList: TAG_LIST }];
  rds.reset();
  rds.on(DescribeDBInstancesCommand).callsFake(() => ({ DBInstances: instances }));
  rds.on(DescribeDBClustersCommand).callsFake(() => ({ DBClusters: clusters }));
  rds.on(DescribeDBClusterSnapshotsCommand).callsFake(() => ({ DBClusterSnapshots: snapshots }));
  rds.on(DeleteDBClusterSnapshotCommand).callsFake(() => {
    snapshots = [];
    return {};
  });
  rds.on(DeleteDBInstanceCommand).callsFake(() => {
    instances = [];
    return {};
  });
  rds.on(DeleteDBClusterCommand).callsFake(() => {
    clusters = [];
    return {};
  });
  rds.on(AddTagsToResourceCommand).callsFake(({ ResourceName, Tags = [] }: AddTagsToResourceCommandInput) => {
    if (lagSeconds > atSeconds - 1000) return {};
    const tagged = <Resource extends DBCluster | DBInstance>(resource: Resource, arn: string | undefined): Resource =>
      arn !== ResourceName
        ? resource
        : {
            ...resource,
            TagList: [...(resource.TagList ?? []).filter(({ Key }) => !Tags.some((tag) => tag.Key === Key)), ...Tags],
          };
    instances = instances.map((each) => tagged(each, each.DBInstanceArn));
    clusters = clusters.map((each) => tagged(each, each.DBClusterArn));
    return {};
  });
});

async function tornDown(input: object): Promise<TeardownAnswer> {
  let teardown: TeardownAnswer | undefined;
  for (let look = 0; look < 200; look += 1) {
    const now = () => momentAt(atSeconds);
    teardown = await tearDown({ rds: () => client, now }, TearDownInput.parse({ ...input, teardown }));
    if (teardown.phase === "ready") return teardown;
    expect(
      teardown.kept.length + teardown.remaining.length + (teardown.absentSince === undefined ? 0 : 1),
    ).toBeGreaterThan(0);
    atSeconds += teardown.waitSeconds;
  }
  throw new Error("teardown did not end");
}

const deletions = (): string[] =>
  rds.calls().flatMap(({ args }) => (/^Delete/.test(args[0].constructor.name) ? [args[0].constructor.name] : []));
const tagged = () => rds.commandCalls(AddTagsToResourceCommand).map(({ args }) => args[0].input);

describe("a sandbox that the plan keeps", () => {
  it("stays, tagged with until when, and the copy goes", async () => {
    const { kept, leftovers, deleted, notKept } = await tornDown(FAILED);
    expect(kept).toEqual([
      {
        kind: "cluster",
        id: cluster,
        region: "eu-central-1",
        until: UNTIL,
        arn: arnOf("cluster", cluster),
        secretArn: "arn:secret",
      },
      { kind: "instance", id: writer, region: "eu-central-1", until: UNTIL },
    ]);
    expect([leftovers, notKept]).toEqual([[], undefined]);
    expect(deleted).toEqual([{ kind: "snapshot", id: SAMPLE_DRILL.copy.snapshotId, region: "eu-central-1" }]);
    expect(deletions()).toEqual(["DeleteDBClusterSnapshotCommand"]);
    const Tags = [
      { Key: TAG.expires, Value: UNTIL },
      { Key: TAG.kept, Value: "failed" },
    ];
    expect(tagged()).toEqual([
      { ResourceName: arnOf("cluster", cluster), Tags },
      { ResourceName: arnOf("db", writer), Tags },
    ]);
  });

  it("is called kept only once RDS lists the tags", async () => {
    lagSeconds = 120;
    const { kept } = await tornDown(FAILED);
    expect(atSeconds).toBeGreaterThanOrEqual(1120);
    expect(kept).toHaveLength(2);
    expect(deletions()).toEqual(["DeleteDBClusterSnapshotCommand"]);
  });

  it.each(["passed", "inconclusive", "failed", "errored"])("after any drill stays when it is %s", async (verdict) => {
    expect((await tornDown({ ...ALWAYS, verdict: { verdict } })).kept).toHaveLength(2);
  });
});

describe("a sandbox is torn down as ever", () => {
  const open = { ...ISOLATION, facts: [{ fact: "routes", expected: "none", observed: "0.0.0.0/0", holds: false }] };

  it.each([
    ["without keep in the plan", { ...FAILED, drill: SAMPLE_DRILL }],
    ["when the verdict is not failed", { ...FAILED, verdict: { verdict: "inconclusive" } }],
    ["when nobody judged it", { ...ALWAYS, verdict: undefined }],
    ["when the verdict can not be read", { ...ALWAYS, verdict: { verdict: "fine" } }],
  ])("%s", async (_, input) => {
    const { kept, deleted, notKept } = await tornDown(input);
    expect([kept, notKept]).toEqual([[], undefined]);
    expect(deleted).toHaveLength(3);
    expect(tagged()).toEqual([]);
  });

  it.each([
    ["somebody stopped the drill", { ...ALWAYS, interruption: { status: "ABORTED" } }, "ended before the drill"],
    ["no proof of its isolation is there", { ...ALWAYS, isolation: undefined }, "no proof that it is isolated"],
    ["it is not isolated", { ...ALWAYS, isolation: open }, "not isolated"],
  ])("when %s, and says so", async (_, input, reason) => {
    const { kept, deleted, notKept } = await tornDown(input);
    expect(kept).toEqual([]);
    expect(notKept).toContain(reason);
    expect(deleted).toHaveLength(3);
    expect(tagged()).toEqual([]);
  });

  it("at once when the tags may not be written, and says so", async () => {
    const denied = Object.assign(new Error("not authorized"), { name: "AccessDenied" });
    rds.on(AddTagsToResourceCommand).rejects(denied);
    const { kept, deleted, notKept } = await tornDown(FAILED);
    expect(kept).toEqual([]);
    expect(deleted).toHaveLength(3);
    expect(notKept).toContain("AccessDenied: not authorized");
    expect(atSeconds).toBeLessThan(1060);
  });

  it.each([
    ["the tags can not be written", () => rds.on(AddTagsToResourceCommand).rejects(new Error("Rate exceeded"))],
    [
      "RDS never lists the tags",
      () => {
        lagSeconds = Number.POSITIVE_INFINITY;
      },
    ],
  ])("after 5 min in which %s, and says so", async (_, breakIt) => {
    breakIt();
    const { kept, deleted, notKept } = await tornDown(FAILED);
    expect(kept).toEqual([]);
    expect(deleted).toHaveLength(3);
    expect(notKept).toMatch(/tags that say until when/);
    expect(atSeconds).toBeGreaterThan(1300);
    expect(atSeconds).toBeLessThan(1500);
  });

  it("when there is only half of it", async () => {
    instances = [];
    const { notKept, deleted } = await tornDown(FAILED);
    expect(notKept).toContain("no whole sandbox");
    expect(deleted.map(({ kind }) => kind).sort()).toEqual(["cluster", "snapshot"]);
  });

  it("as far as it is ours: nothing is tagged where the tags name no drill, or another", async () => {
    clusters = clusters.map((each) => ({ ...each, TagList: [{ Key: TAG.drill, Value: "20261121-143205-00000000" }] }));
    const { kept, leftovers, notKept } = await tornDown(FAILED);
    expect([kept, tagged()]).toEqual([[], []]);
    expect(notKept).toContain("Drill.NotOurs");
    expect(leftovers).toMatchObject([{ kind: "cluster", reason: expect.stringContaining("Drill.NotOurs") }]);
  });
});
