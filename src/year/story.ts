/** What happens in the year: which plan is drilled when, from a backup of when, and what is wrong that day. */
import { createHash } from "node:crypto";
import { YEAR_PLANS, type YearPlan } from "./databases.ts";

const DAY = 86_400_000;
const MINUTE = 60_000;
/** Nobody drilled anything in this week: the schedules were switched off and nobody noticed for seven days. */
const MISSED_DAYS_AGO = { from: 149, to: 142 } as const;

export type Trouble =
  | "missing-rows"
  | "restore-fails"
  | "slow"
  | "stale"
  | "denied"
  | "wrong-key"
  | "invalid-index"
  | "no-heartbeat"
  | "leak";

export interface YearDrill {
  readonly plan: YearPlan;
  readonly at: Date;
  /** When its backup was made. */
  readonly backedUpAt: Date;
  readonly trouble: Trouble | undefined;
  readonly trigger: { readonly kind: "schedule" | "manual"; readonly by: string };
}

/** By plan, the drills that go wrong, the first being 1: each is right again after one to three. */
const TROUBLES: Readonly<Record<string, Readonly<Record<number, Trouble>>>> = {
  // The same failure a second time is a reminder.
  orders: { 9: "missing-rows", 10: "missing-rows", 21: "denied", 33: "restore-fails", 44: "slow" },
  ledger: { 5: "wrong-key", 6: "wrong-key", 7: "wrong-key", 12: "no-heartbeat" },
  payments: { 4: "slow", 5: "slow", 9: "leak" },
  billing: { 3: "stale", 7: "restore-fails" },
  identity: { 2: "denied", 3: "denied" },
  // And has not recovered yet.
  catalog: { 5: "invalid-index", 6: "invalid-index" },
  shipping: { 2: "restore-fails", 4: "no-heartbeat" },
  inventory: { 3: "stale" },
};

/** Oldest first. The same seed gives the same year before the same moment. */
export function storyOf(until: Date, seed: number): YearDrill[] {
  return YEAR_PLANS.flatMap((plan) => drillsOf(plan, until, seed)).sort((a, b) => a.at.getTime() - b.at.getTime());
}

function drillsOf(plan: YearPlan, until: Date, seed: number): YearDrill[] {
  const moments: Date[] = [];
  const midnight = Math.floor(until.getTime() / DAY) * DAY;
  for (let daysAgo = plan.lastDaysAgo; moments.length < plan.drills; daysAgo += plan.everyDays) {
    if (daysAgo <= MISSED_DAYS_AGO.from && daysAgo > MISSED_DAYS_AGO.to) continue;
    const minutes = 4 * 60 + chance(seed, plan.plan, daysAgo) * 90;
    moments.unshift(new Date(midnight - daysAgo * DAY + Math.round(minutes) * MINUTE));
  }
  return moments.map((at, index) => {
    const trouble = TROUBLES[plan.plan]?.[index + 1];
    // Nightly backups are of two in the morning; a stale one is from the day before yesterday.
    const hours = (trouble === "stale" ? 46 : 1) + 2 * chance(seed, `${plan.plan} backup`, index);
    const isByHand = plan.plan.endsWith("by-hand") || chance(seed, `${plan.plan} trigger`, index) < 0.08;
    return {
      plan,
      at,
      backedUpAt: new Date(at.getTime() - Math.round(hours * 60) * MINUTE),
      trouble,
      trigger: isByHand ? { kind: "manual", by: "database on call" } : { kind: "schedule", by: plan.plan },
    };
  });
}

/** From 0 to 1. */
function chance(seed: number, what: string, index: number): number {
  return createHash("sha256").update(`${seed} ${what} ${index}`).digest().readUInt32BE() / 2 ** 32;
}
