import type { Metrics } from "@aws-lambda-powertools/metrics";
import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import type { CheckResults } from "../checks/result.ts";
import { readJournal } from "../evidence/journal.ts";
import { SubjectInput, subjectOf } from "../evidence/subject.ts";
import type { Drill } from "../plan/drill.ts";
import type { ParsedPlan } from "../plan/validate.ts";
import { nextStepFor } from "./blame.ts";
import { decide, type Seen } from "./decide.ts";
import { formatDuration } from "./duration.ts";
import { FailureInput, readFailure } from "./failure.ts";
import { publishMeasures } from "./metrics.ts";
import { phasesOf, quotaSecondsOf, StoryInput, storyOf } from "./phases.ts";
import { readResults } from "./read-results.ts";
import { OUTCOME_ERROR, type Phase, type Verdict } from "./verdict.ts";

/** The steps' answers are in the document of a drill that got through; of one that failed, only the journal has them. */
export const JudgeDrillInput = z.object({ ...SubjectInput, ...StoryInput, failure: z.optional(FailureInput) });

/** A mail with more lines is not read; the report has them all. */
const MAX_FINDINGS = 20;
/** A service's cause may be 32,768 characters, and is told several times over in one SNS message of 256 KiB. */
const MAX_TEXT_CHARS = 2000;

interface Evidence extends Seen {
  readonly phases: Phase[];
  /** How long a quota of RDS kept the drill waiting, which no phase and no objective counts. */
  readonly quotaSeconds?: number | undefined;
}

const NOTHING_ASKED = { results: undefined, counterproof: undefined };

/**
 * Results and objectives, or the failure, become a verdict. What is wrong with the data outranks everything; a missed objective outranks
 * what could not be asked; a check that did not run is never a pass.
 */
export async function judgeDrill(
  services: { store: JsonStore; metrics: Metrics; plans: (name: string) => Promise<ParsedPlan> },
  input: z.infer<typeof JudgeDrillInput>,
): Promise<Verdict> {
  const { drill } = input;
  const { database, prefix } = await subjectOf(services.plans, input);
  const story = drill === undefined ? {} : storyOf((await readJournal(services.store, prefix)).entries, input);
  const failing = story.checks?.failing ?? [];
  const { results, counterproof } =
    drill === undefined ? NOTHING_ASKED : await readResults(services.store, prefix, failing);
  const phases = drill === undefined ? [] : phasesOf(drill, story, results);
  const failure = readFailure(input.failure);
  const quotaSeconds = quotaSecondsOf(story);
  const verdict = judge({ drill, failure, results, phases, counterproof, quotaSeconds, failing });
  if (drill !== undefined)
    publishMeasures(services.metrics, { database, drill, verdict, checks: results?.results ?? [] });
  return verdict;
}

/** The judgement alone, for everything already read. */
export function judge(evidence: Evidence): Verdict {
  const { drill, failure, results, phases } = evidence;
  const objectives = measure(drill, results, phases);
  const { verdict, reason, causes, summary, findings } = decide(evidence, objectives);
  return {
    verdict,
    ...(reason === undefined ? {} : { reason }),
    error: OUTCOME_ERROR[verdict],
    causes,
    summary: shortened(`${summary}${notCounted(evidence, objectives)}`),
    nextStep: nextStepFor(verdict, reason, reason === "data" ? undefined : failure?.error, objectives),
    findings: findings.slice(0, MAX_FINDINGS).map(shortened),
    phases,
    objectives,
    ...(drill === undefined ? {} : { recoveryPointAgeSeconds: drill.recoveryPoint.ageSeconds }),
  };
}

/** Said where an RTO is: it is shorter than what the clock says. */
function notCounted({ quotaSeconds = 0 }: Evidence, { rto }: Verdict["objectives"]): string {
  if (quotaSeconds === 0 || rto?.measuredSeconds === undefined) return "";
  return ` RTO does not count ${formatDuration(quotaSeconds)} in which a quota of RDS was taken.`;
}

function measure(drill: Drill | undefined, results: CheckResults | undefined, phases: Phase[]): Verdict["objectives"] {
  if (drill === undefined) return {};
  const isValidated = phases.at(-1)?.name === "validated";
  const rtoSeconds = isValidated ? phases.reduce((sum, { seconds }) => sum + seconds, 0) : undefined;
  return {
    rto: objective(drill.objectives.rtoSeconds, rtoSeconds),
    rpo: objective(drill.objectives.rpoSeconds, isValidated ? rpoSeconds(drill, results) : undefined),
  };
}

/** From the newest moment that came back, or, without a freshness check, from the recovery point's own time. */
function rpoSeconds(drill: Drill, results: CheckResults | undefined): number | undefined {
  const newest = (results?.results ?? [])
    .flatMap(({ newestAt }) => newestAt ?? [])
    .sort()
    .at(-1);
  // RDS gives a copy only the time of its copying, which says nothing of the data.
  if (newest === undefined)
    return drill.recoveryPoint.copiedFrom === undefined ? drill.recoveryPoint.ageSeconds : undefined;
  // A snapshot's time is that of its request, so what is in it may be a little later.
  return Math.max(0, (Date.parse(drill.failureMoment) - Date.parse(newest)) / 1000);
}

function objective(objectiveSeconds: number, measuredSeconds: number | undefined) {
  if (measuredSeconds === undefined) return { objectiveSeconds };
  // Moments are known to the millisecond: what stands behind that is the arithmetic's.
  const toMillisecond = Math.round(measuredSeconds * 1000) / 1000;
  return { objectiveSeconds, measuredSeconds: toMillisecond, met: toMillisecond <= objectiveSeconds };
}

const shortened = (text: string): string =>
  text.length <= MAX_TEXT_CHARS ? text : `${text.slice(0, MAX_TEXT_CHARS - 3)}...`;
