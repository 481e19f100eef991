import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import {
  CopyDBClusterSnapshotCommand,
  type CopyDBClusterSnapshotCommandInput,
  CreateDBClusterSnapshotCommand,
  DeleteDBClusterSnapshotCommand,
  DescribeDBClusterSnapshotsCommand,
  type DescribeDBClusterSnapshotsCommandInput,
} from "@aws-sdk/client-rds";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { withClient } from "../../../src/local/postgres/client.ts";
import type { RdsFaults } from "../../../src/local/services/rds/faults.ts";
import { DRILL_REGION, eventually, type RdsCloud, refusal, SOURCE_REGION, startRdsCloud } from "./rds-cloud.ts";

const faults: RdsFaults = {};
let cloud: RdsCloud;
beforeAll(async () => {
  cloud = await startRdsCloud({ faults });
});
afterAll(() => cloud.close());
afterEach(() => {
  faults.outcome = undefined;
  faults.stretch = undefined;
});

const sourceArn = () => `arn:aws:rds:${SOURCE_REGION}:123456789012:cluster-snapshot:${cloud.snapshotId}`;
const copy = (id: string, more: Partial<CopyDBClusterSnapshotCommandInput> = {}, region = DRILL_REGION) =>
  cloud.rds(region).send(
    new CopyDBClusterSnapshotCommand({
      SourceDBClusterSnapshotIdentifier: sourceArn(),
      TargetDBClusterSnapshotIdentifier: id,
      KmsKeyId: "alias/drill",
      ...more,
    }),
  );
const describeSnapshots = async (input: DescribeDBClusterSnapshotsCommandInput, region = DRILL_REGION) =>
  (await cloud.rds(region).send(new DescribeDBClusterSnapshotsCommand(input))).DBClusterSnapshots ?? [];
const remove = (id: string, region = DRILL_REGION) =>
  cloud.rds(region).send(new DeleteDBClusterSnapshotCommand({ DBClusterSnapshotIdentifier: id }));
const status = async (id: string, region = DRILL_REGION) =>
  (await describeSnapshots({ DBClusterSnapshotIdentifier: id }, region))[0]?.Status;
const becomes = (id: string, wanted: string) => eventually(async () => (await status(id)) === wanted || undefined);

describe("CopyDBClusterSnapshot", () => {
  it("copies the files of a snapshot into another region, under a key of that region", async () => {
    await copy("copied", { Tags: [{ Key: "restore-drill:drill", Value: "1" }] });
    await becomes("copied", "available");
    const [snapshot] = await describeSnapshots({ DBClusterSnapshotIdentifier: "copied" });
    expect(snapshot).toMatchObject({
      SnapshotType: "manual",
      SourceDBClusterSnapshotArn: sourceArn(),
      DBClusterIdentifier: "shop",
      StorageEncrypted: true,
      StorageEncryptionType: "sse-kms",
      KmsKeyId: cloud.keys.find(DRILL_REGION, "alias/drill")?.arn,
      PercentProgress: 100,
      TagList: [{ Key: "restore-drill:drill", Value: "1" }],
      Engine: "aurora-postgresql",
      EngineVersion: cloud.host.version,
    });
    // The copy's time is its own: the source's is another.
    expect(Date.now() - Number(snapshot?.SnapshotCreateTime)).toBeLessThan(60_000);
    const files = join(cloud.host.runDirectory, "rds", DRILL_REGION, "snapshots");
    expect(readdirSync(files).filter((name) => name.startsWith("copied-"))).toHaveLength(1);
  });

  it.each([
    ["a key of the source region", { KmsKeyId: "alias/production" }, "KMSKeyNotAccessibleFault"],
    ["no key", { KmsKeyId: undefined }, "KMSKeyNotAccessibleFault"],
    ["no snapshot of that name", { SourceDBClusterSnapshotIdentifier: "absent" }, "DBClusterSnapshotNotFoundFault"],
    ["two hyphens", { TargetDBClusterSnapshotIdentifier: "a--b" }, "InvalidParameterValue"],
    ["a hyphen at the end", { TargetDBClusterSnapshotIdentifier: "a-" }, "InvalidParameterValue"],
    ["a digit first", { TargetDBClusterSnapshotIdentifier: "1a" }, "InvalidParameterValue"],
    ["64 characters", { TargetDBClusterSnapshotIdentifier: "a".repeat(64) }, "InvalidParameterValue"],
    ["a reserved tag", { Tags: [{ Key: "aws:x", Value: "" }] }, "InvalidParameterValue"],
  ])("refuses %s", async (_what, input, name) => {
    expect((await refusal(copy("refused", input))).name).toBe(name);
  });

  it("finds a source by name only in its own region", async () => {
    const input = { SourceDBClusterSnapshotIdentifier: cloud.snapshotId };
    expect((await refusal(copy("by-name", input))).name).toBe("DBClusterSnapshotNotFoundFault");
    await copy("by-name", { ...input, KmsKeyId: undefined }, SOURCE_REGION);
  });

  it("refuses a snapshot whose key is disabled", async () => {
    cloud.keys.disable(SOURCE_REGION, "alias/production");
    try {
      expect((await refusal(copy("keyless"))).name).toBe("KMSKeyNotAccessibleFault");
    } finally {
      cloud.keys.enable(SOURCE_REGION, "alias/production");
    }
  });

  it("refuses a name that is taken", async () => {
    await copy("taken");
    expect((await refusal(copy("TAKEN"))).name).toBe("DBClusterSnapshotAlreadyExistsFault");
  });

  it("takes five copies at a time into one region", async () => {
    const ids = ["a", "b", "c", "d", "e", "f"].map((letter) => `crowd-${letter}`);
    await eventually(async () => !cloud.local.administration.resources().some(isUnfinished) || undefined);
    faults.stretch = () => 100;
    const answers = await Promise.allSettled(ids.map((id) => copy(id)));
    const refused = answers.filter((answer) => answer.status === "rejected");
    expect(refused.map(({ reason }) => reason.name)).toEqual(["SnapshotQuotaExceededFault"]);
  });

  it("can be made to fail", async () => {
    await eventually(async () => !cloud.local.administration.resources().some(isUnfinished) || undefined);
    faults.outcome = (step) => (step === "snapshotCopy" ? "failed" : undefined);
    await copy("failing");
    await becomes("failing", "failed");
  });

  it("fails when the snapshot's files are not there", async () => {
    cloud.local.administration.registerSnapshot({
      region: SOURCE_REGION,
      clusterId: "shop",
      snapshotId: "hollow",
      kind: "manual",
      directory: join(cloud.host.runDirectory, "absent"),
    });
    const arn = sourceArn().replace(/cluster-snapshot:.*/, "cluster-snapshot:hollow");
    await copy("hollow-copy", { SourceDBClusterSnapshotIdentifier: arn });
    await becomes("hollow-copy", "failed");
  });
});

function isUnfinished({ status: at }: { status: string }): boolean {
  return at === "creating" || at === "copying";
}

describe("DescribeDBClusterSnapshots", () => {
  it("lists automated and manual ones, and those of AWS Backup only by name of their type", async () => {
    const options = { region: SOURCE_REGION, clusterId: "shop", kind: "awsbackup", directory: "/nowhere" } as const;
    cloud.local.administration.registerSnapshot({ ...options, snapshotId: "awsbackup:job-1" });
    const ids = async (input: DescribeDBClusterSnapshotsCommandInput) =>
      (await describeSnapshots(input, SOURCE_REGION)).map((snapshot) => snapshot.DBClusterSnapshotIdentifier);
    expect(cloud.snapshotId).toBe("rds:shop-2026-11-20-03-04");
    expect(await ids({ DBClusterIdentifier: "shop" })).toContain(cloud.snapshotId);
    expect(await ids({ DBClusterIdentifier: "shop" })).not.toContain("awsbackup:job-1");
    expect(await ids({ SnapshotType: "awsbackup" })).toEqual(["awsbackup:job-1"]);
    expect(await ids({ SnapshotType: "automated" })).toEqual([cloud.snapshotId]);
    expect(await ids({ Filters: [{ Name: "snapshot-type", Values: ["automated"] }] })).toEqual([cloud.snapshotId]);
    expect(await ids({ Filters: [{ Name: "db-cluster-id", Values: ["absent"] }] })).toEqual([]);
  });

  it("tells the source's own time, size and encryption", async () => {
    const [snapshot] = await describeSnapshots({ DBClusterSnapshotIdentifier: sourceArn() }, SOURCE_REGION);
    expect(snapshot).toMatchObject({
      SnapshotCreateTime: new Date("2026-11-20T03:04:05Z"),
      SnapshotType: "automated",
      AllocatedStorage: 10,
      MasterUsername: "postgres",
      Port: 5432,
    });
  });

  it("refuses an unknown filter, an unknown type and a page of another size", async () => {
    const refused = async (input: DescribeDBClusterSnapshotsCommandInput) =>
      (await refusal(describeSnapshots(input))).name;
    expect(await refused({ Filters: [{ Name: "colour", Values: ["red"] }] })).toBe("InvalidParameterValue");
    expect(await refused({ SnapshotType: "hourly" })).toBe("InvalidParameterValue");
    expect(await refused({ MaxRecords: 19 })).toBe("InvalidParameterValue");
    expect(await refused({ MaxRecords: 101 })).toBe("InvalidParameterValue");
  });

  it("answers in pages", async () => {
    for (let day = 10; day < 32; day += 1) {
      cloud.local.administration.registerSnapshot({
        region: "us-west-2",
        clusterId: await sourceIn("us-west-2"),
        kind: "automated",
        directory: "/nowhere",
        createdAt: new Date(`2026-10-${day}T00:00:00Z`),
      });
    }
    const rds = cloud.rds("us-west-2");
    const first = await rds.send(new DescribeDBClusterSnapshotsCommand({ MaxRecords: 20 }));
    const marker = first.Marker ?? "";
    const second = await rds.send(new DescribeDBClusterSnapshotsCommand({ MaxRecords: 20, Marker: marker }));
    expect([first.DBClusterSnapshots?.length, second.DBClusterSnapshots?.length]).toEqual([20, 2]);
    expect(second.Marker).toBeUndefined();
  });
});

let registered: Promise<string> | undefined;
function sourceIn(region: string): Promise<string> {
  const options = { region, clusterId: "paged", databaseName: "shop", server: cloud.source };
  registered ??= cloud.local.administration.registerSource(options).then(() => "paged");
  return registered;
}

describe("CreateDBClusterSnapshot", () => {
  it("takes a manual snapshot of what is in the database now", async () => {
    await withClient(cloud.source.connection, "shop", (client) =>
      client.query("create table if not exists late (n int)"),
    );
    const rds = cloud.rds(SOURCE_REGION);
    const input = { DBClusterIdentifier: "shop", DBClusterSnapshotIdentifier: "by-hand" };
    const { DBClusterSnapshot } = await rds.send(new CreateDBClusterSnapshotCommand(input));
    expect(DBClusterSnapshot).toMatchObject({ Status: "creating", SnapshotType: "manual" });
    await eventually(async () => (await status("by-hand", SOURCE_REGION)) === "available" || undefined);
  });
});

describe("DeleteDBClusterSnapshot", () => {
  it("removes a copy and its files, also while it is being copied", async () => {
    faults.stretch = (step) => (step === "snapshotCopy" ? 1e6 : undefined);
    await copy("short-lived");
    await remove("short-lived");
    await eventually(async () => {
      const gone = await refusal(describeSnapshots({ DBClusterSnapshotIdentifier: "short-lived" })).catch(
        () => undefined,
      );
      return gone?.name === "DBClusterSnapshotNotFoundFault" || undefined;
    });
    const files = join(cloud.host.runDirectory, "rds", DRILL_REGION, "snapshots");
    expect(readdirSync(files).filter((name) => name.startsWith("short-lived"))).toEqual([]);
    expect((await refusal(remove("short-lived"))).name).toBe("DBClusterSnapshotNotFoundFault");
  });

  it("deletes manual snapshots only", async () => {
    expect((await refusal(remove(cloud.snapshotId, SOURCE_REGION))).name).toBe("InvalidDBClusterSnapshotStateFault");
  });

  it("leaves files alone that it was only shown", async () => {
    const directory = join(cloud.host.runDirectory, "shown");
    await cloud.host.snapshot(cloud.source, directory);
    const options = { region: SOURCE_REGION, clusterId: "shop", kind: "manual", directory } as const;
    cloud.local.administration.registerSnapshot({ ...options, snapshotId: "shown" });
    await remove("shown", SOURCE_REGION);
    await cloud.local.administration.settled();
    expect(existsSync(directory)).toBe(true);
  });
});

describe("a snapshot that is not encrypted", () => {
  it("can not be copied under a key", async () => {
    const plain = await startRdsCloud({ encrypted: false });
    try {
      const input = {
        SourceDBClusterSnapshotIdentifier: sourceArn(),
        TargetDBClusterSnapshotIdentifier: "plain",
      };
      const rds = plain.rds(DRILL_REGION);
      const keyed = { ...input, KmsKeyId: "alias/drill" };
      expect((await refusal(rds.send(new CopyDBClusterSnapshotCommand(keyed)))).name).toBe(
        "InvalidParameterCombination",
      );
      const { DBClusterSnapshot } = await rds.send(new CopyDBClusterSnapshotCommand(input));
      expect(DBClusterSnapshot).toMatchObject({ StorageEncrypted: false, StorageEncryptionType: "none" });
    } finally {
      await plain.close();
    }
  });
});
