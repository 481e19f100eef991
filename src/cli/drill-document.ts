import type { DrillResult } from "./drill-result.ts";
import { reasonOf } from "./told.ts";

/** What `--json` prints: one document, the same members whatever happened. Durations in seconds, moments ISO 8601, money USD. */
export function drillDocument(drill: DrillResult): Record<string, unknown> {
  const { drillId, plan, verdict, cause, report, notifications, evidence } = drill;
  const told = report === undefined ? drill.told : undefined;
  return {
    drillId,
    plan,
    verdict,
    reason: reasonOf(drill) ?? null,
    // The execution has the last word: a drill that nobody was told of has errored, whatever its report says.
    summary: cause ?? report?.verdict.summary ?? "",
    rtoSeconds: report?.verdict.objectives.rto?.measuredSeconds ?? told?.rtoSeconds ?? null,
    rpoSeconds: report?.verdict.objectives.rpo?.measuredSeconds ?? told?.rpoSeconds ?? null,
    phases: report?.verdict.phases ?? [],
    checks: (report?.checks ?? []).map(({ name, kind, outcome, expected, observed, seconds }) => ({
      name,
      kind,
      outcome,
      expected,
      observed,
      seconds,
    })),
    counterproof: counterproofOf(drill),
    exercise: report?.scorecard ?? null,
    leftovers: report?.leftovers ?? told?.leftovers ?? [],
    cost: { estimatedUsd: report?.cost.estimated.usd ?? 0, actualUsd: report?.cost.actual.usd ?? 0 },
    evidence,
    notifications: notifications.map(({ subject, bodies }) => ({
      subject,
      email: bodies["email"],
      sms: bodies["sms"],
    })),
  };
}

function counterproofOf({ report }: DrillResult): Record<string, unknown> | null {
  if (report?.counterproof === undefined) return null;
  const { planted, untried, why } = report.counterproof;
  return {
    tried: planted.length,
    detected: planted.filter(({ detected }) => detected).length,
    planted,
    untried,
    why: why ?? null,
  };
}

/** The document of a drill that could not be started: a wrong plan file, an unreachable source. */
export function refusalDocument(error: Error): Record<string, unknown> {
  return {
    drillId: null,
    plan: null,
    verdict: "errored",
    reason: "drill",
    summary: error.message,
    error: error.name,
    rtoSeconds: null,
    rpoSeconds: null,
    phases: [],
    checks: [],
    counterproof: null,
    exercise: null,
    leftovers: [],
    cost: { estimatedUsd: 0, actualUsd: 0 },
    evidence: [],
    notifications: [],
  };
}
