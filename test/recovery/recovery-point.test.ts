import {
  type DBClusterSnapshot,
  DBClusterSnapshotNotFoundFault,
  DescribeDBClusterSnapshotsCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import { mockClient } from "aws-sdk-client-mock";
import "aws-sdk-client-mock-vitest/extend";
import { beforeEach, describe, expect, it } from "vitest";
import { NoRecoveryPoint, PlanInvalid, SourceUnsupported } from "../../src/errors.ts";
import { namesOf } from "../../src/plan/names.ts";
import { chooseRecoveryPoint } from "../../src/recovery/recovery-point.ts";
import { DRILL_ID } from "../plan/sample-drill.ts";

const rds = new RDSClient({ region: "eu-west-1" });
const mock = mockClient(rds);
const BEFORE = new Date("2026-11-21T14:00:00.000Z");

beforeEach(() => mock.reset());

function snapshot(id: string, createdAt: string, changes: Partial<DBClusterSnapshot> = {}): DBClusterSnapshot {
  return {
    DBClusterSnapshotIdentifier: id,
    DBClusterSnapshotArn: `arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:${id}`,
    DBClusterIdentifier: "orders",
    SnapshotCreateTime: new Date(createdAt),
    SnapshotType: id.startsWith("rds:") ? "automated" : "manual",
    Status: "available",
    Engine: "aurora-postgresql",
    EngineVersion: "16.4",
    AllocatedStorage: 120,
    StorageEncrypted: true,
    ...changes,
  };
}

const choose = (wanted: string) =>
  chooseRecoveryPoint(rds, { cluster: "orders", region: "eu-west-1", wanted, before: BEFORE });

const listing = (...snapshots: DBClusterSnapshot[]) =>
  mock.on(DescribeDBClusterSnapshotsCommand).resolves({ DBClusterSnapshots: snapshots });

describe("chooseRecoveryPoint", () => {
  it("takes the newest of automated and manual ones", async () => {
    listing(
      snapshot("rds:orders-19", "2026-11-19T04:05:00Z"),
      snapshot("before-upgrade", "2026-11-21T09:00:00Z"),
      snapshot("rds:orders-21", "2026-11-21T04:05:00Z"),
    );
    expect(await choose("latest")).toMatchObject({
      id: "before-upgrade",
      kind: "manual",
      createdAt: "2026-11-21T09:00:00.000Z",
      ageSeconds: 5 * 3600,
    });
    expect(mock).toHaveReceivedCommandExactlyOnceWith(DescribeDBClusterSnapshotsCommand, {
      DBClusterIdentifier: "orders",
    });
  });

  it.each(["automated", "manual"])("asks RDS for %s ones only when the plan does", async (wanted) => {
    listing(snapshot("a", "2026-11-21T04:05:00Z"));
    await choose(wanted);
    expect(mock).toHaveReceivedCommandWith(DescribeDBClusterSnapshotsCommand, { SnapshotType: wanted });
  });

  it("takes nothing from after the failure moment, and something from that very moment", async () => {
    listing(snapshot("later", "2026-11-21T14:00:00.001Z"), snapshot("then", "2026-11-21T14:00:00.000Z"));
    expect(await choose("latest")).toMatchObject({ id: "then", ageSeconds: 0 });
  });

  it("passes over drills' own copies, snapshots of other clusters and what is not available", async () => {
    listing(
      snapshot(namesOf(DRILL_ID).snapshotCopy, "2026-11-21T13:00:00Z"),
      snapshot("of-another", "2026-11-21T12:00:00Z", { DBClusterIdentifier: "payments" }),
      snapshot("not-yet", "2026-11-21T11:00:00Z", { Status: "creating" }),
      snapshot("good", "2026-11-20T04:05:00Z"),
    );
    expect(await choose("latest")).toMatchObject({ id: "good" });
  });

  it("takes an original before a newer copy, whose time is that of its copying", async () => {
    const source = "arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:rds:orders-01";
    listing(
      snapshot("kept-for-a-year", "2026-11-21T12:00:00Z", { SourceDBClusterSnapshotArn: source }),
      snapshot("rds:orders-21", "2026-11-21T04:05:00Z"),
    );
    expect(await choose("latest")).toMatchObject({ id: "rds:orders-21" });
  });

  it("says of a copy, when there is nothing else, what it was copied from", async () => {
    const source = "arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:rds:orders-01";
    listing(snapshot("kept", "2026-11-21T12:00:00Z", { SourceDBClusterSnapshotArn: source }));
    expect(await choose("latest")).toMatchObject({ id: "kept", copiedFrom: source });
  });

  it("reads every page, up to five", async () => {
    mock
      .on(DescribeDBClusterSnapshotsCommand)
      .resolves({ DBClusterSnapshots: [], Marker: "again" })
      .on(DescribeDBClusterSnapshotsCommand, { Marker: "again" })
      .resolvesOnce({ DBClusterSnapshots: [snapshot("second-page", "2026-11-21T04:05:00Z")], Marker: "again" })
      .resolvesOnce({ DBClusterSnapshots: [], Marker: "again" })
      .resolvesOnce({ DBClusterSnapshots: [], Marker: "again" })
      .resolves({ DBClusterSnapshots: [] });
    expect(await choose("latest")).toMatchObject({ id: "second-page" });
    expect(mock).toHaveReceivedCommandTimes(DescribeDBClusterSnapshotsCommand, 5);
  });
});

describe("more pages than are read", () => {
  it("leave the latest unknown: the newest of some is not called so", async () => {
    mock
      .on(DescribeDBClusterSnapshotsCommand)
      .resolves({ DBClusterSnapshots: [snapshot("newest-of-some", "2026-11-21T04:05:00Z")], Marker: "again" });
    const refusal = choose("latest");
    await expect(refusal).rejects.toThrow(SourceUnsupported);
    await expect(refusal).rejects.toThrow(/more snapshots than 5 pages .*name the recovery point by its identifier/);
    expect(mock).toHaveReceivedCommandTimes(DescribeDBClusterSnapshotsCommand, 5);
  });
});

describe("a recovery point that is named", () => {
  const ARN = "arn:aws:rds:eu-central-1:111122223333:cluster-snapshot";

  it.each([
    ["before-upgrade", {}],
    [`${ARN}:before-upgrade`, {}],
    // "If this identifier is for an automated snapshot, the SnapshotType parameter must also be specified."
    ["rds:orders-21", { SnapshotType: "automated" }],
    [`${ARN}:rds:orders-21`, { SnapshotType: "automated" }],
    ["awsbackup:job-1", { SnapshotType: "awsbackup" }],
  ])("is asked for as RDS wants it: %s", async (wanted, type) => {
    listing(snapshot("x", "2026-11-21T04:05:00Z"));
    await choose(wanted);
    expect(mock).toHaveReceivedCommandExactlyOnceWith(DescribeDBClusterSnapshotsCommand, {
      DBClusterSnapshotIdentifier: wanted,
      ...type,
    });
    expect(mock.commandCalls(DescribeDBClusterSnapshotsCommand)[0]?.args[0].input).not.toHaveProperty(
      "DBClusterIdentifier",
    );
  });

  it("may be one that a drill copied, and lies where its ARN says", async () => {
    const id = namesOf(DRILL_ID).snapshotCopy;
    listing(snapshot(id, "2026-11-21T04:05:00Z", { DBClusterSnapshotArn: `${ARN}:${id}` }));
    expect(await choose(`${ARN}:${id}`)).toMatchObject({ id, region: "eu-central-1" });
  });

  it("that is not there is not told as a database without backups", async () => {
    mock
      .on(DescribeDBClusterSnapshotsCommand)
      .rejects(new DBClusterSnapshotNotFoundFault({ message: "gone", $metadata: {} }));
    await expect(choose("before-upgrad")).rejects.toThrow(NoRecoveryPoint);
    await expect(choose("before-upgrad")).rejects.toThrow(
      /^There is no cluster snapshot before-upgrad, .*expired or been deleted, or its name is misspelt/,
    );
  });

  it("of another cluster is refused, saying whose it is: that is no finding about this one's backups", async () => {
    listing(snapshot("x", "2026-11-21T04:05:00Z", { DBClusterIdentifier: "payments" }));
    await expect(choose("x")).rejects.toThrow(PlanInvalid);
    await expect(choose("x")).rejects.toThrow(
      /^recoveryPoint is "x", a snapshot of "payments" and not of source\.cluster "orders"\. Name one of its own/,
    );
  });
});

describe("no recovery point", () => {
  it("is said when there is none at all", async () => {
    listing();
    await expect(choose("latest")).rejects.toThrow(
      "orders in eu-west-1 has no automated or manual cluster snapshot: there is nothing to recover it from.",
    );
  });

  it("is said with what there is, and why that will not do", async () => {
    listing(snapshot("rds:orders-21", "2026-11-21T04:05:00Z", { Status: "failed" }));
    await expect(choose("automated")).rejects.toThrow(
      /has no automated cluster snapshot that is available and from before 2026-11-21T14:00:00\.000Z: rds:orders-21 is failed, of orders/,
    );
  });

  it("is not said when RDS could not be asked", async () => {
    mock.on(DescribeDBClusterSnapshotsCommand).rejects(Object.assign(new Error("denied"), { name: "AccessDenied" }));
    await expect(choose("latest")).rejects.toThrow("denied");
    await expect(choose("named")).rejects.toThrow("denied");
  });
});

describe("a recovery point's encryption", () => {
  it.each([
    ["sse-kms", { StorageEncryptionType: "sse-kms" as const, StorageEncrypted: true }],
    ["sse-rds", { StorageEncryptionType: "sse-rds" as const, StorageEncrypted: false }],
    ["none", { StorageEncryptionType: "none" as const, StorageEncrypted: false }],
    ["sse-kms", { StorageEncrypted: true }],
    ["none", { StorageEncrypted: false }],
  ])("is %s for %o", async (storageEncryption, fields) => {
    const bare = snapshot("a", "2026-11-21T04:05:00Z");
    listing({ ...bare, ...fields });
    expect(await choose("latest")).toMatchObject({ storageEncryption });
  });
});
