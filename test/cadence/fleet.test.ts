import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Drilled } from "../../src/cadence/due.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { ledgerEntry } from "../evidence/sample-ledger.ts";
import { at, DAY_MS, HOUR_MS, planOf } from "./drilled-plans.ts";
import { broken, databaseOf, mostAtOnce, mostPerHour, type Outcome, type Start, simulated } from "./fleet.ts";

const FROM = Date.parse("2026-11-01T00:00:00.000Z");
const LIMITS = { maxDrillsPerRegion: 5, maxStarts: 20 };
const REGIONS = ["eu-central-1", "eu-west-1", "us-east-1", "us-west-2"];

const passedAt = (plan: Plan, ms: number): Drilled => ({
  plan,
  conclusive: ledgerEntry({ plan: plan.plan, startedAt: at(ms), endedAt: at(ms + HOUR_MS) }),
});

describe("a fleet of 200 plans in four regions, in 60 days", () => {
  const EVERY = [
    ...Array.from({ length: 120 }, () => "7d"),
    ...Array.from({ length: 60 }, () => "31d"),
    ...Array.from({ length: 20 }, () => "2d"),
  ];
  const fleet = (window: string): Plan[] =>
    EVERY.map((every, nth) => planOf(`fleet-${nth}`, { every, window, region: REGIONS[nth % REGIONS.length] ?? "" }));
  const run = (plans: readonly Drilled[], limits = LIMITS): Start[] =>
    simulated({
      ...limits,
      plans,
      fromMs: FROM,
      days: 60,
      outcome: (_, nth): Outcome => ({ verdict: "passed", hours: 1 + (nth % 3) }),
    });
  const untilMs = FROM + 60 * DAY_MS;

  it("that was deployed at one moment is drilled within two days, as fast as its regions allow, and keeps every promise", () => {
    const plans = fleet("1h");
    const starts = run(plans.map((plan) => ({ plan })));
    expect(broken(starts, plans, FROM, untilMs)).toEqual([]);
    expect(mostPerHour(starts)).toBe(20);
    expect(mostAtOnce(starts, ({ sandbox }) => sandbox.region)).toBe(5);
    const first = plans.map((plan) => starts.find((each) => each.plan === plan)?.startMs ?? Number.NaN);
    expect((Math.max(...first) - FROM) / HOUR_MS).toBeLessThan(48);
  });

  it("that was proven at one moment spreads over its window: 22 begin in the fullest hour instead of 140, and every promise is kept", () => {
    const unlimited = { maxDrillsPerRegion: 200, maxStarts: 200 };
    const provenAtOnce = (window: string) => fleet(window).map((plan) => passedAt(plan, FROM - HOUR_MS));
    expect(mostPerHour(run(provenAtOnce("0s"), unlimited))).toBe(140);
    expect(mostPerHour(run(provenAtOnce("24h"), unlimited))).toBe(22);
    const starts = run(provenAtOnce("24h"));
    expect(broken(starts, fleet("24h"), FROM, untilMs)).toEqual([]);
    expect(mostAtOnce(starts, databaseOf)).toBe(1);
  });
});

describe("any fleet", () => {
  const EVERY = ["1d", "2d", "7d", "31d", "92d"];
  const anyPlans = (most: number, schedule = fc.constant<string | undefined>(undefined)) =>
    fc
      .array(
        fc.record({
          every: fc.constantFrom(...EVERY),
          window: fc.constantFrom("0s", "1h", "24h"),
          region: fc.constantFrom(...REGIONS.slice(0, 2)),
          cluster: fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h", "i"),
          schedule,
        }),
        { minLength: 1, maxLength: most },
      )
      .map((all) =>
        all.map(({ schedule: cron, ...each }, nth) =>
          planOf(`plan-${nth}`, { ...each, ...(cron === undefined ? {} : { schedule: cron }) }),
        ),
      );
  const verdicts = fc.array(
    fc.record({
      verdict: fc.constantFrom("passed", "failed", "inconclusive", "errored", "errored", "lost"),
      hours: fc.integer({ min: 1, max: 30 }),
    }) satisfies fc.Arbitrary<Outcome>,
    { minLength: 1, maxLength: 40 },
  );
  const days = 45;

  it("never drills a database twice at a time, nor more of a region or in one hour than it may, whatever comes of drills", () => {
    fc.assert(
      fc.property(
        anyPlans(14, fc.option(fc.constant("rate(7 days)"), { nil: undefined })),
        verdicts,
        fc.record({ maxDrillsPerRegion: fc.integer({ min: 1, max: 5 }), maxStarts: fc.integer({ min: 1, max: 6 }) }),
        (plans, outcomes, limits) => {
          const starts = simulated({
            ...limits,
            plans: plans.map((plan) => ({ plan })),
            fromMs: FROM,
            days,
            outcome: ({ plan }, nth) => outcomes[(nth + plan.length * 7) % outcomes.length] ?? fail(),
          });
          expect(mostAtOnce(starts, databaseOf)).toBeLessThanOrEqual(1);
          expect(mostAtOnce(starts, ({ sandbox }) => sandbox.region)).toBeLessThanOrEqual(limits.maxDrillsPerRegion);
          expect(mostPerHour(starts)).toBeLessThanOrEqual(limits.maxStarts);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("keeps every promise while drills pass and a region has room", () => {
    fc.assert(
      fc.property(anyPlans(5), fc.integer({ min: 1, max: 5 }), (plans, hours) => {
        const own = plans.map((plan, nth) => ({ ...plan, source: { ...plan.source, cluster: `own-${nth}` } }));
        const starts = simulated({
          ...LIMITS,
          plans: own.map((plan) => ({ plan })),
          fromMs: FROM,
          days,
          outcome: (_, nth) => ({ verdict: "passed", hours: hours + (nth % 2) }),
        });
        expect(broken(starts, own, FROM, FROM + days * DAY_MS)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it("tries what errs again, ever more seldom: seven drills in the first three days, and then one by cadence", () => {
    fc.assert(
      fc.property(fc.constantFrom(...EVERY), fc.integer({ min: 1, max: 5 }), (every, hours) => {
        const plan = planOf("errs", { every });
        const outcome = (): Outcome => ({ verdict: "errored", hours });
        const starts = simulated({ ...LIMITS, plans: [{ plan }], fromMs: FROM, days, outcome });
        const pauses = starts.slice(1).map(({ startMs }, nth) => (startMs - (starts[nth]?.endMs ?? 0)) / HOUR_MS);
        expect(pauses.slice(0, 6)).toEqual([1, 2, 4, 8, 16, 24]);
        const reserveDays = Math.min(plan.cadence.everySeconds / 86_400 / 4, 3);
        const seldomHours = Math.min((plan.cadence.everySeconds / 86_400 - reserveDays) * 24, 7 * 24);
        expect(pauses.length).toBeGreaterThan(7);
        for (const pause of pauses.slice(6)) expect(pause).toBe(seldomHours);
      }),
      { numRuns: 15 },
    );
  });

  it("starts what leaves nothing in the ledger once a day", () => {
    const plan = planOf("lost");
    const outcome = (): Outcome => ({ verdict: "lost", hours: 1 });
    const starts = simulated({ ...LIMITS, plans: [{ plan }], fromMs: FROM, days, outcome });
    expect(starts.map(({ startMs }) => (startMs - FROM) / DAY_MS)).toEqual(
      Array.from({ length: days }, (_, day) => day),
    );
  });

  it("drills a database that fails no more often than by cadence: people have to look at it", () => {
    const plan = planOf("fails", { every: "7d" });
    const outcome = (): Outcome => ({ verdict: "failed", hours: 1 });
    const starts = simulated({ ...LIMITS, plans: [{ plan }], fromMs: FROM, days, outcome });
    expect(starts).toHaveLength(Math.ceil(days / 5.25));
  });
});

function fail(): never {
  throw new Error("no outcome");
}
