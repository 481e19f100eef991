import {
  CopyDBClusterSnapshotCommand,
  DeleteDBClusterSnapshotCommand,
  DescribeDBClusterSnapshotsCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CheckResult } from "../../src/checks/result.ts";
import { openAccount } from "../../src/local/account.ts";
import type { PlanFile } from "../../src/plan/plan.ts";
import { openSmallTheatre, smallPlan, type Theatre } from "./theatre.ts";

const sqlCheck = (name: string, sql: string) => ({ kind: "sql" as const, name, sql, expect: { equals: 0 } });

const FIVE_HUNDRED = Array.from({ length: 500 }, (_, index) =>
  sqlCheck(`question ${index}`, `select count(*) from shop.product where id = ${-index - 1}`),
);

const NOTHING_NEGATIVE = "select count(*) from shop.product where id < 0";

const REGION = "eu-central-1";
const DEFAULT_VPC = openAccount().vpcs.defaultVpc(REGION);

async function plans(): Promise<Record<string, unknown>> {
  const source = { region: "eu-west-1", cluster: "orders-production", database: "shop" };
  const withSandbox = (sandbox: object) => smallPlan({ sandbox: { region: REGION, ...sandbox } });
  const withChecks = (checks: PlanFile["checks"]) => smallPlan({ checks });
  return {
    "misspelt-key": { ...(await smallPlan()), objectivs: {} },
    "no-such-region": await smallPlan({ source: { ...source, region: "eu-wets-1" } }),
    "no-such-cluster": await smallPlan({ source: { ...source, cluster: "orders-prodution" } }),
    "no-such-database": await smallPlan({ source: { ...source, database: "shoop" } }),
    "no-recovery-point": await smallPlan({ recoveryPoint: "manual" }),
    "drills-a-sandbox": await smallPlan({ source: { ...source, cluster: "restore-drill-20261121-143205-3f9a2b1c" } }),
    "production-key": await withSandbox({ kmsKey: "alias/production" }),
    "production-network": await withSandbox({ subnetGroup: "orders-production" }),
    "default-network": await withSandbox({ subnetGroup: "default", securityGroup: DEFAULT_VPC.securityGroupId }),
    "group-of-another-vpc": await withSandbox({ securityGroup: DEFAULT_VPC.securityGroupId }),
    "good-but-for-the-network": await smallPlan(),
    crowded: await smallPlan({ checks: [sqlCheck("no product is negative", NOTHING_NEGATIVE)], counterproof: false }),
    "one-second": await smallPlan({ limits: { time: "1s" }, objectives: { rto: "1s", rpo: "24h" } }),
    "too-expensive": await smallPlan({ limits: { costUsd: 0.001 } }),
    "hard-questions": await withChecks([
      sqlCheck("writes", "delete from shop.customer"),
      sqlCheck("two statements", "select 0; delete from shop.customer"),
      sqlCheck("two megabytes", "select repeat('x', 100) from generate_series(1, 20000)"),
      { kind: "rows", table: 'shop."Order Items Archive"', expect: { equals: 8000 } },
    ]),
    "missing-table": await withChecks([{ kind: "rows", table: "shop.invoice", expect: { atLeast: 1 } }]),
    "five-hundred": await withChecks(FIVE_HUNDRED),
    "no-checks": await withChecks([]),
  };
}

describe("bad input", { timeout: 180_000 }, () => {
  let theatre: Theatre;
  let isCrowded = false;

  beforeAll(async () => {
    theatre = await openSmallTheatre("bad-input", await plans(), {
      intercept: async ({ principal, operation }) => {
        if (!isCrowded || principal !== "restore-drill-copy-snapshot" || operation !== "CopyDBClusterSnapshot") return;
        isCrowded = false;
        await beginCopies(theatre);
      },
    });
  });
  afterAll(() => theatre?.close());

  async function refused(plan: string) {
    const callsBefore = theatre.cloud.calls.length;
    const resources = theatre.cloud.rds.resources();
    const drill = await theatre.drill(plan);
    const created = theatre.cloud.calls.slice(callsBefore).filter(({ service, operation }) => {
      return service === "rds" && !operation.startsWith("Describe");
    });
    expect(created).toEqual([]);
    expect(theatre.cloud.rds.resources()).toEqual(resources);
    expect(drill.messages).toHaveLength(1);
    return drill;
  }

  it("a misspelt key is named, with the nearest one, and nothing is created", async () => {
    const drill = await refused("misspelt-key");
    expect(drill).toMatchObject({
      error: "Drill.Errored",
      report: { verdict: { verdict: "errored", reason: "drill" } },
    });
    expect(drill.cause).toContain('no key "objectivs". Did you mean "objectives"?');
  });

  it("a plan that was never deployed is said to be missing", async () => {
    const drill = await refused("ordres");
    expect(drill.cause).toContain('There is no plan "ordres".');
  });

  it("a region that does not exist is named, with the nearest one", async () => {
    const drill = await refused("no-such-region");
    expect(drill.cause).toContain(
      'source.region is "eu-wets-1", which is not an AWS region. Did you mean "eu-west-1"?',
    );
  });

  it("a database that is not there is named, with those that are", async () => {
    const drill = await refused("no-such-cluster");
    expect(drill.cause).toContain('Did you mean "orders-production"?');
    expect(drill.report.verdict.verdict).toBe("errored");
  });

  it("no recovery point at all is a failed recovery, not an errored drill", async () => {
    const drill = await refused("no-recovery-point");
    expect(drill.report.verdict).toMatchObject({ verdict: "failed", reason: "recovery" });
    expect(drill.report.database).toBe("orders-production");
  });

  it("a source that is a drill's own sandbox is named with its drill", async () => {
    const { cause, report } = await refused("drills-a-sandbox");
    expect(cause).toContain("drill 20261121-143205-3f9a2b1c made as its own sandbox");
    expect(report.verdict).toMatchObject({ verdict: "errored", reason: "drill" });
  });

  it.each([
    ["production-key", 'sandbox.kmsKey is "alias/production"'],
    ["production-network", 'sandbox.subnetGroup is "orders-production"'],
  ])("a sandbox called like production is refused: %s", async (plan, cause) => {
    expect((await refused(plan)).cause).toContain(cause);
  });

  it("a network with ways in and out is refused before anything is made in it, and each is in the evidence", async () => {
    const { cause, report } = await refused("default-network");
    expect(cause).toMatch(/^Drill\.NotIsolated: .*sandbox\.subnetGroup "default"/);
    expect(report.verdict).toMatchObject({ verdict: "errored", reason: "drill" });
    const broken = report.network?.facts.filter(({ holds }) => !holds).map(({ fact }) => fact);
    expect(broken).toEqual([
      "rules in its security groups",
      "subnets that give public addresses",
      "routes of its subnets and of the main route table",
      "internet gateways of its VPC",
    ]);
    expect(report.isolation).toBeUndefined();
  });

  it("a security group of another VPC than the subnet group's is refused", async () => {
    const { cause } = await refused("group-of-another-vpc");
    expect(cause).toMatch(/^Drill\.SandboxRefused: .*security groups in its VPC: expected sg-\w+, observed none/);
  });

  it("a way that somebody opens between two drills is seen by the next one", async () => {
    const network = theatre.cloud.account.networks.get(REGION);
    network?.natGateways.push({ NatGatewayId: "nat-1", VpcId: network.vpcId, State: "pending" });
    const { cause } = await refused("good-but-for-the-network");
    network?.natGateways.pop();
    expect(cause).toContain("NAT gateways of its VPC: expected none, observed 1. Nothing was created.");
  });

  it("a region that copies as much as it may is waited for, and the drill passes", async () => {
    isCrowded = true;
    const { report } = await theatre.drill("crowded");
    const copying = theatre.cloud.calls.filter(
      ({ principal, operation }) =>
        principal === "restore-drill-copy-snapshot" && operation === "CopyDBClusterSnapshot",
    );
    expect(copying.filter(({ error }) => error === "SnapshotQuotaExceededFault").length).toBeGreaterThan(0);
    expect(report.verdict).toMatchObject({ verdict: "passed" });
    await endCopies(theatre);
  });

  it("an estimate over the cap is refused with both figures", async () => {
    const drill = await refused("too-expensive");
    expect(drill.cause).toMatch(/estimated at \$\d+\.\d\d, over limits\.costUsd of \$0\.001/);
  });

  it("a drill that is over its time budget is torn down, and says what it was waiting for", async () => {
    const drill = await theatre.drill("one-second");
    expect(drill.report.verdict).toMatchObject({ verdict: "failed", reason: "objective" });
    expect(drill.cause).toMatch(/^Drill\.(Copy|Restore)TimedOut: .*when the drill's time \(1 s\) was up/);
    expect(drill.report.leftovers).toEqual([]);
    expect(drill.messages).toHaveLength(1);
  });

  it("a database that the cluster does not hold is a failed recovery, and the sandbox is torn down", async () => {
    const drill = await theatre.drill("no-such-database");
    expect(drill.report.verdict).toMatchObject({ verdict: "failed", reason: "recovery" });
    expect(drill.cause).toContain('"shoop"');
    expect(drill.report.teardown?.deleted.map(({ kind }) => kind).sort()).toEqual(["cluster", "instance", "snapshot"]);
  });

  it("SQL that writes, holds two statements or answers 2 MB is unchecked, and the source keeps its rows", async () => {
    const drill = await theatre.drill("hard-questions");
    expect(drill.report.verdict).toMatchObject({ verdict: "inconclusive", reason: "unchecked" });
    const outcomes = Object.fromEntries(drill.report.checks.map(({ name, outcome }: CheckResult) => [name, outcome]));
    expect(outcomes).toMatchObject({
      writes: "unchecked",
      "two statements": "unchecked",
      "two megabytes": "unchecked",
      'rows shop."Order Items Archive"': "held",
      "full-read": "held",
    });
  });

  it("a table that is not there is bad data", async () => {
    const drill = await theatre.drill("missing-table");
    expect(drill.report.verdict).toMatchObject({ verdict: "failed", reason: "data" });
    expect(drill.report.verdict.findings[0]).toContain("shop.invoice");
  });

  it("500 checks are all asked", async () => {
    const drill = await theatre.drill("five-hundred");
    expect(drill.report.verdict.verdict).toBe("passed");
    expect(drill.report.checks.filter(({ outcome }) => outcome === "held")).toHaveLength(501);
  });

  it("a plan without checks proves nothing", async () => {
    const drill = await theatre.drill("no-checks");
    expect(drill.report.verdict).toMatchObject({ verdict: "inconclusive", reason: "unchecked" });
  });

  it("leaves nothing behind after all of them", async () => {
    await theatre.cloud.rds.settled();
    expect(theatre.cloud.rds.leftovers()).toEqual([]);
  });
});

/** As many as Aurora copies into a region at a time. */
const OTHERS = Array.from({ length: 5 }, (_, index) => `somebody-elses-${index}`);

function clientOf({ cloud }: Theatre, region: string): RDSClient {
  const { accessKeyId, secretAccessKey } = cloud.operator;
  return new RDSClient({ region, endpoint: cloud.url, credentials: { accessKeyId, secretAccessKey } });
}

async function beginCopies(theatre: Theatre): Promise<void> {
  const { DBClusterSnapshots: [source] = [] } = await clientOf(theatre, "eu-west-1").send(
    new DescribeDBClusterSnapshotsCommand({}),
  );
  const there = clientOf(theatre, REGION);
  for (const id of OTHERS) {
    const copy = {
      SourceDBClusterSnapshotIdentifier: source?.DBClusterSnapshotArn,
      TargetDBClusterSnapshotIdentifier: id,
      KmsKeyId: "alias/restore-drill",
    };
    await there.send(new CopyDBClusterSnapshotCommand(copy));
  }
}

async function endCopies(theatre: Theatre): Promise<void> {
  await theatre.cloud.rds.settled();
  const there = clientOf(theatre, REGION);
  for (const id of OTHERS) await there.send(new DeleteDBClusterSnapshotCommand({ DBClusterSnapshotIdentifier: id }));
  // What is deleted is listed for its modelled time, however soon its files are gone.
  const left = () => theatre.cloud.rds.resources().filter(({ id }) => OTHERS.includes(id));
  await expect.poll(left, { timeout: 10_000 }).toEqual([]);
}
