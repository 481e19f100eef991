import { describe, expect, it } from "vitest";
import { type Drilled, type Due, dueOf, mostOverdueFirst } from "../../src/cadence/due.ts";
import type { LedgerEntry } from "../../src/evidence/ledger.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { ledgerEntry } from "../evidence/sample-ledger.ts";
import { at, DAY_MS, drilledOnce, HOUR_MS, planOf } from "./drilled-plans.ts";

const BEGAN = Date.parse("2026-11-01T04:00:00.000Z");
type Verdict = LedgerEntry["verdict"];

/** Drills of an hour, each so many hours after `BEGAN`. */
function drills(plan: Plan, ...entries: (readonly [hours: number, verdict: Verdict, kind?: string])[]): Drilled {
  return entries.reduce<Drilled>(
    (drilled, [hours, verdict, kind = "schedule"]) => {
      const startedAt = BEGAN + hours * HOUR_MS;
      const times = { startedAt: at(startedAt), endedAt: at(startedAt + HOUR_MS) };
      return drilledOnce(drilled, ledgerEntry({ verdict, trigger: { kind, by: "x" }, ...times }));
    },
    { plan },
  );
}

/** Hours after `BEGAN` from which on a drill is due, to the hour; Infinity for never in two years. */
function dueHours(drilled: Drilled): number {
  for (let hours = 0; hours < 2 * 365 * 24; hours += 1)
    if (dueOf(drilled, new Date(BEGAN + hours * HOUR_MS)).isDue) return hours;
  return Number.POSITIVE_INFINITY;
}

const days = (count: number): number => count * 24;
const SCHEDULE = "cron(0 4 ? * TUE *)";

describe("a plan without a schedule", () => {
  it("is due at once when no drill of it says anything", () => {
    expect(dueHours({ plan: planOf("orders") })).toBe(0);
  });

  it.each([
    ["1d", 18],
    ["2d", 36],
    ["8d", days(6)],
    ["12d", days(9)],
    ["31d", days(28)],
    ["366d", days(363)],
  ])("of %s is due a quarter of that before its promise is broken, and at most three days", (every, hours) => {
    expect(dueHours(drills(planOf("orders", { every }), [0, "passed"]))).toBe(hours);
  });

  it.each(["failed", "inconclusive"] as const)("that %s is left to people, and due a cadence later", (verdict) => {
    expect(dueHours(drills(planOf("orders"), [-48, "passed"], [0, verdict]))).toBe(days(6));
  });

  it.each(["incident", "restore-test", "manual"])("counts a drill that was started by %s", (kind) => {
    expect(dueHours(drills(planOf("orders"), [-100, "passed"], [0, "passed", kind]))).toBe(days(6));
  });

  it("is not tried again for a drill that errored beside what was due, and not held back by it", () => {
    expect(dueHours(drills(planOf("orders"), [0, "passed"], [2, "errored", "manual"]))).toBe(days(6));
    const tests = Array.from({ length: 10 }, (_, nth) => [days(nth), "errored", "restore-test"] as const);
    expect(dueHours(drills(planOf("orders"), [-1, "passed"], ...tests))).toBe(days(6) - 1);
  });
});

describe("a drill that errored", () => {
  const plan = planOf("orders", { every: "31d" });

  it.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [4, 8],
    [5, 16],
    [6, 24],
  ])("is tried again: after %s in a row %s h later", (count, pauseHours) => {
    const errored = Array.from({ length: count }, (_, nth) => [-count + nth, "errored"] as const);
    expect(dueHours(drills(plan, ...errored))).toBe(pauseHours);
    expect(dueHours(drills(plan, [-days(40), "passed"], ...errored))).toBe(pauseHours);
  });

  it.each([
    ["31d", days(7)],
    ["366d", days(7)],
    ["2d", 36],
  ])("seven times in a row is tried by cadence, of %s, at least weekly", (every, hours) => {
    const errored = Array.from({ length: 7 }, (_, nth) => [-7 + nth, "errored"] as const);
    expect(dueHours(drills(planOf("orders", { every }), ...errored))).toBe(hours);
  });

  it("begins to count anew after one that said something", () => {
    expect(dueHours(drills(plan, [-9, "errored"], [-8, "errored"], [-days(0), "failed"]))).toBe(days(28));
  });
});

describe("a plan with a schedule", () => {
  const plan = planOf("orders", { schedule: SCHEDULE });

  it("waits for its first slot, which nobody knows to have been missed", () => {
    const word = dueOf({ plan }, new Date(BEGAN));
    expect(word).toMatchObject({ isDue: false, why: expect.stringContaining("its schedule starts the first") });
    expect(word).not.toHaveProperty("dueAt");
  });

  it("is left to it until its promise is broken: a slot was missed then", () => {
    expect(dueHours(drills(plan, [0, "passed"]))).toBe(days(8) + 1);
    expect(dueHours(drills(plan, [0, "failed"]))).toBe(days(8) + 1);
  });

  it("has its errored drill tried again, also its first, and no other's", () => {
    expect(dueHours(drills(plan, [-1, "errored"]))).toBe(1);
    expect(dueHours(drills(plan, [-24, "passed"], [-2, "errored"], [-1, "errored"]))).toBe(2);
    expect(dueHours(drills(plan, [-1, "passed"], [0, "errored", "incident"]))).toBe(days(8));
    expect(dueHours(drills(plan, [-1, "errored", "manual"]))).toBe(Number.POSITIVE_INFINITY);
  });

  it("is caught up with once a day, where nothing comes of it", () => {
    const drilled = drills(plan, [0, "passed"]);
    const slots = Array.from({ length: 72 }, (_, hours) => {
      const word = dueOf(drilled, new Date(BEGAN + (days(8) + 1 + hours) * HOUR_MS));
      return word.isDue ? word.slot.toISOString() : "none";
    });
    expect([...new Set(slots)]).toEqual([
      "2026-11-09T05:00:00.000Z",
      "2026-11-10T05:00:00.000Z",
      "2026-11-11T05:00:00.000Z",
    ]);
  });
});

describe("a first drill that found nothing wrong and had nothing to be compared with", () => {
  const reference = (drilled: Drilled, kind = "schedule"): Drilled =>
    drilledOnce(
      drilled,
      ledgerEntry({
        verdict: "inconclusive",
        isReference: true,
        trigger: { kind, by: "x" },
        startedAt: at(BEGAN),
        endedAt: at(BEGAN + HOUR_MS),
      }),
    );

  it("is followed by the next one at once, before whatever else was proven", () => {
    const drilled = reference({ plan: planOf("orders", { every: "31d" }) }, "manual");
    expect(dueHours(drilled)).toBe(1);
    expect(dueOf(drilled, new Date(BEGAN + 2 * HOUR_MS))).not.toHaveProperty("promisedUntil");
  });

  it("is followed at once where the plan's schedule started it, and by the slot where people did", () => {
    const plan = planOf("orders", { schedule: SCHEDULE });
    expect(dueHours(reference({ plan }))).toBe(1);
    expect(dueHours(reference({ plan }, "manual"))).toBe(days(8) + 1);
  });

  it("is followed once: not where another one came before", () => {
    const plan = planOf("orders", { every: "31d" });
    expect(dueHours(reference(drills(plan, [-2, "passed"])))).toBe(days(28));
  });
});

describe("the slot of a drill that is due", () => {
  const slotAt = (drilled: Drilled, hours: number): string => {
    const word = dueOf(drilled, new Date(BEGAN + hours * HOUR_MS));
    return word.isDue ? word.slot.toISOString() : "none";
  };

  it("is the same however late it is looked at, for a day", () => {
    const drilled = drills(planOf("orders"), [0, "passed"]);
    expect([days(6), days(6) + 1, days(7) - 1].map((hours) => slotAt(drilled, hours))).toEqual(
      Array.from({ length: 3 }, () => "2026-11-07T04:00:00.000Z"),
    );
    expect(slotAt(drilled, days(7))).toBe("2026-11-08T04:00:00.000Z");
  });

  it("is another after each errored drill, and the day where nothing was ever drilled", () => {
    const plan = planOf("orders");
    expect(slotAt(drills(plan, [0, "errored"]), 2)).toBe("2026-11-01T06:00:00.000Z");
    expect(slotAt(drills(plan, [0, "errored"], [2, "errored"]), 5)).toBe("2026-11-01T09:00:00.000Z");
    expect(slotAt({ plan }, 0)).toBe("2026-11-01T00:00:00.000Z");
  });
});

describe("plans that were drilled at one moment", () => {
  const names = Array.from({ length: 100 }, (_, nth) => `fleet-${nth}`);
  const dueOfAll = (changes: object): number[] =>
    names.map((name) => {
      const word = dueOf(drills(planOf(name, changes), [0, "passed"]), new Date(BEGAN));
      return word.isDue ? Number.NaN : (word.dueAt?.getTime() ?? Number.NaN);
    });
  const hoursOf = (moments: number[]): number => (Math.max(...moments) - Math.min(...moments)) / HOUR_MS;

  it("are due one after the other within their window, each at its own place", () => {
    const moments = dueOfAll({ every: "31d", window: "24h" });
    expect(hoursOf(moments)).toBeGreaterThan(20);
    expect(hoursOf(moments)).toBeLessThan(24);
    const perHour = Map.groupBy(moments, (ms) => Math.floor(ms / HOUR_MS));
    expect(Math.max(...[...perHour.values()].map(({ length }) => length))).toBeLessThan(13);
    expect(dueOfAll({ every: "31d", window: "24h" })).toEqual(moments);
  });

  it("take at most a third of what is left before the promise is broken", () => {
    expect(hoursOf(dueOfAll({ every: "1d", window: "24h" }))).toBeLessThanOrEqual(2);
  });
});

describe("why", () => {
  const now = new Date(BEGAN + 400 * DAY_MS);
  const why = (drilled: Drilled): string => dueOf(drilled, now).why;

  it("names the drill it counts from, the promise, and what errored", () => {
    const plan = planOf("orders", { every: "31d" });
    expect(why(drills(plan, [0, "inconclusive"]))).toMatch(
      /^Drill \S+ of 2026-11-01T04:00Z was inconclusive\. Promised is one every 31 d, and the next begins up to 3 d before that is over\.$/,
    );
    expect(why({ plan })).toBe("No drill of it says anything yet, promised is one every 31 d.");
    expect(why(drills(plan, [0, "errored"], [2, "errored"]))).toBe(
      "Its last 2 drills errored, the last one at 2026-11-01T07:00Z: it is tried again 2 h later.",
    );
  });
});

describe("mostOverdueFirst", () => {
  const now = new Date(BEGAN + days(100) * HOUR_MS);
  const due = (drilled: Drilled): Due => {
    const word = dueOf(drilled, now);
    if (!word.isDue) throw new Error(`${drilled.plan.plan} is not due: ${word.why}`);
    return word;
  };

  it("begins with what was never proven, then what is broken longest, then what is broken next", () => {
    const words = [
      due(drills(planOf("next", { every: "92d" }), [days(9), "passed"])),
      due(drills(planOf("broken"), [days(50), "passed"])),
      due({ plan: planOf("never") }),
      due(drills(planOf("long-broken"), [0, "failed"], [days(50), "errored"])),
    ];
    expect(words.sort(mostOverdueFirst).map(({ plan }) => plan.plan)).toEqual([
      "never",
      "long-broken",
      "broken",
      "next",
    ]);
  });
});
