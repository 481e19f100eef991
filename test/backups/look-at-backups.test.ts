import { BackupClient, ListBackupJobsCommand } from "@aws-sdk/client-backup";
import {
  DBClusterNotFoundFault,
  type DBClusterSnapshot,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it } from "vitest";
import { lookAtBackups } from "../../src/backups/look-at-backups.ts";
import { RegionsAsked } from "../../src/backups/regions-asked.ts";
import { NOW } from "./sample-backups.ts";

const regions = {
  "eu-west-1": new RDSClient({ region: "eu-west-1" }),
  "eu-central-1": new RDSClient({ region: "eu-central-1" }),
};
const rds = mockClient(regions["eu-west-1"]);
const elsewhere = mockClient(regions["eu-central-1"]);
const backupClient = new BackupClient({ region: "eu-west-1" });
const backup = mockClient(backupClient);
const CLUSTER_ARN = "arn:aws:rds:eu-west-1:111122223333:cluster:orders";

const listed = (id: string, changes: Partial<DBClusterSnapshot> = {}): DBClusterSnapshot => ({
  DBClusterSnapshotIdentifier: id,
  DBClusterSnapshotArn: `arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:${id}`,
  DBClusterIdentifier: "orders",
  SnapshotType: "automated",
  Status: "available",
  SnapshotCreateTime: NOW,
  AllocatedStorage: 12,
  StorageEncryptionType: "sse-rds",
  StorageEncrypted: false,
  ...changes,
});

beforeEach(() => {
  rds.reset();
  elsewhere.reset();
  backup.reset();
  rds.on(DescribeDBClustersCommand).resolves({
    DBClusters: [
      {
        DBClusterArn: CLUSTER_ARN,
        Status: "available",
        BackupRetentionPeriod: 7,
        StorageEncryptionType: "sse-rds",
        StorageEncrypted: false,
        PreferredBackupWindow: "03:00-03:30",
      },
    ],
  });
  rds.on(DescribeDBClusterSnapshotsCommand).resolves({ DBClusterSnapshots: [listed("rds:orders-1")] });
  rds.on(DescribeDBClusterSnapshotsCommand, { SnapshotType: "awsbackup" }).resolves({ DBClusterSnapshots: [] });
  elsewhere.on(DescribeDBClusterSnapshotsCommand).resolves({ DBClusterSnapshots: [] });
  backup.on(ListBackupJobsCommand).resolves({ BackupJobs: [] });
});

const asking = () =>
  new RegionsAsked({ rds: (region) => regions[region as keyof typeof regions], backup: () => backupClient });
const look = (changes: { account?: string; copyIn?: string; knownResourceId?: string } = {}, asked = asking()) =>
  lookAtBackups(asked, { region: "eu-west-1", cluster: "orders", ...changes }, NOW);

describe("lookAtBackups", () => {
  it("sees what RDS encrypts by itself as encrypted", async () => {
    const { cluster, points } = await look();
    expect(cluster).toMatchObject({ encryption: "sse-rds", retentionDays: 7, backupWindow: "03:00-03:30" });
    expect(points).toMatchObject([{ id: "rds:orders-1", encryption: "sse-rds", sizeGib: 12 }]);
  });

  it("sees AWS Backup's recovery points, which are listed only when asked for, and none of drills", async () => {
    rds.on(DescribeDBClusterSnapshotsCommand).resolves({
      DBClusterSnapshots: [
        listed("by-hand", { SnapshotType: "manual" }),
        listed("restore-drill-20261121-143205-3f9a2b1c-copy"),
      ],
    });
    rds
      .on(DescribeDBClusterSnapshotsCommand, { DBClusterIdentifier: "orders", SnapshotType: "awsbackup" })
      .resolves({ DBClusterSnapshots: [listed("awsbackup:job-1", { SnapshotType: "awsbackup" })] });
    expect((await look()).points.map(({ id, kind, isListedApart }) => [id, kind, isListedApart])).toEqual([
      ["by-hand", "manual", undefined],
      ["awsbackup:job-1", "awsbackup", true],
    ]);
  });

  it("asks AWS Backup for the jobs of this cluster and of a week, over all pages, and how long each keeps what it made", async () => {
    backup
      .on(ListBackupJobsCommand)
      .resolvesOnce({
        BackupJobs: [
          {
            State: "COMPLETED",
            RecoveryPointArn: "arn:1",
            RecoveryPointLifecycle: { DeleteAfterDays: 30 },
            CreationDate: NOW,
          },
        ],
        NextToken: "more",
      })
      .resolvesOnce({
        BackupJobs: [
          {
            State: "COMPLETED",
            RecoveryPointArn: "arn:2",
            RecoveryPointLifecycle: { DeleteAfterDays: -1 },
            CreationDate: NOW,
          },
          { State: "FAILED", CreationDate: NOW },
        ],
      });
    expect((await look()).attempts).toEqual([
      { at: NOW, state: "COMPLETED", recoveryPointArn: "arn:1", keptDays: 30 },
      { at: NOW, state: "COMPLETED", recoveryPointArn: "arn:2", keptDays: "for good" },
      { at: NOW, state: "FAILED" },
    ]);
    expect(backup.commandCalls(ListBackupJobsCommand)[0]?.args[0].input).toMatchObject({
      ByResourceArn: CLUSTER_ARN,
      ByCreatedAfter: new Date("2026-11-15T06:00:00.000Z"),
    });
  });

  it("goes on without AWS Backup, and without a region of copies, and says so", async () => {
    backup.on(ListBackupJobsCommand).rejects(new Error("denied"));
    elsewhere.on(DescribeDBClusterSnapshotsCommand).rejects(new Error("no such region"));
    const seen = await look({ copyIn: "eu-central-1" });
    expect(seen).not.toHaveProperty("attempts");
    expect(seen).not.toHaveProperty("copies");
    expect(seen.answered).toEqual(["eu-west-1"]);
    expect(seen.failures).toEqual([
      "RDS in eu-central-1 can not be asked: Error: no such region.",
      "AWS Backup in eu-west-1 can not be asked: Error: denied.",
    ]);
  });

  it("sees what is left of a cluster that is gone", async () => {
    rds.on(DescribeDBClustersCommand).rejects(new DBClusterNotFoundFault({ message: "gone", $metadata: {} }));
    const seen = await look();
    expect(seen.points).toHaveLength(1);
    expect(seen).not.toHaveProperty("cluster");
    expect(seen.failures).toEqual(["There is no cluster orders any more in eu-west-1."]);
  });

  it("sees of another account what it shares of this cluster, and asks nothing else", async () => {
    rds.on(DescribeDBClusterSnapshotsCommand, { SnapshotType: "shared" }).resolves({
      DBClusterSnapshots: ["orders", "billing"].map((of) => ({
        ...listed(`x`, { DBClusterIdentifier: of, SnapshotType: "shared" }),
        DBClusterSnapshotArn: `arn:aws:rds:eu-west-1:444455556666:cluster-snapshot:${of}-2026-11-22-03-04`,
      })),
    });
    const seen = await look({ account: "444455556666" });
    expect(seen.points).toMatchObject([
      { id: "orders-2026-11-22-03-04", kind: "manual", createdAt: new Date("2026-11-22T03:04:00.000Z") },
    ]);
    expect(rds.commandCalls(DescribeDBClustersCommand)).toHaveLength(0);
    expect(backup.calls()).toHaveLength(0);
  });

  it("throws what RDS answers in the database's own region", async () => {
    rds.on(DescribeDBClusterSnapshotsCommand).rejects(new Error("throttled"));
    await expect(look()).rejects.toThrow("throttled");
  });

  it("takes for copies what is of this cluster, and neither automated ones nor those of another cluster of its name", async () => {
    const there = (id: string, changes: Partial<DBClusterSnapshot>) =>
      listed(id, {
        DBClusterSnapshotArn: `arn:aws:rds:eu-central-1:111122223333:cluster-snapshot:${id}`,
        SnapshotType: "manual",
        ...changes,
      });
    const original = "arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:rds:orders-1";
    elsewhere.on(DescribeDBClusterSnapshotsCommand).resolves({
      DBClusterSnapshots: [
        there("same-cluster", { DbClusterResourceId: "cluster-HERE" }),
        there("from-here", { SourceDBClusterSnapshotArn: original }),
        there("rds:automated", { SnapshotType: "automated", DbClusterResourceId: "cluster-HERE" }),
        there("twin", { DbClusterResourceId: "cluster-TWIN" }),
        there("nameless", {}),
      ],
    });
    elsewhere.on(DescribeDBClusterSnapshotsCommand, { SnapshotType: "awsbackup" }).resolves({ DBClusterSnapshots: [] });
    rds.on(DescribeDBClustersCommand).resolves({ DBClusters: [{ DbClusterResourceId: "cluster-HERE" }] });
    const seen = await look({ copyIn: "eu-central-1" });
    expect(seen.copies?.map(({ id }) => id)).toEqual(["same-cluster", "from-here"]);
    expect(seen.namesakes?.map(({ id }) => id)).toEqual(["rds:automated", "twin", "nameless"]);
    // Where the cluster is gone, by what the last survey knew of it.
    rds.on(DescribeDBClustersCommand).rejects(new DBClusterNotFoundFault({ message: "gone", $metadata: {} }));
    const gone = await look({ copyIn: "eu-central-1", knownResourceId: "cluster-HERE" });
    expect(gone.copies?.map(({ id }) => id)).toEqual(["same-cluster", "from-here"]);
  });

  it("sees that a cluster was renamed, by what stays of it", async () => {
    rds
      .on(DescribeDBClustersCommand)
      .rejects(new DBClusterNotFoundFault({ message: "gone", $metadata: {} }))
      .on(DescribeDBClustersCommand, { Filters: [{ Name: "db-cluster-resource-id", Values: ["cluster-HERE"] }] })
      .resolves({ DBClusters: [{ DBClusterIdentifier: "sales", DbClusterResourceId: "cluster-HERE" }] });
    const seen = await look({ knownResourceId: "cluster-HERE" });
    expect(seen).toMatchObject({
      renamedTo: "sales",
      failures: [expect.stringContaining("it was renamed, and is sales now")],
    });
  });

  it("lists what an account shares once, for all of its databases", async () => {
    rds.on(DescribeDBClusterSnapshotsCommand, { SnapshotType: "shared" }).resolves({ DBClusterSnapshots: [] });
    const asked = asking();
    await look({ account: "444455556666" }, asked);
    await look({ account: "444455556666" }, asked);
    expect(rds.commandCalls(DescribeDBClusterSnapshotsCommand)).toHaveLength(1);
  });

  it("gives up a region that did not answer three times in a row, and one that answers in between is asked on", async () => {
    const asked = asking();
    const fail = () =>
      elsewhere
        .on(DescribeDBClusterSnapshotsCommand)
        .rejects(Object.assign(new Error("timed out"), { name: "TimeoutError" }));
    const failuresOf = async () => (await look({ copyIn: "eu-central-1" }, asked)).failures[0];
    fail();
    await failuresOf();
    await failuresOf();
    elsewhere.on(DescribeDBClusterSnapshotsCommand).resolves({ DBClusterSnapshots: [] });
    expect(await failuresOf()).toBeUndefined();
    fail();
    for (const _ of [1, 2, 3]) expect(await failuresOf()).toContain("timed out");
    const calls = elsewhere.commandCalls(DescribeDBClusterSnapshotsCommand).length;
    expect(await failuresOf()).toMatch(
      /RDS in eu-central-1 did not answer 3 times in a row in this survey, and is not asked again/,
    );
    expect(elsewhere.commandCalls(DescribeDBClusterSnapshotsCommand)).toHaveLength(calls);
  });
});
