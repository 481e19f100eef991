import type { Metrics } from "@aws-lambda-powertools/metrics";
import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import type { CheckResult, CheckResults } from "../checks/result.ts";
import { type Counterproof, type PlantedDamage, undetected } from "../counterproof/counterproof.ts";
import { readJournal } from "../evidence/journal.ts";
import { SubjectInput, subjectOf } from "../evidence/subject.ts";
import type { Drill } from "../plan/drill.ts";
import type { ParsedPlan } from "../plan/validate.ts";
import { blameFor, nextStepFor } from "./blame.ts";
import { formatDuration } from "./duration.ts";
import { type Failure, FailureInput, readFailure } from "./failure.ts";
import { publishMeasures } from "./metrics.ts";
import { phasesOf, quotaSecondsOf, StoryInput, storyOf } from "./phases.ts";
import { readResults } from "./read-results.ts";
import { OUTCOME_ERROR, type Phase, type Reason, type Verdict } from "./verdict.ts";

/** The steps' answers are in the document of a drill that got through; of one that failed, only the journal has them. */
export const JudgeDrillInput = z.object({ ...SubjectInput, ...StoryInput, failure: z.optional(FailureInput) });

const MAX_OPTIONAL_NAMED = 5;
/** A mail with more lines is not read; the report has them all. */
const MAX_FINDINGS = 20;
/** A service's cause may be 32,768 characters, and is told several times over in one SNS message of 256 KiB. */
const MAX_TEXT_CHARS = 2000;

interface Evidence {
  readonly drill: Drill | undefined;
  readonly failure: Failure | undefined;
  readonly results: CheckResults | undefined;
  readonly phases: Phase[];
  readonly counterproof?: Counterproof | undefined;
  /** How long a quota of RDS kept the drill waiting, which no phase and no objective counts. */
  readonly quotaSeconds?: number | undefined;
  /** Names of required checks that failed, for when their results can not be read. */
  readonly failing?: readonly string[];
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
  const required = (results?.results ?? []).filter((result) => result.required);
  const { verdict, reason, summary, findings } = decide(evidence, required, objectives);
  return {
    verdict,
    ...(reason === undefined ? {} : { reason }),
    error: OUTCOME_ERROR[verdict],
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

interface Decision {
  readonly verdict: Verdict["verdict"];
  readonly reason?: Reason;
  readonly summary: string;
  readonly findings: string[];
}

function decide(
  { drill, failure, results, counterproof, failing = [] }: Evidence,
  required: CheckResult[],
  objectives: Verdict["objectives"],
): Decision {
  const failed = required.filter(({ outcome }) => outcome === "failed");
  if (failed.length > 0)
    return {
      verdict: "failed",
      reason: "data",
      summary: `${failed.length} of ${count(required.length, "check")} failed. ${failed.slice(0, 1).map(finding).join("")}`,
      findings: failed.map(finding),
    };

  if (results === undefined && failing.length > 0)
    return {
      verdict: "failed",
      reason: "data",
      summary: `${count(failing.length, "required check")} failed: ${failing.join(", ")}. What they saw can not be read from the evidence bucket.`,
      findings: failing.map((name) => `${name}: failed`),
    };

  if (failure !== undefined)
    return { ...blameFor(failure.error), summary: `${failure.error}: ${failure.message}`, findings: [] };

  const missed = [missedObjective("RTO", objectives.rto), missedObjective("RPO", objectives.rpo)].filter(
    (line) => line !== undefined,
  );
  if (missed.length > 0) return { verdict: "failed", reason: "objective", summary: missed.join(" "), findings: missed };

  const unchecked = required.filter(({ outcome }) => outcome === "unchecked");
  if (results === undefined || !results.complete || unchecked.length > 0)
    return {
      verdict: "inconclusive",
      reason: "unchecked",
      summary:
        `Nothing wrong was seen, but ${count(unchecked.length, "required check")} of ${required.length} could not be asked. ${unchecked.slice(0, 1).map(finding).join("")}`.trim(),
      findings: unchecked.map(finding),
    };
  if (drill?.checkCount === 0 || required.every(({ kind }) => kind === "full-read"))
    return {
      verdict: "inconclusive",
      reason: "unchecked",
      summary: "The plan requires no checks: the database was restored, but nothing that decides was asked of it.",
      findings: [],
    };
  const unmeasured = [unmeasuredObjective("RTO", objectives.rto), unmeasuredObjective("RPO", objectives.rpo)].filter(
    (line) => line !== undefined,
  );
  if (unmeasured.length > 0)
    return { verdict: "inconclusive", reason: "unchecked", summary: unmeasured.join(" "), findings: unmeasured };

  const empty = required.filter(({ outcome }) => outcome === "empty");
  if (empty.length > 0)
    return {
      verdict: "inconclusive",
      reason: "empty",
      summary: `${count(empty.length, "required check")} had nothing to look at.`,
      findings: empty.map(finding),
    };
  const blind = counterproof === undefined ? [] : undetected(counterproof);
  if (blind.length > 0)
    return {
      verdict: "inconclusive",
      reason: "unchecked",
      summary: `Nothing wrong was seen, but ${blind.length} of ${count(counterproof?.planted.length ?? 0, "planted damage")} ${blind.length === 1 ? "was" : "were"} not detected. ${blind.slice(0, 1).map(blindness).join("")}`,
      findings: blind.map(blindness),
    };
  return {
    verdict: "passed",
    summary: `The restored database is right: ${count(required.length, "check")} held, RTO and RPO met their objectives${provenBy(counterproof)}${optionalFailures(results)}.`,
    findings: [],
  };
}

const blindness = ({ check, damage, where, during }: PlantedDamage): string =>
  `${check}: ${during} although the drill had done damage, ${damage}, to ${where}; what can not fail proves nothing`;

/** They do not decide, and are not to be overlooked. */
function optionalFailures({ results }: CheckResults): string {
  const failed = results.filter(({ required, outcome }) => !required && outcome === "failed").map(({ name }) => name);
  if (failed.length === 0) return "";
  const named = failed.slice(0, MAX_OPTIONAL_NAMED).join(", ");
  const more = failed.length > MAX_OPTIONAL_NAMED ? `, and ${failed.length - MAX_OPTIONAL_NAMED} more` : "";
  return `; ${count(failed.length, "optional check")} failed: ${named}${more}`;
}

function provenBy(counterproof: Counterproof | undefined): string {
  const planted = counterproof?.planted.length ?? 0;
  return planted === 0
    ? ""
    : `; ${planted} of ${count(planted, "planted damage")} ${planted === 1 ? "was" : "were"} detected`;
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

function missedObjective(name: string, objective: Verdict["objectives"]["rto"]): string | undefined {
  if (objective?.met !== false || objective.measuredSeconds === undefined) return undefined;
  return `${name} was ${formatDuration(objective.measuredSeconds)}, over its objective of ${formatDuration(objective.objectiveSeconds)}.`;
}

function unmeasuredObjective(name: string, objective: Verdict["objectives"]["rto"]): string | undefined {
  return objective?.met === undefined
    ? `${name} could not be measured, so whether it meets its objective is not known.`
    : undefined;
}

const shortened = (text: string): string =>
  text.length <= MAX_TEXT_CHARS ? text : `${text.slice(0, MAX_TEXT_CHARS - 3)}...`;
const finding = ({ name, expected, observed }: CheckResult): string => `${name}: ${observed}; expected ${expected}`;
const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;
