import type { Occurrence } from "./occurrence.ts";
import type { Outcome } from "./outcome.ts";
import { pagerDutyOf } from "./pager-duty.ts";
import { severityOf } from "./severity.ts";
import { slackOf } from "./slack.ts";
import { whereToLook } from "./where-to-look.ts";
import { nameOf, sentence } from "./words.ts";

/** For queues and functions. `slack` and `pagerduty` are bodies to hand on as they are. */
export function machineReadable(outcome: Outcome): Readonly<Record<string, unknown>> {
  const { subject, verdict, occurrence, evidence, leftovers, interruption } = outcome;
  return {
    schemaVersion: 1,
    drillId: subject.drillId,
    database: subject.database,
    plan: subject.plan,
    trigger: subject.trigger.kind,
    startedBy: subject.trigger.by,
    scenario: outcome.scenario,
    verdict: verdict.verdict,
    reason: verdict.reason,
    causes: namesOf(verdict.causes),
    severity: severityOf(verdict, leftovers.length),
    occurrence: bounded(occurrence),
    summary: sentence(verdict.summary),
    nextStep: verdict.nextStep === undefined ? undefined : sentence(verdict.nextStep),
    findings: verdict.findings.map(sentence),
    rtoSeconds: verdict.objectives.rto?.measuredSeconds,
    rpoSeconds: verdict.objectives.rpo?.measuredSeconds,
    leftovers: leftovers.map((left) => ({ ...left, reason: sentence(left.reason) })),
    kept: outcome.kept,
    restoreTest: outcome.restoreTest === undefined ? undefined : sentence(outcome.restoreTest),
    interruption:
      interruption?.cause === undefined ? interruption : { ...interruption, cause: sentence(interruption.cause) },
    page: outcome.isPage,
    repeated: outcome.repeated,
    evidence: evidence === undefined ? undefined : `s3://${evidence.bucket}/${evidence.prefix}/report.json`,
    console: whereToLook(outcome).console,
    slack: slackOf(outcome),
    pagerduty: pagerDutyOf(outcome),
  };
}

const namesOf = (causes: readonly string[] = []): string[] => causes.map(nameOf);

const bounded = (occurrence: Occurrence): Occurrence =>
  "last" in occurrence
    ? { ...occurrence, last: { ...occurrence.last, causes: namesOf(occurrence.last.causes) } }
    : occurrence;
