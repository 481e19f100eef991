import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CheckResult } from "../../src/checks/result.ts";
import type { PlanFile } from "../../src/plan/plan.ts";
import { demoPlan, openTheatre, type Theatre } from "./theatre.ts";

const sqlCheck = (name: string, sql: string) => ({ kind: "sql" as const, name, sql, expect: { equals: 0 } });

const FIVE_HUNDRED = Array.from({ length: 500 }, (_, index) =>
  sqlCheck(`question ${index}`, `select count(*) from shop.product where id = ${-index - 1}`),
);

async function plans(): Promise<Record<string, unknown>> {
  const source = { region: "eu-west-1", cluster: "orders-production", database: "shop" };
  const withChecks = (checks: PlanFile["checks"]) => demoPlan({ checks });
  return {
    "misspelt-key": { ...(await demoPlan()), objectivs: {} },
    "no-such-region": await demoPlan({ source: { ...source, region: "eu-wets-1" } }),
    "no-such-cluster": await demoPlan({ source: { ...source, cluster: "orders-prodution" } }),
    "no-such-database": await demoPlan({ source: { ...source, database: "shoop" } }),
    "no-recovery-point": await demoPlan({ recoveryPoint: "manual" }),
    "too-expensive": await demoPlan({ limits: { costUsd: 0.001 } }),
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

describe("bad input", () => {
  let theatre: Theatre;

  beforeAll(async () => {
    theatre = await openTheatre("bad-input", await plans());
  });
  afterAll(() => theatre?.close());

  async function refused(plan: string) {
    const callsBefore = theatre.cloud.calls.length;
    const drill = await theatre.drill(plan);
    const created = theatre.cloud.calls.slice(callsBefore).filter(({ service, operation }) => {
      return service === "rds" && !operation.startsWith("Describe");
    });
    expect(created).toEqual([]);
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

  it("an estimate over the cap is refused with both figures", async () => {
    const drill = await refused("too-expensive");
    expect(drill.cause).toMatch(/estimated at \$\d+\.\d\d, over limits\.costUsd of \$0\.001/);
  });

  it("a database that the cluster does not hold is a failed recovery, and the sandbox is torn down", async () => {
    const drill = await theatre.drill("no-such-database");
    expect(drill.report.verdict).toMatchObject({ verdict: "failed", reason: "recovery" });
    expect(drill.cause).toContain('"shoop"');
    expect(drill.report.teardown?.deleted.map(({ kind }) => kind)).toEqual(["instance", "cluster", "snapshot"]);
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
