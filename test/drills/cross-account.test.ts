import { join } from "node:path";
import { DescribeDBClusterSnapshotsCommand, RDSClient } from "@aws-sdk/client-rds";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fillSource, SANDBOX_REGION, SOURCE } from "../../src/chaos/source.ts";
import { ACCOUNT_ID } from "../../src/local/account.ts";
import type { LocalCloud } from "../../src/local/cloud.ts";
import { MACHINE_ARN } from "../../src/local/deployment.ts";
import type { PostgresServer } from "../../src/local/postgres/postgres-host.ts";
import { runExecution } from "../../src/local/run-execution.ts";
import type { PlanFile } from "../../src/plan/plan.ts";
import { type OwnCloud, openOwnCloud, QUICK } from "./small-cloud.ts";

const OWNER = "111122223333";
const KEY = `arn:aws:kms:${SOURCE.region}:${OWNER}:key/8a1f0c2e`;
const PLAN: PlanFile = {
  plan: "orders",
  source: { ...SOURCE, account: OWNER },
  sandbox: { region: SANDBOX_REGION },
  objectives: { rto: "10m", rpo: "24h" },
  checks: [
    { kind: "rows", table: "purchase", expect: { equals: 400 } },
    { kind: "freshness", table: "beat", column: "at", within: "1h" },
  ],
};

/** The source stands in one account, the stack and the sandbox in another: all that the stack sees of the source is what is shared with it. */
describe("a drill of a source in another account", { timeout: 180_000 }, () => {
  let own: OwnCloud;
  let cloud: LocalCloud;
  let source: PostgresServer;
  beforeAll(async () => {
    own = await openOwnCloud("cross-account", { orders: PLAN }, QUICK);
    cloud = own.cloud;
    source = await own.host.create(join(own.host.runDirectory, "source"));
    await fillSource(source.connection);
  });
  afterAll(() => own?.close());

  const drill = () => runExecution(cloud, MACHINE_ARN, { plan: "orders" });
  const share = () =>
    cloud.rds.shareSnapshot({
      accountId: OWNER,
      region: SOURCE.region,
      snapshotId: `drill-share-${new Date().toISOString().slice(0, 16).replaceAll(/[T:]/g, "-")}`,
      clusterId: SOURCE.cluster,
      databaseName: SOURCE.database,
      server: source,
      kmsKeyArn: KEY,
    });

  it("says what to do in that account while nothing is shared", async () => {
    const { error, cause } = await drill();
    expect(error).toBe("Drill.Failed");
    expect(cause).toContain(`Account ${OWNER} shares no cluster snapshot of ${SOURCE.cluster} in ${SOURCE.region}`);
    expect(cause).toContain("docs/cross-account.md");
  });

  it("restores what is shared once its key is granted, from a copy of its own, and leaves what is shared alone", async () => {
    const shared = await share();
    const refused = await drill();
    expect(refused.error).toBe("Drill.Failed");
    expect(refused.cause).toContain(`In account ${OWNER}, let the policy of the snapshot's key allow this account`);

    cloud.rds.grantKey(KEY, true);
    const { status, error, cause } = await drill();
    expect([status, error, cause]).toEqual(["SUCCEEDED", undefined, undefined]);
    await cloud.rds.settled();
    expect(cloud.rds.leftovers()).toEqual([]);
    const { accessKeyId, secretAccessKey } = cloud.operator;
    const credentials = { accessKeyId, secretAccessKey };
    const rds = new RDSClient({ region: SOURCE.region, endpoint: cloud.url, credentials });
    const there = await rds.send(new DescribeDBClusterSnapshotsCommand({ SnapshotType: "shared" }));
    expect(there.DBClusterSnapshots).toMatchObject([{ DBClusterSnapshotArn: shared, Status: "available" }]);
  });

  it("asks IAM for the shared snapshot and its key as the owner names them, and for nothing else of that account", () => {
    const denied = cloud.authorisations.filter(({ decision }) => decision !== "allowed");
    expect(denied).toEqual([]);
    const foreign = cloud.authorisations.filter(({ resource }) => resource.includes(`:${OWNER}:`));
    expect(new Set(foreign.map(({ action }) => action))).toEqual(
      new Set(["rds:CopyDBClusterSnapshot", "kms:DescribeKey", "kms:CreateGrant"]),
    );
    expect(foreign.every(({ resource }) => !resource.includes(`:${ACCOUNT_ID}:`))).toBe(true);
  });
});
