import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { CheckResult } from "../checks/result.ts";
import type { Drill } from "../plan/drill.ts";
import { VERDICTS, type Verdict } from "./verdict.ts";

const METRIC = {
  passed: "DrillPassed",
  failed: "DrillFailed",
  inconclusive: "DrillInconclusive",
  errored: "DrillErrored",
} as const;

const EXERCISE_METRIC = {
  passed: "ExercisePassed",
  failed: "ExerciseFailed",
  inconclusive: "ExerciseInconclusive",
  errored: "ExerciseErrored",
} as const;

/**
 * Which verdicts say of a metric that it is 0. On the others it is silent: a page that a drill failed is not over because a later one proved
 * nothing, and one that a drill errored not before a drill says something of the backups.
 */
const ENDED_BY: Readonly<Record<Verdict["verdict"], readonly Verdict["verdict"][]>> = {
  passed: VERDICTS,
  failed: ["passed"],
  inconclusive: VERDICTS,
  errored: ["passed", "failed"],
};

/** EMF holds at most 100 values a metric and document; at the 100th Powertools publishes by itself, and the dimensions with it. */
const MAX_CHECK_DURATIONS = 99;

export interface Judged {
  readonly database: string;
  readonly drill: Drill;
  readonly verdict: Verdict;
  readonly checks: readonly CheckResult[];
}

/**
 * Publishes what a drill ended with by EMF, by service and database: 1 for its verdict, and 0 for those that are over with it, so that an alarm
 * tells "no failure" from "no drill". For the one who knows the last word: evidence that can not be written turns a pass into an error.
 */
export function publishVerdict(metrics: Metrics, database: string, verdict: Verdict["verdict"]): void {
  metrics.addDimension("database", database);
  for (const name of VERDICTS)
    if (name === verdict || ENDED_BY[name].includes(verdict))
      metrics.addMetric(METRIC[name], MetricUnit.Count, name === verdict ? 1 : 0);
  metrics.publishStoredMetrics();
}

/**
 * Publishes what an exercise ended with, by service and database, in metrics of its own: it says nothing of the backups that the plan promises,
 * so it neither begins nor ends what an alarm tells of them.
 */
export function publishExercise(metrics: Metrics, database: string, verdict: Verdict["verdict"]): void {
  metrics.addDimension("database", database);
  metrics.addMetric(EXERCISE_METRIC[verdict], MetricUnit.Count, 1);
  metrics.publishStoredMetrics();
}

/**
 * Publishes what a drill measured by EMF, by service and database. A drill id is never one: each would be a metric of its own. Whoever judges
 * has the numbers at hand; when that breaks there are none, and no alarm waits for them. None of an exercise: what it restored may be years old.
 */
export function publishMeasures(metrics: Metrics, { database, drill, verdict, checks }: Judged): void {
  if (drill.scenario !== undefined) return;
  metrics.addDimension("database", database);
  const { rto, rpo } = verdict.objectives;
  // The line that a measured value is held against, where people look at both.
  if (rto !== undefined) metrics.addMetric("RtoObjectiveSeconds", MetricUnit.Seconds, rto.objectiveSeconds);
  if (rpo !== undefined) metrics.addMetric("RpoObjectiveSeconds", MetricUnit.Seconds, rpo.objectiveSeconds);
  if (rpo?.measuredSeconds !== undefined) metrics.addMetric("RpoSeconds", MetricUnit.Seconds, rpo.measuredSeconds);
  metrics.addMetric("RecoveryPointAgeSeconds", MetricUnit.Seconds, drill.recoveryPoint.ageSeconds);
  for (const { seconds } of checks.slice(0, MAX_CHECK_DURATIONS))
    metrics.addMetric("CheckSeconds", MetricUnit.Seconds, seconds);
  metrics.publishStoredMetrics();

  for (const { name, seconds } of verdict.phases) publishPhase(metrics, database, name, seconds);
  if (rto?.measuredSeconds !== undefined) publishPhase(metrics, database, "total", rto.measuredSeconds);
}

function publishPhase(metrics: Metrics, database: string, phase: string, seconds: number): void {
  const single = metrics.singleMetric();
  single.addDimension("database", database);
  single.addDimension("phase", phase);
  single.addMetric("RtoSeconds", MetricUnit.Seconds, seconds);
}
