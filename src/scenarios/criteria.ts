import { describeCounterproof, undetected } from "../counterproof/counterproof.ts";
import type { Report } from "../evidence/report.ts";
import type { ScenarioName } from "../plan/scenario.ts";
import { formatDuration } from "../verdict/duration.ts";
import type { Verdict } from "../verdict/verdict.ts";
import { type Criterion, criterion, metIf } from "./criterion.ts";
import { hasNoWayBack, pathCriteria } from "./path-criteria.ts";

/** First what this exercise is about, then what every recovery has to do, then what is left to people. */
export function criteriaOf(report: Report, scenario: ScenarioName): Criterion[] {
  const { rto } = report.verdict.objectives;
  return [
    recoverable(report),
    ...pathCriteria(report, scenario),
    dataRight(report),
    checksCanFail(report),
    inTime("It was recovered in time (RTO)", rto, "report.json: verdict.objectives.rto"),
    lost(report, scenario),
    isolated(report),
    nothingLeft(report),
    criterion(
      "The people concerned were told",
      "unknown",
      "This is written before they are told. Whether they read it is for the owner of the exercise to fill in.",
      "the notification",
    ),
  ];
}

function recoverable(report: Report): Criterion {
  const { drill, verdict } = report;
  const name = "There is a recovery point that may be used";
  if (drill !== undefined)
    return criterion(name, "met", `${drill.recoveryPoint.id} in ${drill.recoveryPoint.region}`, POINT);
  return criterion(name, hasNoWayBack(report) ? "missed" : "unknown", verdict.summary, "report.json: verdict.summary");
}
const POINT = "report.json: drill.recoveryPoint";

function dataRight({ checks }: Report): Criterion {
  const name = "What came back is right";
  const required = checks.filter((check) => check.required && check.kind !== "full-read");
  const failed = required.filter(({ outcome }) => outcome === "failed");
  const held = required.filter(({ outcome }) => outcome === "held");
  const observed =
    required.length === 0 ? "No check that decides was asked." : `${held.length} of ${required.length} checks held.`;
  const isKnown = required.length > 0 && held.length === required.length;
  return criterion(name, failed.length > 0 ? "missed" : isKnown ? "met" : "unknown", observed, "checks.json");
}

function checksCanFail({ counterproof }: Report): Criterion {
  const name = "The checks can fail";
  if (counterproof === undefined || counterproof.planted.length === 0)
    return criterion(
      name,
      "unknown",
      counterproof === undefined ? "No damage was planted to see them fail." : describeCounterproof(counterproof),
      "counterproof.json",
    );
  const isSeen = undetected(counterproof).length === 0;
  return criterion(name, metIf(isSeen), describeCounterproof(counterproof), "counterproof.json");
}

/** Scenarios whose moment lies back on purpose: what was written since then is lost too, and no RPO counts it. */
const LOOKS_BACK: readonly ScenarioName[] = ["corruption", "ransomware"];

function lost({ verdict, drill }: Report, scenario: ScenarioName): Criterion {
  const { rpo } = verdict.objectives;
  const restsOn = "report.json: verdict.objectives.rpo";
  if (!LOOKS_BACK.includes(scenario)) return inTime("No more was lost than agreed (RPO)", rpo, restsOn);
  const before = inTime("No more was lost before that moment than agreed (RPO)", rpo, restsOn);
  if (drill === undefined) return before;
  const sinceSeconds = Math.max(0, (Date.parse(drill.startedAt) - Date.parse(drill.failureMoment)) / 1000);
  const since = `Lost besides, and counted by no objective: what was written in the ${formatDuration(sinceSeconds)} between that moment and the drill.`;
  return criterion(before.criterion, before.outcome, `${before.observed}. ${since}`.replace("..", "."), restsOn);
}

function inTime(name: string, objective: Verdict["objectives"]["rto"], restsOn: string): Criterion {
  const { measuredSeconds, objectiveSeconds, met } = objective ?? {};
  if (measuredSeconds === undefined || objectiveSeconds === undefined || met === undefined)
    return criterion(name, "unknown", "Not measured.", restsOn);
  const observed = `${formatDuration(measuredSeconds)}; objective ${formatDuration(objectiveSeconds)}`;
  return criterion(name, metIf(met), observed, restsOn);
}

function isolated({ network, isolation }: Report): Criterion {
  const name = "Nothing could reach in or out";
  const restsOn = "report.json: network, isolation";
  const facts = [network, isolation].flatMap((answer) => answer?.facts ?? []);
  const broken = facts.filter(({ holds }) => !holds);
  if (broken.length > 0) return criterion(name, "missed", broken.map(({ fact }) => fact).join("; "), restsOn);
  if (network === undefined || isolation === undefined)
    return criterion(name, "unknown", "The drill ended before all of it was looked at.", restsOn);
  return criterion(name, "met", `${facts.length} facts of the account's own answers`, restsOn);
}

function nothingLeft({ drill, leftovers, kept, teardown }: Report): Criterion {
  const name = "Nothing was left behind";
  const restsOn = "report.json: teardown, leftovers";
  if (leftovers.length > 0)
    return criterion(
      name,
      "missed",
      leftovers.map(({ kind, id, region }) => `${kind} ${id} in ${region}`).join("; "),
      restsOn,
    );
  if (drill === undefined) return criterion(name, "met", "Nothing was created.", restsOn);
  if (kept !== undefined)
    return criterion(name, "unknown", `The sandbox stays until ${kept.until}, as the plan says.`, restsOn);
  if (teardown?.finishedAt === undefined) return criterion(name, "unknown", "Teardown did not end.", restsOn);
  return criterion(name, "met", `${teardown.deleted.length} deleted and confirmed gone`, restsOn);
}
