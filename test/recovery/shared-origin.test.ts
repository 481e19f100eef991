import { type DBClusterSnapshot, DescribeDBClusterSnapshotsCommand, RDSClient } from "@aws-sdk/client-rds";
import { mockClient } from "aws-sdk-client-mock";
import "aws-sdk-client-mock-vitest/extend";
import { beforeEach, describe, expect, it } from "vitest";
import { NoRecoveryPoint, SourceUnsupported } from "../../src/errors.ts";
import { parsePlan } from "../../src/plan/parse.ts";
import { sharedOrigin } from "../../src/recovery/shared-origin.ts";
import { PLAN_YAML } from "../plan/sample-plan.ts";

const rds = new RDSClient({});
const mock = mockClient(rds);
const OWNER = "444455556666";
const { plan } = parsePlan(PLAN_YAML, "drills/orders.yml");
const { cluster } = plan.source;
const arnOf = (id: string, owner = OWNER): string => `arn:aws:rds:eu-west-1:${owner}:cluster-snapshot:${id}`;

let asked: string[] = [];
const origin = (recoveryPoint = "latest") =>
  sharedOrigin(
    (region) => {
      asked.push(region);
      return rds;
    },
    plan,
    { account: OWNER, recoveryPoint, before: new Date("2026-11-21T14:00:00Z") },
  );

/** As RDS shows it to those that it is shared with. */
function shared(id: string, createdAt: string, changes: Partial<DBClusterSnapshot> = {}): DBClusterSnapshot {
  return {
    DBClusterSnapshotIdentifier: arnOf(id),
    DBClusterSnapshotArn: arnOf(id),
    DBClusterIdentifier: cluster,
    SnapshotCreateTime: new Date(createdAt),
    SnapshotType: "shared",
    Status: "available",
    Engine: "aurora-postgresql",
    EngineVersion: "16.4",
    AllocatedStorage: 120,
    StorageEncrypted: true,
    VpcId: "vpc-production",
    ...changes,
  };
}
const listing = (...snapshots: DBClusterSnapshot[]) =>
  mock.on(DescribeDBClusterSnapshotsCommand).resolves({ DBClusterSnapshots: snapshots });

beforeEach(() => {
  mock.reset();
  asked = [];
});

describe("sharedOrigin", () => {
  it("takes what the account shares of the cluster, and all that there is to know of it from the snapshot", async () => {
    listing(
      shared("other-cluster", "2026-11-21T13:00:00Z", { DBClusterIdentifier: "payments" }),
      shared("by-hand", "2026-11-20T09:00:00Z"),
      shared("of-another", "2026-11-21T12:00:00Z", { DBClusterSnapshotArn: arnOf("of-another", "777788889999") }),
    );
    expect(await origin()).toEqual({
      account: OWNER,
      clusterArn: `arn:aws:rds:eu-west-1:${OWNER}:cluster:${cluster}`,
      vpcId: "vpc-production",
      recoveryPoint: expect.objectContaining({
        id: "by-hand",
        arn: arnOf("by-hand"),
        kind: "manual",
        createdAt: "2026-11-20T09:00:00.000Z",
        ageSeconds: 29 * 3600,
      }),
    });
    expect(asked).toEqual(["eu-west-1"]);
    expect(mock).toHaveReceivedCommandExactlyOnceWith(DescribeDBClusterSnapshotsCommand, { SnapshotType: "shared" });
  });

  it("takes nothing that a stranger shares, also not what has the name that was asked for", async () => {
    const theirs = { DBClusterSnapshotArn: arnOf("before-upgrade", "777788889999") };
    listing(shared("before-upgrade", "2026-11-21T12:00:00Z", theirs));
    await expect(origin()).rejects.toThrow(/It shares none at all there/);
    await expect(origin("before-upgrade")).rejects.toThrow(NoRecoveryPoint);
  });

  it("takes an original before a copy that was named by hand, whose time is that of copying", async () => {
    const copy = { SourceDBClusterSnapshotArn: arnOf("rds:x") };
    listing(
      shared("copied-by-hand", "2026-11-21T13:00:00Z", copy),
      shared("original", "2026-11-20T09:00:00Z", { SourceDBClusterSnapshotArn: "" }),
    );
    expect((await origin()).recoveryPoint).toMatchObject({ id: "original", createdAt: "2026-11-20T09:00:00.000Z" });
    listing(shared("copied-by-hand", "2026-11-21T13:00:00Z", copy));
    expect((await origin()).recoveryPoint).toMatchObject({
      createdAt: "2026-11-21T13:00:00.000Z",
      copiedFrom: arnOf("rds:x"),
    });
  });

  it("knows from the name of a copy when its automated snapshot was taken, which is no copy's own time", async () => {
    const source = { SourceDBClusterSnapshotArn: arnOf(`rds:${cluster}-2026-11-21-04-05`) };
    listing(
      shared("drill-share-2026-11-20-04-05", "2026-11-21T13:30:00Z", source),
      shared("drill-share-2026-11-21-04-05", "2026-11-21T06:40:00Z", source),
      shared("copied-by-hand", "2026-11-21T13:00:00Z", source),
    );
    const { recoveryPoint } = await origin();
    expect(recoveryPoint).toMatchObject({ id: "drill-share-2026-11-21-04-05", createdAt: "2026-11-21T04:05:00.000Z" });
    expect(recoveryPoint).not.toHaveProperty("copiedFrom");
  });

  it.each(["promises-2026-12-24-04-05", "odd-2026-13-45-04-05", "odd-2026-02-30-04-05"])(
    "believes no name of a time that is none or later than the copy: %s",
    async (id) => {
      listing(shared(id, "2026-11-21T06:40:00Z", { SourceDBClusterSnapshotArn: arnOf("rds:x") }));
      expect((await origin()).recoveryPoint).toMatchObject({
        createdAt: "2026-11-21T06:40:00.000Z",
        copiedFrom: arnOf("rds:x"),
      });
    },
  );

  it.each(["before-upgrade", arnOf("before-upgrade")])("takes the one that is named, %s", async (named) => {
    listing(shared("newer", "2026-11-21T13:00:00Z"), shared("before-upgrade", "2026-11-19T09:00:00Z"));
    expect((await origin(named)).recoveryPoint).toMatchObject({
      id: "before-upgrade",
      createdAt: "2026-11-19T09:00:00.000Z",
    });
  });

  it("says what is to be done in the source's account when nothing of the cluster is shared", async () => {
    listing(shared("a", "2026-11-21T04:05:00Z", { DBClusterIdentifier: "orders-productoin" }));
    await expect(origin()).rejects.toThrow(NoRecoveryPoint);
    await expect(origin()).rejects.toThrow(
      /shares snapshots of: orders-productoin\. Did you mean "orders-productoin"\?.*deploy source-account\/template\.yml in eu-west-1/,
    );
    listing();
    await expect(origin("absent")).rejects.toThrow(/no cluster snapshot absent in eu-west-1.*shares none at all/);
  });

  it("refuses an engine, and a version, that this can not drill", async () => {
    listing(shared("a", "2026-11-21T04:05:00Z", { Engine: "aurora-mysql" }));
    await expect(origin()).rejects.toThrow(SourceUnsupported);
    listing(shared("a", "2026-11-21T04:05:00Z", { EngineVersion: "12.9" }));
    await expect(origin()).rejects.toThrow(/no Data API/);
  });
});
