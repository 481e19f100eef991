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

/** EMF holds at most 100 values a metric and document; at the 100th Powertools publishes by itself, and the dimensions with it. */
const MAX_CHECK_DURATIONS = 99;

export interface Judged {
  readonly database: string;
  /** Absent for a drill that planning refused: its verdict counts all the same. */
  readonly drill: Drill | undefined;
  readonly verdict: Verdict;
  readonly checks: readonly CheckResult[];
}

/**
 * Publishes a drill's metrics by EMF, by service and database. A drill id is never one: each would be a
 * metric of its own. Verdicts are published as 0 and 1, so that an alarm tells "no failure" from "no drill".
 */
export function publishMetrics(metrics: Metrics, { database, drill, verdict, checks }: Judged): void {
  metrics.addDimension("database", database);
  for (const name of VERDICTS) metrics.addMetric(METRIC[name], MetricUnit.Count, name === verdict.verdict ? 1 : 0);
  const { rto, rpo } = verdict.objectives;
  // The line that a measured value is held against, where people look at both.
  if (rto !== undefined) metrics.addMetric("RtoObjectiveSeconds", MetricUnit.Seconds, rto.objectiveSeconds);
  if (rpo !== undefined) metrics.addMetric("RpoObjectiveSeconds", MetricUnit.Seconds, rpo.objectiveSeconds);
  if (rpo?.measuredSeconds !== undefined) metrics.addMetric("RpoSeconds", MetricUnit.Seconds, rpo.measuredSeconds);
  if (drill !== undefined)
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
