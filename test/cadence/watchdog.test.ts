import { Metrics } from "@aws-lambda-powertools/metrics";
import { DescribeDBClustersCommand, DescribeDBInstancesCommand, RDSClient } from "@aws-sdk/client-rds";
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it, vi } from "vitest";
import { watchdog } from "../../src/cadence/watchdog.ts";
import { PlanInvalid } from "../../src/errors.ts";
import type { LedgerEntry } from "../../src/evidence/ledger.ts";
import { parsePlan } from "../../src/plan/parse.ts";
import { evidenceBucket } from "../evidence/evidence-bucket.ts";
import { ledgerEntry } from "../evidence/sample-ledger.ts";
import { PLAN_YAML } from "../plan/sample-plan.ts";

const NOW = new Date("2026-11-21T06:30:00.000Z");
const DATABASE = "orders-production";

const daysAgo = (days: number): string => new Date(NOW.getTime() - days * 86_400_000).toISOString();

/** A drill of the plan that ended so many days ago. */
function drilled(days: number, changes: Partial<LedgerEntry> = {}): [string, LedgerEntry] {
  const endedAt = daysAgo(days);
  const drillId = `${endedAt.slice(0, 10).replaceAll("-", "")}-${endedAt.slice(11, 19).replaceAll(":", "")}-00000000`;
  return [`${DATABASE}/ledger/${drillId}.json`, ledgerEntry({ drillId, startedAt: endedAt, endedAt, ...changes })];
}

const named = (plan: string, cadence = "cadence: { every: 7d }\n") =>
  parsePlan(PLAN_YAML.replace("plan: orders", `plan: ${plan}`) + cadence, `drills/${plan}.yml`);

/** Its one database is the one that the plans of this file drill. */
const rds = new RDSClient({ region: "eu-west-1", maxAttempts: 1 });
mockClient(rds)
  .on(DescribeDBClustersCommand)
  .resolves({ DBClusters: [{ DBClusterIdentifier: DATABASE, Engine: "aurora-postgresql", EngineVersion: "16.4" }] })
  .on(DescribeDBInstancesCommand)
  .resolves({});
const ACCOUNT = {
  rds: () => rds,
  homeRegion: "eu-central-1",
  ownAccount: "111122223333",
  watchedRegions: [],
  maxUncovered: 1,
};

const SERVICES = {
  ...ACCOUNT,
  metrics: new Metrics({ namespace: "RestoreDrill", serviceName: "restore-drill" }),
  logger: { info: vi.fn(), warn: vi.fn(), error: vi.fn() },
  now: () => NOW,
  plans: { names: async () => ["orders"], read: async () => named("orders") },
};

interface Emf {
  readonly [member: string]: unknown;
}

async function look(
  documents: readonly (readonly [string, unknown])[],
  plans: Record<string, ReturnType<typeof named>> = { orders: named("orders") },
) {
  const emf: Emf[] = [];
  const { store, s3 } = evidenceBucket(Object.fromEntries(documents));
  // EMF is what a function writes to its stdout.
  const printed = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    if (String(text).startsWith("{")) emf.push(JSON.parse(String(text)));
    return true;
  });
  const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const answer = await watchdog({
    ...ACCOUNT,
    store,
    metrics: new Metrics({ namespace: "RestoreDrill", serviceName: "restore-drill" }),
    logger,
    now: () => NOW,
    plans: {
      names: async () => Object.keys(plans),
      read: async (name) => {
        const plan = plans[name];
        if (plan === undefined) throw new PlanInvalid(`drills/${name}.json is not JSON`);
        return plan;
      },
    },
  }).finally(() => printed.mockRestore());
  const days = emf.filter((line) => "DaysSinceLastPass" in line);
  const calls = {
    lists: s3.commandCalls(ListObjectsV2Command).length,
    reads: s3.commandCalls(GetObjectCommand).length,
  };
  return { answer, emf, days, logger, calls };
}

describe("watchdog", () => {
  it("publishes the days since the last pass by database and plan", async () => {
    const { answer, days } = await look([drilled(20), drilled(3.5), drilled(1, { verdict: "failed" })]);
    expect(days).toEqual([
      expect.objectContaining({ service: "restore-drill", database: DATABASE, plan: "orders", DaysSinceLastPass: 3.5 }),
    ]);
    expect(answer.overdue).toEqual([]);
  });

  it("calls a plan overdue once its last pass is longer ago than it promises, and not before", async () => {
    expect((await look([drilled(7)])).answer.overdue).toEqual([]);
    const { answer, logger } = await look([drilled(7.25)]);
    expect(answer.overdue).toEqual([
      expect.objectContaining({ plan: "orders", daysSinceLastPass: 7.25, promisedDays: 7, isOverdue: true }),
    ]);
    expect(logger.warn).toHaveBeenCalledWith("watchdog.overdue", { standing: answer.overdue[0] });
  });

  it("publishes no number for a plan that was never drilled, and calls it overdue: its alarm takes silence for a breach", async () => {
    const { answer, days } = await look([]);
    expect(days).toEqual([]);
    expect(answer.overdue).toEqual([
      expect.objectContaining({ plan: "orders", why: "It was not drilled in the last 38 d." }),
    ]);
  });

  it("takes none of what did not pass for a pass", async () => {
    const verdicts = ["failed", "inconclusive", "errored"] as const;
    const { answer, days } = await look(verdicts.map((verdict, index) => drilled(index + 1, { verdict })));
    expect(days).toEqual([]);
    expect(answer.overdue[0]?.why).toMatch(
      /^None of its 3 drills of the last 38 d passed; the last one, \d{8}-.*, ended failed\.$/,
    );
  });

  it("takes no exercise for a drill that the plan promises", async () => {
    const { answer } = await look([drilled(1, { scenario: "ransomware" }), drilled(9)]);
    expect(answer.overdue).toMatchObject([{ plan: "orders", daysSinceLastPass: 9 }]);
  });

  it("finds a pass behind more failures than are read at first", async () => {
    const failures = Array.from({ length: 8 }, (_, index) => drilled(index * 0.5, { verdict: "failed" }));
    expect((await look([drilled(5), ...failures])).days).toEqual([expect.objectContaining({ DaysSinceLastPass: 5 })]);
  });

  it("counts a plan's own passes alone, where two plans drill one database", async () => {
    const plans = { orders: named("orders"), "orders-deep": named("orders-deep", "cadence: { every: 31d }\n") };
    const { answer, days } = await look([drilled(2), drilled(20, { plan: "orders-deep" })], plans);
    expect(days.map(({ plan, DaysSinceLastPass }) => [plan, DaysSinceLastPass]).sort()).toEqual([
      ["orders", 2],
      ["orders-deep", 20],
    ]);
    expect(answer.overdue).toEqual([]);
  });

  it("finds the pass of a monthly plan behind all the drills of an hourly one of its database", async () => {
    const plans = {
      orders: named("orders", "cadence: { every: 31d }\n"),
      hourly: named("hourly", "cadence: { every: 1d }\n"),
    };
    const hourly = Array.from({ length: 240 }, (_, hour) => drilled(hour / 24, { plan: "hourly" }));
    const { answer, days } = await look([drilled(10), ...hourly], plans);
    expect(days.map(({ plan, DaysSinceLastPass }) => [plan, DaysSinceLastPass])).toEqual([
      ["hourly", 0],
      ["orders", 10],
    ]);
    expect(answer.overdue).toEqual([]);
  });

  it("reads a database once for all of its plans, and no further than their passes", async () => {
    const names = Array.from({ length: 8 }, (_, index) => `orders-${index}`);
    const drills = names.flatMap((plan, index) => [drilled(index / 8, { plan }), drilled(3 + index / 8, { plan })]);
    const old = Array.from({ length: 100 }, (_, index) => drilled(5 + index / 8));
    const { calls, days } = await look(
      [...drills, ...old],
      Object.fromEntries(names.map((name) => [name, named(name)])),
    );
    expect(days).toHaveLength(8);
    expect(calls).toEqual({ lists: 1, reads: 15 });
  });

  it("looks back as far as the plan promises and a month, and reads no older drill to find a pass", async () => {
    expect((await look([drilled(37.5)])).days).toEqual([expect.objectContaining({ DaysSinceLastPass: 37.5 })]);
    const gone = await look([drilled(38.5, { verdict: "passed" }), drilled(1, { verdict: "failed" })]);
    expect(gone.days).toEqual([]);
    expect(gone.answer.overdue[0]?.why).toMatch(/^None of its 1 drills of the last 38 d passed/);
    const failures = Array.from({ length: 50 }, (_, day) => drilled(day, { verdict: "failed" }));
    const yearly = drilled(0.5, { plan: "yearly" });
    const plans = { orders: named("orders"), yearly: named("yearly", "cadence: { every: 366d }\n") };
    expect((await look([...failures, yearly], plans)).calls.reads).toBe(45);
    // Read for the other plan's sake.
    expect((await look([drilled(60)], plans)).answer.overdue.map(({ why }) => why)).toEqual([
      "It was not drilled in the last 38 d.",
      "It was not drilled in the last 397 d.",
    ]);
  });

  it("finds the newest behind more keys than S3 lists at once", async () => {
    const failures = Array.from({ length: 1010 }, (_, index) => drilled(2 + index / 50, { verdict: "failed" }));
    const { calls, days } = await look([...failures, drilled(1)]);
    expect(days).toEqual([expect.objectContaining({ DaysSinceLastPass: 1 })]);
    expect(calls).toEqual({ lists: 2, reads: 5 });
  });

  it("does not take a ledger that is too long to be listed for one without a pass", async () => {
    const { store, s3 } = evidenceBucket({});
    s3.on(ListObjectsV2Command).resolves({ Contents: Array.from({ length: 1000 }, () => ({ Key: "x" })) });
    const answer = await watchdog({ ...SERVICES, store });
    expect(answer.unknown).toEqual([
      {
        plan: "orders",
        reason: expect.stringMatching(/^Drill\.EvidenceUnreadable: .*more than 12000 drills since 2026-10-14/),
      },
    ]);
    expect(s3.commandCalls(ListObjectsV2Command)).toHaveLength(12);
  });

  it("tells the most overdue first, and those that never passed before all others", async () => {
    const plans = { late: named("late"), later: named("later"), never: named("never") };
    const { answer } = await look([drilled(9, { plan: "late" }), drilled(30, { plan: "later" })], plans);
    expect(answer.overdue.map(({ plan }) => plan)).toEqual(["never", "later", "late"]);
  });

  it("publishes its counts also when they are 0, so that silence means that nobody looked", async () => {
    const { emf } = await look([drilled(1)]);
    expect(emf).toContainEqual(expect.objectContaining({ service: "restore-drill", OverduePlans: 0, UnknownPlans: 0 }));
  });

  it("looks at the other plans when one can not be read, and counts it", async () => {
    const { answer, emf, days } = await look([drilled(1)], {
      orders: named("orders"),
      broken: undefined as never,
    });
    expect(days).toHaveLength(1);
    expect(answer.unknown).toEqual([{ plan: "broken", reason: expect.stringContaining("Drill.PlanInvalid") }]);
    expect(emf).toContainEqual(expect.objectContaining({ UnknownPlans: 1 }));
  });

  it("does not take a bucket that refuses for a plan that was never drilled", async () => {
    const { store, s3 } = evidenceBucket({});
    s3.on(ListObjectsV2Command).rejects(new Error("denied"));
    const answer = await watchdog({ ...SERVICES, store });
    expect(answer).toMatchObject({ overdue: [], unknown: [{ plan: "orders", reason: "Error: denied" }] });
  });

  it("holds the account against the plans once its counts are out, and fails when it can not leave what it saw", async () => {
    const { answer } = await look([drilled(1)]);
    expect(answer.coverage).toMatchObject({ regions: ["eu-central-1", "eu-west-1"], plansWithoutDatabase: [] });
    const { store, s3 } = evidenceBucket(Object.fromEntries([drilled(9)]));
    s3.on(PutObjectCommand).rejects(new Error("denied"));
    const warn = vi.fn();
    const answered = watchdog({ ...SERVICES, store, logger: { ...SERVICES.logger, warn } });
    await expect(answered).rejects.toThrow("denied");
    expect(warn).toHaveBeenCalledWith("watchdog.overdue", expect.anything());
  });

  it("passes over a corrupt entry of the ledger and says so", async () => {
    const { days, logger } = await look([
      drilled(4),
      [`${DATABASE}/ledger/20261120-000000-00000000.json`, { drillId: "half" }],
    ]);
    expect(days).toEqual([expect.objectContaining({ DaysSinceLastPass: 4 })]);
    expect(logger.warn).toHaveBeenCalledWith(
      "watchdog.warning",
      expect.objectContaining({ warning: expect.stringContaining("20261120-000000-00000000.json can not be read") }),
    );
  });
});
