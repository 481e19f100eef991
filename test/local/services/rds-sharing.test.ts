import {
  CopyDBClusterSnapshotCommand,
  type CopyDBClusterSnapshotCommandInput,
  CreateDBClusterSnapshotCommand,
  DeleteDBClusterSnapshotCommand,
  DescribeDBClusterSnapshotAttributesCommand,
  DescribeDBClusterSnapshotsCommand,
  type DescribeDBClusterSnapshotsCommandInput,
  ModifyDBClusterSnapshotAttributeCommand,
  RestoreDBClusterFromSnapshotCommand,
} from "@aws-sdk/client-rds";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DRILL_REGION, eventually, type RdsCloud, refusal, SOURCE_REGION, startRdsCloud } from "./rds-cloud.ts";

const OWNER = "111122223333";
const KEY = `arn:aws:kms:${DRILL_REGION}:${OWNER}:key/share`;
let cloud: RdsCloud;
let shared: string;
beforeAll(async () => {
  cloud = await startRdsCloud();
  cloud.keys.create(SOURCE_REGION, { aliases: ["alias/aws/rds"] });
  const options = { accountId: OWNER, region: DRILL_REGION, clusterId: "payments", databaseName: "shop" };
  const { administration } = cloud.local;
  shared = await administration.shareSnapshot({
    ...options,
    snapshotId: "theirs",
    server: cloud.source,
    kmsKeyArn: KEY,
  });
});
afterAll(() => cloud.close());
beforeEach(() => cloud.local.administration.grantKey(KEY, true));

const list = async (input: DescribeDBClusterSnapshotsCommandInput) =>
  (await cloud.rds(DRILL_REGION).send(new DescribeDBClusterSnapshotsCommand(input))).DBClusterSnapshots ?? [];
const copy = (id: string, more: Partial<CopyDBClusterSnapshotCommandInput> = {}, region = DRILL_REGION) =>
  cloud.rds(region).send(
    new CopyDBClusterSnapshotCommand({
      SourceDBClusterSnapshotIdentifier: shared,
      TargetDBClusterSnapshotIdentifier: id,
      KmsKeyId: region === DRILL_REGION ? "alias/drill" : "alias/production",
      ...more,
    }),
  );
const restore = (id: string) =>
  cloud.rds(DRILL_REGION).send(
    new RestoreDBClusterFromSnapshotCommand({
      DBClusterIdentifier: id,
      SnapshotIdentifier: shared,
      Engine: "aurora-postgresql",
      EngineVersion: cloud.host.version,
      DBSubnetGroupName: cloud.network.subnetGroup,
      VpcSecurityGroupIds: [cloud.network.securityGroup],
      DBClusterParameterGroupName: "drill",
    }),
  );

describe("a snapshot that another account shares", () => {
  it("is listed only for who asks for shared ones, its ARN its identifier, without its owner's tags", async () => {
    const seen = { DBClusterSnapshotIdentifier: shared, DBClusterSnapshotArn: shared, SnapshotType: "shared" };
    expect(await list({})).toEqual([]);
    expect(await list({ SnapshotType: "shared" })).toMatchObject([
      { ...seen, DBClusterIdentifier: "payments", Status: "available", KmsKeyId: KEY, TagList: [] },
    ]);
    expect(await list({ IncludeShared: true })).toMatchObject([seen]);
    expect(await list({ IncludeShared: true, SnapshotType: "manual" })).toEqual([]);
    const named = { DBClusterSnapshotIdentifier: shared };
    expect(await list({ ...named, SnapshotType: "shared" })).toMatchObject([seen]);
    expect((await refusal(list(named))).name).toBe("DBClusterSnapshotNotFoundFault");
    expect((await refusal(list({ DBClusterSnapshotIdentifier: "theirs" }))).name).toBe(
      "DBClusterSnapshotNotFoundFault",
    );
  });

  it.each([DRILL_REGION, SOURCE_REGION])(
    "is copied into %s under a key that is given, and the copy is one's own",
    async (region) => {
      const { DBClusterSnapshot } = await copy("mine", {}, region);
      expect(DBClusterSnapshot).toMatchObject({
        DBClusterSnapshotArn: `arn:aws:rds:${region}:123456789012:cluster-snapshot:mine`,
        SourceDBClusterSnapshotArn: shared,
        SnapshotType: "manual",
        KmsKeyId: expect.stringContaining("123456789012"),
      });
      const asked = new DescribeDBClusterSnapshotsCommand({ DBClusterSnapshotIdentifier: "mine" });
      const status = async () => (await cloud.rds(region).send(asked)).DBClusterSnapshots?.[0]?.Status;
      await eventually(async () => (await status()) === "available" || undefined);
      await cloud.rds(region).send(new DeleteDBClusterSnapshotCommand({ DBClusterSnapshotIdentifier: "mine" }));
    },
  );

  it("is neither copied nor restored without its key, and not copied under it", async () => {
    expect((await refusal(copy("under-theirs", { KmsKeyId: undefined }))).name).toBe("KMSKeyNotAccessibleFault");
    cloud.local.administration.grantKey(KEY, false);
    expect((await refusal(copy("keyless"))).name).toBe("KMSKeyNotAccessibleFault");
    expect((await refusal(restore("keyless"))).name).toBe("KMSKeyNotAccessibleFault");
  });

  it("is restored directly too, under its owner's key", async () => {
    expect((await restore("direct")).DBCluster).toMatchObject({ KmsKeyId: KEY });
  });

  it("is not there to be deleted, nor found by a name that is one's own", async () => {
    const remove = (id: string) =>
      cloud.rds(DRILL_REGION).send(new DeleteDBClusterSnapshotCommand({ DBClusterSnapshotIdentifier: id }));
    expect((await refusal(remove(shared))).name).toBe("DBClusterSnapshotNotFoundFault");
    await copy("theirs");
    await eventually(async () => (await list({}))[0]?.Status === "available" || undefined);
    expect((await refusal(remove(shared))).name).toBe("DBClusterSnapshotNotFoundFault");
  });

  it("is gone when its owner takes it back", async () => {
    const options = { accountId: OWNER, region: "us-east-1", clusterId: "payments", databaseName: "shop" };
    const arn = await cloud.local.administration.shareSnapshot({
      ...options,
      snapshotId: "once",
      server: cloud.source,
    });
    cloud.local.administration.unshareSnapshot(arn);
    const rds = cloud.rds("us-east-1");
    const seen = await rds.send(new DescribeDBClusterSnapshotsCommand({ SnapshotType: "shared" }));
    expect(seen.DBClusterSnapshots).toEqual([]);
  });
});

describe("ModifyDBClusterSnapshotAttribute", () => {
  const modify = (id: string, added: string[], removed: string[] = [], name = "restore") =>
    cloud.rds(SOURCE_REGION).send(
      new ModifyDBClusterSnapshotAttributeCommand({
        DBClusterSnapshotIdentifier: id,
        AttributeName: name,
        ValuesToAdd: added,
        ValuesToRemove: removed,
      }),
    );
  const snapshot = (snapshotId: string, kmsKeyArn?: string) =>
    cloud.local.administration.registerSnapshot({
      region: SOURCE_REGION,
      clusterId: "shop",
      kind: "manual",
      directory: "/nowhere",
      snapshotId,
      ...(kmsKeyArn === undefined ? {} : { kmsKeyArn }),
    });

  it("says who else may restore a manual snapshot, until it is taken back", async () => {
    snapshot("by-hand");
    await modify("by-hand", ["444455556666", "777788889999"]);
    await modify("by-hand", [], ["444455556666"]);
    const asked = new DescribeDBClusterSnapshotAttributesCommand({ DBClusterSnapshotIdentifier: "by-hand" });
    expect((await cloud.rds(SOURCE_REGION).send(asked)).DBClusterSnapshotAttributesResult).toEqual({
      DBClusterSnapshotIdentifier: "by-hand",
      DBClusterSnapshotAttributes: [{ AttributeName: "restore", AttributeValues: ["777788889999"] }],
    });
  });

  it.each([
    ["an automated one", () => cloud.snapshotId, ["444455556666"], "InvalidDBClusterSnapshotStateFault"],
    [
      "one under the account's default key",
      () => snapshot("default-key", cloud.keys.find(SOURCE_REGION, "alias/aws/rds")?.arn),
      ["444455556666"],
      "InvalidDBClusterSnapshotStateFault",
    ],
    ["an encrypted one with everybody", () => snapshot("secret"), ["all"], "InvalidParameterValue"],
    ["one with what is no account", () => snapshot("typo"), ["4444-5555-6666"], "InvalidParameterValue"],
    [
      "one with 21 accounts",
      () => snapshot("crowd"),
      Array.from({ length: 21 }, (_, n) => String(100_000_000_000 + n)),
      "SharedSnapshotQuotaExceededFault",
    ],
  ] as const)("does not share %s", async (_what, idOf, accounts, error) => {
    expect((await refusal(modify(idOf(), [...accounts]))).name).toBe(error);
  });

  it("does not share one that is not there yet", async () => {
    const ids = { DBClusterIdentifier: "shop", DBClusterSnapshotIdentifier: "not-yet" };
    await cloud.rds(SOURCE_REGION).send(new CreateDBClusterSnapshotCommand(ids));
    const { name, message } = await refusal(modify("not-yet", ["444455556666"]));
    expect([name, message]).toEqual(["InvalidDBClusterSnapshotStateFault", expect.stringContaining("creating")]);
  });

  it("knows no other attribute", async () => {
    expect((await refusal(modify(snapshot("odd"), ["444455556666"], [], "copy"))).name).toBe("InvalidParameterValue");
  });
});
