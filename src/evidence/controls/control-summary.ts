import { isExercise, type LedgerEntry } from "../ledger.ts";
import type { ControlRow } from "./control-rows.ts";
import { CONTROLS, type Control } from "./controls.ts";

const DAY_MILLISECONDS = 86_400_000;

/** One plan of a database in the period, and what is known of it from before. */
export interface PlanInPeriod {
  readonly database: string;
  readonly plan: string;
  /** Of the newest plan.json that could be read. */
  readonly promisedDays?: number | undefined;
  /** All that the ledger has of the plan until the period's end, oldest first. */
  readonly entries: readonly LedgerEntry[];
  /** Drills of which nothing was altered and all could be looked at: others show nothing, also from before the period. */
  readonly intact: ReadonlySet<string>;
}

/** The moments between which drills count, ISO 8601; `from` absent where everything since the first drill does. */
export interface Period {
  readonly from?: string;
  readonly to: string;
}

export type ControlSummary = ReturnType<typeof summaryOf>;

/** For each control and plan: how often it was shown, when last, and where longer than promised it was not. */
export function summariesOf(
  plans: readonly PlanInPeriod[],
  rows: readonly ControlRow[],
  period: Period,
): ControlSummary[] {
  const nameOf = (...names: readonly string[]): string => JSON.stringify(names);
  const byPlan = Map.groupBy(rows, ({ framework, control, database, plan }) =>
    nameOf(framework, control, database, plan),
  );
  return CONTROLS.flatMap((control) =>
    plans.map((each) => {
      const own = byPlan.get(nameOf(control.framework, control.reference, each.database, each.plan));
      return summaryOf(control, each, own ?? [], period);
    }),
  );
}

function summaryOf(
  { reference, framework }: Control,
  { database, plan, promisedDays, entries, intact }: PlanInPeriod,
  all: readonly ControlRow[],
  { from, to }: Period,
) {
  // What an exercise restores may be years old on purpose: it keeps no promise.
  const own = all.filter(({ scenario }) => scenario === "");
  // A promise is kept from the end of a drill on, as the watchdog and the index count it.
  const held = own
    .filter(({ answer }) => answer === "held")
    .map(({ endedAt }) => (endedAt < to ? endedAt : to))
    .sort();
  const before = entries.filter((entry) => from !== undefined && entry.startedAt < from);
  // Of what was before the period, verdicts alone are asked.
  const lastBefore = before
    .filter((entry) => entry.verdict === "passed" && !isExercise(entry) && intact.has(entry.drillId))
    .map(({ endedAt }) => endedAt)
    .sort()
    .at(-1);
  // A plan whose first drill is in the period promised nothing before it.
  const start = lastBefore ?? (before.length > 0 ? from : (entries[0] ?? all[0])?.startedAt) ?? to;
  const gaps = gapsBetween([start, ...held, to]);
  const count = (answer: ControlRow["answer"]): number => own.filter((row) => row.answer === answer).length;
  return {
    control: reference,
    framework,
    database,
    plan,
    drills: own.length,
    held: count("held"),
    didNotHold: count("did not hold"),
    notShown: count("not shown"),
    exercises: all.length - own.length,
    lastDrillAt: own.map(({ startedAt }) => startedAt).at(-1) ?? "",
    lastHeldAt: held.at(-1) ?? lastBefore ?? "",
    promisedDays: promisedDays ?? "",
    longestGapDays: upToTenths(Math.max(...gaps.map(({ days }) => days))),
    gapsOverPromise: gaps
      .filter(({ days }) => promisedDays !== undefined && days > promisedDays)
      .map(({ after, before: next, days }) => `${after.slice(0, 10)} to ${next.slice(0, 10)} (${upToTenths(days)} d)`)
      .join("; "),
  };
}

function gapsBetween(moments: readonly string[]) {
  return moments.slice(1).map((before, index) => {
    const after = moments[index] ?? before;
    const days = Math.max(0, (Date.parse(before) - Date.parse(after)) / DAY_MILLISECONDS);
    return { after, before, days };
  });
}

/** Upwards, so that what is longer than promised also looks it. */
const upToTenths = (days: number): number => Math.ceil(days * 10) / 10;
