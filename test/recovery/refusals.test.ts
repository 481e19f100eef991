import {
  CopyDBClusterSnapshotCommand,
  CreateDBInstanceCommand,
  DBClusterNotFoundFault,
  DBClusterQuotaExceededFault,
  DBClusterSnapshotNotFoundFault,
  DBInstanceNotFoundFault,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  InstanceQuotaExceededFault,
  InsufficientDBClusterCapacityFault,
  RDSClient,
  RestoreDBClusterFromSnapshotCommand,
  SnapshotQuotaExceededFault,
  StorageQuotaExceededFault,
} from "@aws-sdk/client-rds";
import { RDSDataClient } from "@aws-sdk/client-rds-data";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it } from "vitest";
import { CopyTimedOut, NotOurs, QuotaTaken, RestoreTimedOut } from "../../src/errors.ts";
import type { CopyAnswer, SandboxAnswer } from "../../src/recovery/answers.ts";
import { copySnapshot } from "../../src/recovery/copy-snapshot.ts";
import { restoreSandbox } from "../../src/recovery/restore-sandbox.ts";
import { momentAt, SAMPLE_DRILL, TAG_LIST } from "../plan/sample-drill.ts";
import { COPY } from "../verdict/sample-results.ts";

const client = new RDSClient({});
const rds = mockClient(client);
const meta = { message: "message of RDS", $metadata: {} };
const throttled = Object.assign(new Error("Rate exceeded"), { name: "ThrottlingException", $metadata: {} });

const services = (atSeconds: number) => ({
  rds: () => client,
  data: () => new RDSDataClient({}),
  now: () => momentAt(atSeconds),
});
const copyAt = (atSeconds: number, copy?: CopyAnswer) =>
  copySnapshot(services(atSeconds), { drill: SAMPLE_DRILL, copy });
const restoreAt = (atSeconds: number, sandbox?: SandboxAnswer) =>
  restoreSandbox(services(atSeconds), { drill: SAMPLE_DRILL, copy: COPY, sandbox });

const clusterIsUp = () =>
  rds.on(DescribeDBClustersCommand).resolves({ DBClusters: [{ Status: "available", TagList: TAG_LIST }] });

beforeEach(() => {
  rds.reset();
  rds.on(DescribeDBClusterSnapshotsCommand).rejects(new DBClusterSnapshotNotFoundFault(meta));
  rds.on(DescribeDBClustersCommand).rejects(new DBClusterNotFoundFault(meta));
  rds.on(DescribeDBInstancesCommand).rejects(new DBInstanceNotFoundFault(meta));
});

/** Each request that a quota can refuse, and the step that makes it. */
const REFUSED = [
  ["a copy", new SnapshotQuotaExceededFault(meta), "copy"],
  ["a cluster", new DBClusterQuotaExceededFault(meta), "cluster"],
  ["a cluster's storage", new StorageQuotaExceededFault(meta), "cluster"],
  ["a writer", new InstanceQuotaExceededFault(meta), "writer"],
] as const;

function refuse(what: (typeof REFUSED)[number][2], error: Error) {
  if (what === "writer") clusterIsUp();
  rds.on(CopyDBClusterSnapshotCommand).rejects(error);
  rds.on(RestoreDBClusterFromSnapshotCommand).rejects(error);
  rds.on(CreateDBInstanceCommand).rejects(error);
  return what === "copy"
    ? (atSeconds: number, earlier?: object) => copyAt(atSeconds, earlier as CopyAnswer)
    : (atSeconds: number, earlier?: object) => restoreAt(atSeconds, earlier as SandboxAnswer);
}

describe("a quota that is taken", () => {
  it.each(REFUSED)("is waited for, for 6 h: %s", async (_, error, what) => {
    const look = refuse(what, error);
    const first = await look(100);
    const refused = { error: error.name, since: momentAt(100).toISOString() };
    expect(first).toMatchObject({ phase: "pending", waitSeconds: 1, looks: 1, refused });
    expect(await look(21_700, first)).toMatchObject({ phase: "pending", waitSeconds: 75, looks: 2, refused });
    const end = look(21_701, first);
    await expect(end).rejects.toThrow(QuotaTaken);
    await expect(end).rejects.toThrow(
      new RegExp(
        `^RDS in eu-central-1 refused the drill's next request for 21601 s: ${error.name}: message of RDS\\. .*drill again`,
      ),
    );
  });

  it.each(REFUSED)("is not waited for past the drill's deadline: %s", async (_, error, what) => {
    const look = refuse(what, error);
    const first = await look(43_000);
    expect(await look(43_190, first)).toMatchObject({ phase: "pending", waitSeconds: 11 });
    // What is over makes no more requests: the refusal is of an earlier look then.
    const end = look(43_201, first);
    await expect(end).rejects.toThrow(QuotaTaken);
    await expect(end).rejects.toThrow(/for 201 s, until the drill's time \(43200 s\) was up: /);
  });

  it("is forgotten once it is free, and its wait is no lag of the listings", async () => {
    const look = refuse("copy", new SnapshotQuotaExceededFault(meta));
    const first = await look(100);
    rds.on(CopyDBClusterSnapshotCommand).resolves({ DBClusterSnapshot: { Status: "creating" } });
    const second = await copyAt(10_000, first as CopyAnswer);
    expect(second).not.toHaveProperty("refused");
    expect(second).toMatchObject({ resumedAt: momentAt(10_000).toISOString(), quotaSeconds: 9900 });
    rds.on(DescribeDBClusterSnapshotsCommand).resolves({ DBClusterSnapshots: [{ Status: "creating" }] });
    const third = await copyAt(10_300, second);
    expect(third).toMatchObject({ phase: "pending", resumedAt: second.resumedAt, quotaSeconds: 9900 });
    await expect(copyAt(10_301, third)).rejects.toThrow(NotOurs);
  });

  it("keeps the milestones that were passed", async () => {
    const look = refuse("writer", new InstanceQuotaExceededFault(meta));
    clusterIsUp();
    const first = (await look(100)) as SandboxAnswer;
    expect(first.waitingFor).toBe("RDS to take the next request (InstanceQuotaExceededFault)");
    rds.on(CreateDBInstanceCommand).resolves({});
    const second = await restoreAt(5000, first);
    expect(second).toMatchObject({ waitingFor: "the writer instance to be created", looks: 2 });
    expect(Object.keys(second.milestones)).toEqual(["restoreRequestedAt", "clusterAvailableAt"]);
  });
});

describe("the drill's time after a quota was taken", () => {
  const copying = { ...COPY, phase: "pending", startedAt: momentAt(100).toISOString() } as const;
  const isCopying = () =>
    rds
      .on(DescribeDBClusterSnapshotsCommand)
      .resolves({ DBClusterSnapshots: [{ Status: "creating", TagList: TAG_LIST }] });

  // The sample's RTO is 4 h of its 12 h.
  it.each([
    [8 * 3600 + 2, QuotaTaken],
    [8 * 3600, CopyTimedOut],
  ])(
    "is short for a copy that waited %i s, unless the objective was missed without that too",
    async (waited, error) => {
      isCopying();
      const end = copyAt(43_201, { ...copying, quotaSeconds: waited });
      await expect(end).rejects.toThrow(error);
      await expect(end).rejects.toThrow(/the drill's time \(43200 s\)/);
    },
  );

  it.each([
    [8 * 3600 + 2, QuotaTaken],
    [8 * 3600, RestoreTimedOut],
  ])("is short for a sandbox whose waits, with its copy's, were %i s", async (waited, error) => {
    clusterIsUp();
    const first = await restoreAt(200);
    const sandbox = { ...first, quotaSeconds: 1000 };
    const copy = { ...COPY, quotaSeconds: waited - 1000 };
    await expect(restoreSandbox(services(43_201), { drill: SAMPLE_DRILL, copy, sandbox })).rejects.toThrow(error);
  });

  it("does not count throttling as taken: RDS goes on with what it has", async () => {
    rds.onAnyCommand().rejects(throttled);
    const first = await copyAt(100);
    const quota = refuse("copy", new SnapshotQuotaExceededFault(meta));
    rds.on(DescribeDBClusterSnapshotsCommand).rejects(new DBClusterSnapshotNotFoundFault(meta));
    const second = await quota(400, first);
    expect(second).toMatchObject({ refused: { since: momentAt(400).toISOString() } });
    expect(second).not.toHaveProperty("quotaSeconds");
    rds.on(DescribeDBClusterSnapshotsCommand).rejects(throttled);
    const third = await quota(1000, second);
    expect(third).toMatchObject({ refused: { since: momentAt(1000).toISOString() }, quotaSeconds: 600 });
    rds.reset();
    isCopying();
    expect(await quota(1300, third)).toMatchObject({ quotaSeconds: 600, resumedAt: momentAt(1300).toISOString() });
  });
});

describe("throttling that outlasts the SDK's own attempts", () => {
  it.each([
    ["the look", () => rds.onAnyCommand().rejects(throttled)],
    ["the request", () => refuse("copy", throttled)],
  ])("of %s is waited for, for 30 min, and then told for what it is", async (_, throttle) => {
    throttle();
    const copying = await copyAt(100);
    expect(copying).toMatchObject({ phase: "pending", refused: { error: "ThrottlingException" } });
    expect(await copyAt(1900, copying)).toMatchObject({ phase: "pending" });
    await expect(copyAt(1901, copying)).rejects.toThrow(/ThrottlingException: Rate exceeded\. .*find out who else/);
    const restoring = await restoreAt(100);
    expect(await restoreAt(1900, restoring)).toMatchObject({ phase: "pending" });
    await expect(restoreAt(1901, restoring)).rejects.toThrow(QuotaTaken);
  });
});

describe("another refusal", () => {
  it("is not waited for", async () => {
    const error = new InsufficientDBClusterCapacityFault(meta);
    await expect(refuse("cluster", error)(100)).rejects.toBe(error);
  });
});
