import type { LedgerEntry } from "../ledger.ts";
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
  { database, plan, promisedDays, entries }: PlanInPeriod,
  own: readonly ControlRow[],
  { from, to }: Period,
) {
  const held = own.filter(({ answer }) => answer === "held").map(({ startedAt }) => startedAt);
  const before = entries.filter((entry) => from !== undefined && entry.startedAt < from);
  // What happened before the period is taken from the ledger alone.
  const lastBefore = before.filter(({ verdict }) => verdict === "passed").at(-1)?.startedAt;
  // A plan whose first drill is in the period promised nothing before it.
  const start = lastBefore ?? (before.length > 0 ? from : entries[0]?.startedAt) ?? to;
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
    lastDrillAt: own.map(({ startedAt }) => startedAt).at(-1) ?? "",
    lastHeldAt: held.at(-1) ?? lastBefore ?? "",
    promisedDays: promisedDays ?? "",
    longestGapDays: Math.max(...gaps.map(({ days }) => days)),
    gapsOverPromise: gaps
      .filter(({ days }) => promisedDays !== undefined && days > promisedDays)
      .map(({ after, before: next, days }) => `${after.slice(0, 10)} to ${next.slice(0, 10)} (${days} d)`)
      .join("; "),
  };
}

function gapsBetween(moments: readonly string[]) {
  return moments.slice(1).map((before, index) => {
    const after = moments[index] ?? before;
    const days = Math.max(0, (Date.parse(before) - Date.parse(after)) / DAY_MILLISECONDS);
    return { after, before, days: Math.round(days * 10) / 10 };
  });
}
