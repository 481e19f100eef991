import { type Drilled, type Due, dueOf, mostOverdueFirst } from "../../src/cadence/due.ts";
import { Places, type RunningDrill } from "../../src/cadence/places.ts";
import type { LedgerEntry } from "../../src/evidence/ledger.ts";
import { databaseKey } from "../../src/plan/names.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { executionName } from "../../src/start/start-drill.ts";
import { ledgerEntry } from "../evidence/sample-ledger.ts";
import { at, drilledOnce, HOUR_MS } from "./drilled-plans.ts";

/** `lost`: the drill ends and leaves nothing in the ledger. */
export interface Outcome {
  readonly verdict: LedgerEntry["verdict"] | "lost";
  readonly hours: number;
}

export interface Start {
  readonly plan: Plan;
  readonly startMs: number;
  readonly endMs: number;
  readonly verdict: Outcome["verdict"];
}

interface Fleet {
  readonly plans: readonly Drilled[];
  readonly fromMs: number;
  readonly days: number;
  /** What comes of the nth drill of the plan. */
  readonly outcome: (plan: Plan, nth: number) => Outcome;
  readonly maxDrillsPerRegion: number;
  readonly maxStarts: number;
}

export const databaseOf = ({ source }: Plan): string => databaseKey(source);

/** A fleet that is looked at every hour, as start-due-drills does: every drill that was started, in that order. */
export function simulated({ plans, fromMs, days, outcome, maxDrillsPerRegion, maxStarts }: Fleet): Start[] {
  const starts: Start[] = [];
  const names = new Set<string>();
  const ledger = new Map(plans.map((each) => [each.plan.plan, each]));
  const nextMs = new Map<string, number>();
  let running: Start[] = [];
  for (let nowMs = fromMs; nowMs < fromMs + days * 24 * HOUR_MS; nowMs += HOUR_MS) {
    for (const each of running.filter(({ endMs }) => endMs <= nowMs)) {
      record(ledger, each);
      nextMs.delete(each.plan.plan);
    }
    running = running.filter(({ endMs }) => endMs > nowMs);
    const due = dueNow(ledger, nextMs, nowMs);
    const limits = { maxDrillsPerRegion, maxStarts, ownAccount: undefined };
    const places = new Places(running.map(asRunning), limits);
    for (const each of due.sort(mostOverdueFirst)) {
      const { plan, slot } = each;
      const name = executionName("due", plan.plan, slot);
      if (places.hindranceOf(each) !== undefined || names.has(name)) continue;
      places.take(each);
      names.add(name);
      const { verdict, hours } = outcome(plan, starts.filter((each) => each.plan === plan).length);
      const start = { plan, startMs: nowMs, endMs: nowMs + hours * HOUR_MS, verdict };
      starts.push(start);
      running.push(start);
    }
  }
  return starts;
}

/** Nothing changes about a plan that is not due before it is, but by a drill: so that months take a second. */
function dueNow(ledger: ReadonlyMap<string, Drilled>, nextMs: Map<string, number>, nowMs: number): Due[] {
  return [...ledger.values()].flatMap((each) => {
    const { plan } = each.plan;
    if (nowMs < (nextMs.get(plan) ?? 0)) return [];
    const word = dueOf(each, new Date(nowMs));
    if (word.isDue) return [word];
    nextMs.set(plan, word.dueAt?.getTime() ?? Number.POSITIVE_INFINITY);
    return [];
  });
}

const asRunning = ({ plan }: Start): RunningDrill => ({
  executionArn: plan.plan,
  database: databaseOf(plan),
  region: plan.sandbox.region,
});

function record(ledger: Map<string, Drilled>, { plan, startMs, endMs, verdict }: Start): void {
  if (verdict === "lost") return;
  const entry = ledgerEntry({
    plan: plan.plan,
    verdict,
    startedAt: at(startMs),
    endedAt: at(endMs),
    trigger: { kind: "schedule", by: "start-due-drills" },
  });
  ledger.set(plan.plan, drilledOnce(ledger.get(plan.plan) ?? { plan }, entry));
}

/** How many at most begin in one hour. */
export const mostPerHour = (starts: readonly Start[]): number =>
  Math.max(0, ...[...Map.groupBy(starts, ({ startMs }) => startMs).values()].map(({ length }) => length));

/** How many of those that have something in common run at the same time, at most. */
export function mostAtOnce(starts: readonly Start[], inCommon: (plan: Plan) => string): number {
  const groups = [...Map.groupBy(starts, ({ plan }) => inCommon(plan)).values()];
  return Math.max(
    0,
    ...groups.flatMap((group) =>
      group.map(({ startMs }) => group.filter((each) => each.startMs <= startMs && startMs < each.endMs).length),
    ),
  );
}

/** Plans whose promise was broken: a pass, or the end, came later after the one before, or the beginning, than promised. */
export function broken(starts: readonly Start[], plans: readonly Plan[], fromMs: number, untilMs: number): string[] {
  return plans.flatMap(({ plan, cadence }) => {
    const passes = starts.filter(
      (each) => each.plan.plan === plan && each.verdict === "passed" && each.endMs <= untilMs,
    );
    const ends = [fromMs, ...passes.map(({ endMs }) => endMs), untilMs];
    const longestMs = Math.max(...ends.slice(1).map((end, index) => end - (ends[index] ?? 0)));
    return longestMs <= cadence.everySeconds * 1000 ? [] : [`${plan}: ${longestMs / HOUR_MS} h`];
  });
}
