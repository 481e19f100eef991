/** How each database stands, from what its plans promise and what its drills left. */
import { type DatabaseHistory, HISTORY_DRILLS, type PastDrill, type Remembered } from "../evidence/history.ts";
import { isExercise } from "../evidence/ledger.ts";
import { STATES, type State } from "./states.ts";

/** What a plan says about a database. */
export interface Promised {
  readonly plan: string;
  readonly database: string;
  readonly everySeconds: number;
}

export interface PlanRow {
  readonly plan: string;
  readonly promisedDays: number;
  readonly state: State;
  /** Its own, and no exercise, as the pass is. */
  readonly lastDrill?: PastDrill;
  readonly lastPass?: PastDrill;
  /** Until when the last pass keeps the promise. */
  readonly dueBy?: Date;
  readonly streak?: Streak;
}

/** The drills of a plan since the last change from passing to not passing, or the other way round. */
export interface Streak {
  readonly isPassing: boolean;
  readonly drills: number;
  readonly since: string;
  /** It goes back as far as is remembered, and maybe further. */
  readonly isAtLeast: boolean;
}

export interface DatabaseRow {
  readonly database: string;
  /** Of its plans, the worst; `proven` where it has none. */
  readonly state: State;
  /** The worst first. */
  readonly plans: readonly PlanRow[];
  /** Of all of its plans, the oldest first. */
  readonly drills: readonly PastDrill[];
  readonly paths: DatabaseHistory["paths"];
}

const DAY_MILLISECONDS = 86_400_000;

/** The row of one database at that moment. `seen` is absent where nobody could look. */
export function rowOf(
  database: string,
  plans: readonly Promised[],
  seen: Remembered | undefined,
  at: Date,
): DatabaseRow {
  const { drills = [], paths = [] } = seen?.history ?? {};
  const rows = plans.map((plan) => planRow(plan, seen, at)).sort(worstFirst);
  return { database, state: rows[0]?.state ?? "proven", plans: rows, drills, paths };
}

function planRow({ plan, everySeconds }: Promised, seen: Remembered | undefined, at: Date): PlanRow {
  const lastDrill = seen?.history?.lastDrills[plan];
  const subject = {
    plan,
    promisedDays: everySeconds / 86_400,
    ...(lastDrill === undefined ? {} : { lastDrill, streak: streakOf(lastDrill, seen?.history?.drills ?? []) }),
  };
  const lastPass = seen?.history?.passes[plan];
  if (lastPass === undefined) {
    // What could not be read may have been a drill of this plan.
    const isUnseen = seen === undefined || (lastDrill === undefined && seen.warnings.length > 0);
    return { ...subject, state: isUnseen ? "unknown" : lastDrill === undefined ? "never-drilled" : "never-passed" };
  }
  const dueBy = new Date(Date.parse(lastPass.endedAt) + everySeconds * 1000);
  const isDoubted = lastDrill !== undefined && lastDrill.verdict !== "passed" && lastDrill.drillId > lastPass.drillId;
  const state = dueBy < at ? "overdue" : isDoubted ? "in-doubt" : "proven";
  return { ...subject, state, lastPass, dueBy };
}

/** Never drilled first, then by how long a promise has been broken, then by when the next one is due. */
function worstFirst(a: Pick<PlanRow, "state" | "dueBy">, b: Pick<PlanRow, "state" | "dueBy">): number {
  const due = ({ dueBy }: Pick<PlanRow, "dueBy">): number => dueBy?.getTime() ?? 0;
  return STATES.indexOf(a.state) - STATES.indexOf(b.state) || due(a) - due(b);
}

/** By the worst of their plans, and where that is the same by name. */
export function inOrder(rows: readonly DatabaseRow[]): DatabaseRow[] {
  return rows.toSorted(
    (a, b) => worstFirst({ state: a.state, ...a.plans[0] }, { state: b.state, ...b.plans[0] }) || byName(a, b),
  );
}

const byName = (a: DatabaseRow, b: DatabaseRow): number => (a.database < b.database ? -1 : 1);

/** The last drill itself may be longer ago than what is remembered of all plans. */
function streakOf(last: PastDrill, remembered: readonly PastDrill[]): Streak {
  const own = remembered.filter((drill) => drill.plan === last.plan && !isExercise(drill));
  const isPassing = last.verdict === "passed";
  const before = own.findLastIndex(({ verdict }) => (verdict === "passed") !== isPassing);
  return {
    isPassing,
    drills: Math.max(1, own.length - before - 1),
    since: (own[before + 1] ?? last).startedAt,
    isAtLeast: before < 0 && remembered.length >= HISTORY_DRILLS,
  };
}

/** Whole days from one moment to the other, rounded down: nothing is called overdue by a day before it is. */
export const daysBetween = (from: Date, to: Date): number =>
  Math.floor((to.getTime() - from.getTime()) / DAY_MILLISECONDS);
