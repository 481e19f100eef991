import type { CheckResult, CheckResults } from "../checks/result.ts";
import { type Counterproof, type PlantedDamage, undetected } from "../counterproof/counterproof.ts";
import type { Drill } from "../plan/drill.ts";
import { blameFor } from "./blame.ts";
import { formatDuration } from "./duration.ts";
import type { Failure } from "./failure.ts";
import type { Reason, Verdict } from "./verdict.ts";

/** What a verdict rests on, but for the objectives. */
export interface Seen {
  readonly drill: Drill | undefined;
  readonly failure: Failure | undefined;
  readonly results: CheckResults | undefined;
  readonly counterproof?: Counterproof | undefined;
  /** Names of required checks that failed, for when their results can not be read. */
  readonly failing?: readonly string[];
}

interface Decision {
  readonly verdict: Verdict["verdict"];
  readonly reason?: Reason;
  readonly causes: string[];
  readonly summary: string;
  readonly findings: string[];
}

const MAX_OPTIONAL_NAMED = 5;
/** As many as findings: enough to tell one failure from another, few enough for a ledger entry. */
const MAX_CAUSES = 20;

/** The one verdict for what was seen: the order of the questions is the order of their weight. */
export function decide(seen: Seen, objectives: Verdict["objectives"]): Decision {
  const required = (seen.results?.results ?? []).filter((result) => result.required);
  const decision =
    wrongData(seen, required) ?? missed(seen, objectives) ?? unproven(seen, required, objectives) ?? blind(seen);
  return decision ?? { verdict: "passed", causes: [], summary: passedSummary(seen, required), findings: [] };
}

function wrongData({ results, failing = [] }: Seen, required: CheckResult[]): Decision | undefined {
  const failed = required.filter(({ outcome }) => outcome === "failed");
  if (failed.length > 0)
    return {
      verdict: "failed",
      reason: "data",
      causes: namesOf(failed),
      summary: `${failed.length} of ${count(required.length, "check")} failed. ${failed.slice(0, 1).map(finding).join("")}`,
      findings: failed.map(finding),
    };
  if (results !== undefined || failing.length === 0) return undefined;
  return {
    verdict: "failed",
    reason: "data",
    causes: stable(failing),
    summary: `${count(failing.length, "required check")} failed: ${failing.join(", ")}. What they saw can not be read from the evidence bucket.`,
    findings: failing.map((name) => `${name}: failed`),
  };
}

function missed({ failure }: Seen, { rto, rpo }: Verdict["objectives"]): Decision | undefined {
  if (failure !== undefined)
    return {
      ...blameFor(failure.error),
      causes: [failure.error],
      summary: `${failure.error}: ${failure.message}`,
      findings: [],
    };
  const late = [missedObjective("RTO", rto), missedObjective("RPO", rpo)].flatMap((each) => each ?? []);
  if (late.length === 0) return undefined;
  const findings = late.map(({ line }) => line);
  return {
    verdict: "failed",
    reason: "objective",
    causes: stable(late.map(({ name }) => name)),
    summary: findings.join(" "),
    findings,
  };
}

function unproven(
  { drill, results }: Seen,
  required: CheckResult[],
  { rto, rpo }: Verdict["objectives"],
): Decision | undefined {
  const unchecked = required.filter(({ outcome }) => outcome === "unchecked");
  if (results === undefined || !results.complete || unchecked.length > 0)
    return {
      verdict: "inconclusive",
      reason: "unchecked",
      causes: namesOf(unchecked),
      summary:
        `Nothing wrong was seen, but ${count(unchecked.length, "required check")} of ${required.length} could not be asked. ${unchecked.slice(0, 1).map(finding).join("")}`.trim(),
      findings: unchecked.map(finding),
    };
  if (drill?.checkCount === 0 || required.every(({ kind }) => kind === "full-read"))
    return {
      verdict: "inconclusive",
      reason: "unchecked",
      causes: [],
      summary: "The plan requires no checks: the database was restored, but nothing that decides was asked of it.",
      findings: [],
    };
  const unmeasured = [unmeasuredObjective("RTO", rto), unmeasuredObjective("RPO", rpo)].flatMap((each) => each ?? []);
  if (unmeasured.length > 0) {
    const findings = unmeasured.map(({ line }) => line);
    return {
      verdict: "inconclusive",
      reason: "unchecked",
      causes: stable(unmeasured.map(({ name }) => name)),
      summary: findings.join(" "),
      findings,
    };
  }
  const empty = required.filter(({ outcome }) => outcome === "empty");
  if (empty.length === 0) return undefined;
  return {
    verdict: "inconclusive",
    reason: "empty",
    causes: namesOf(empty),
    summary: `${count(empty.length, "required check")} had nothing to look at.`,
    findings: empty.map(finding),
  };
}

/** What can not fail proves nothing. */
function blind({ counterproof }: Seen): Decision | undefined {
  const unseen = counterproof === undefined ? [] : undetected(counterproof);
  if (unseen.length === 0) return undefined;
  return {
    verdict: "inconclusive",
    reason: "unchecked",
    causes: stable(unseen.map(({ check }) => check)),
    summary: `Nothing wrong was seen, but ${unseen.length} of ${count(counterproof?.planted.length ?? 0, "planted damage")} ${unseen.length === 1 ? "was" : "were"} not detected. ${unseen.slice(0, 1).map(blindness).join("")}`,
    findings: unseen.map(blindness),
  };
}

const passedSummary = ({ results, counterproof }: Seen, required: CheckResult[]): string =>
  `The restored database is right: ${count(required.length, "check")} held, RTO and RPO met their objectives${provenBy(counterproof)}${optionalFailures(results)}.`;

const blindness = ({ check, damage, where, during }: PlantedDamage): string =>
  `${check}: ${during} although the drill had done damage, ${damage}, to ${where}; what can not fail proves nothing`;

/** They do not decide, and are not to be overlooked. */
function optionalFailures(results: CheckResults | undefined): string {
  const failed = (results?.results ?? [])
    .filter(({ required, outcome }) => !required && outcome === "failed")
    .map(({ name }) => name);
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

interface ObjectiveLine {
  readonly name: "RTO" | "RPO";
  readonly line: string;
}

function missedObjective(
  name: ObjectiveLine["name"],
  objective: Verdict["objectives"]["rto"],
): ObjectiveLine | undefined {
  if (objective?.met !== false || objective.measuredSeconds === undefined) return undefined;
  const line = `${name} was ${formatDuration(objective.measuredSeconds)}, over its objective of ${formatDuration(objective.objectiveSeconds)}.`;
  return { name, line };
}

function unmeasuredObjective(
  name: ObjectiveLine["name"],
  objective: Verdict["objectives"]["rto"],
): ObjectiveLine | undefined {
  return objective?.met === undefined
    ? { name, line: `${name} could not be measured, so whether it meets its objective is not known.` }
    : undefined;
}

/** Each once and in one order, so that two drills with the same failure say the same. */
const stable = (names: readonly string[]): string[] => [...new Set(names)].sort().slice(0, MAX_CAUSES);
const namesOf = (results: readonly CheckResult[]): string[] => stable(results.map(({ name }) => name));
const finding = ({ name, expected, observed }: CheckResult): string => `${name}: ${observed}; expected ${expected}`;
const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;
