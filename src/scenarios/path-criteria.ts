import type { Report } from "../evidence/report.ts";
import { momentWords } from "../page/words.ts";
import type { Drill } from "../plan/drill.ts";
import { accountOf } from "../plan/names.ts";
import type { DrillScenario, ScenarioName, SetAside } from "../plan/scenario.ts";
import { formatDuration } from "../verdict/duration.ts";
import { type Criterion, criterion, metIf } from "./criterion.ts";
import { isSameKey } from "./same-key.ts";

interface Held extends Pick<Report, "checks"> {
  readonly drill: Drill;
  readonly exercise: DrillScenario;
}

interface PathCriterion {
  readonly name: string;
  readonly restsOn: string;
  /** The recovery point is chosen by it: where none may be used, none meets it. */
  readonly isOfChoice: boolean;
  readonly judge: (held: Held) => readonly [outcome: Criterion["outcome"], observed: string];
}

/** What makes the exercise one, held against what was really used; of one that planning refused, nothing of it is met. */
export function pathCriteria(report: Report, scenario: ScenarioName): Criterion[] {
  const { drill, checks } = report;
  const exercise = drill?.scenario;
  return CRITERIA[scenario].map(({ name, restsOn, isOfChoice, judge }) => {
    if (drill !== undefined && exercise !== undefined)
      return criterion(name, ...judge({ drill, exercise, checks }), restsOn);
    return hasNoWayBack(report) && isOfChoice
      ? criterion(name, "missed", "There is no recovery point that may be used.", SUMMARY)
      : criterion(name, "unknown", "Planning ended before a recovery point was chosen.", SUMMARY);
  });
}

export const hasNoWayBack = ({ drill, verdict }: Report): boolean =>
  drill === undefined && verdict.summary.startsWith("Drill.NoRecoveryPoint");

const POINT = "report.json: drill.recoveryPoint";
const SUMMARY = "report.json: verdict.summary";

/** By the recovery point's own time, and by the newest moment in the data where a check saw one. */
const fromBefore = (what: string): PathCriterion => ({
  name: `It is from before ${what}`,
  restsOn: POINT,
  isOfChoice: true,
  judge: ({ drill, checks }) => {
    const { recoveryPoint, failureMoment } = drill;
    const { createdAt, copiedAt = createdAt, copiedFrom } = recoveryPoint;
    const newest = checks
      .flatMap(({ newestAt }) => newestAt ?? [])
      .sort()
      .at(-1);
    const isBefore = [copiedAt, ...(newest === undefined ? [] : [newest])].every(
      (at) => Date.parse(at) <= Date.parse(failureMoment),
    );
    const made =
      copiedFrom === undefined
        ? `Taken ${momentWords(createdAt)}`
        : `Copied ${momentWords(createdAt)}, so its data is older`;
    const seen = newest === undefined ? "" : `; the newest moment in its data is ${momentWords(newest)}`;
    return [metIf(isBefore), `${made}; the moment is ${momentWords(failureMoment)}${seen}`];
  },
});

/** The later steps ask the sandbox's region alone; a copy would be asked for where the recovery point is. Their calls are in no report. */
const regionUnused: PathCriterion = {
  name: "Planning asked nothing in the lost region, and no later step works there",
  restsOn: "report.json: drill.scenario.asked, drill.recoveryPoint, drill.sandbox",
  isOfChoice: false,
  judge: ({ drill, exercise }) => {
    const { lostRegion = drill.source.region, asked, setAside } = exercise;
    const used = [
      ...asked.filter((each) => each.endsWith(` ${lostRegion}`)),
      ...[drill.recoveryPoint.region, drill.sandbox.region].filter((region) => region === lostRegion),
    ];
    if (used.length > 0) return ["missed", `Lost is ${lostRegion}. Used: ${used.join(", ")}.`];
    const where = `recovery point in ${drill.recoveryPoint.region}, sandbox in ${drill.sandbox.region}`;
    return [
      "met",
      `Lost is ${lostRegion}. Planning asked ${asked.join(", ")}; later steps by the drill's document: ${where}. ${notCounted(setAside)}`,
    ];
  },
};

const outlives: PathCriterion = {
  name: "It outlives the cluster",
  restsOn: `${POINT}.kind, drill.scenario.setAside`,
  isOfChoice: true,
  judge: ({ drill: { recoveryPoint }, exercise }) =>
    recoveryPoint.kind === "automated"
      ? ["missed", "RDS's own snapshot, which goes with the cluster unless it is retained."]
      : ["met", `${recoveryPoint.kind} snapshot, which stays. ${notCounted(exercise.setAside)}`],
};

const notCounted = (all: readonly SetAside[]): string =>
  all.length === 0
    ? "Nothing had to be left out."
    : `Not counted: ${all.map(({ why, count, newest }) => `${count} ${why}, the newest of ${momentWords(newest.createdAt)}`).join("; ")}.`;

const momentNotExercised: PathCriterion = {
  name: "It can be restored to a moment",
  restsOn: POINT,
  isOfChoice: false,
  judge: ({ drill: { recoveryPoint } }) => [
    "unknown",
    `Not exercised: this version restores snapshots. Data of up to ${formatDuration(recoveryPoint.ageSeconds)} before the deletion is lost with them alone.`,
  ],
};

const otherKey: PathCriterion = {
  name: "It is under another key than the cluster",
  restsOn: `${POINT}.kmsKeyArn, drill.scenario.sourceKmsKeyArn`,
  isOfChoice: true,
  judge: ({ drill: { recoveryPoint, source }, exercise }) => {
    const { sourceKmsKeyArn: own, isSourceEncrypted, setAside } = exercise;
    const { kmsKeyArn: key } = recoveryPoint;
    const rest = notCounted(setAside);
    if (key === undefined) return ["missed", `Under no key. ${rest}`];
    if (own !== undefined)
      return [metIf(!isSameKey(key, own)), `Under ${key}; ${source.cluster} is under ${own}. ${rest}`];
    if (isSourceEncrypted === false) return ["met", `Under ${key}; ${source.cluster} is under none. ${rest}`];
    return [
      "unknown",
      `Under ${key}, of account ${accountOf(key)}; the key of ${source.cluster} could not be known. ${rest}`,
    ];
  },
};

/** Who has the account of the source can delete what is in it, whatever key it is under. */
const otherAccount: PathCriterion = {
  name: "It is in another account than the cluster",
  restsOn: `${POINT}.arn`,
  isOfChoice: false,
  judge: ({ drill: { recoveryPoint, source } }) => {
    const [at, of] = [accountOf(recoveryPoint.arn), accountOf(source.clusterArn)];
    return at === of
      ? ["missed", `Both are in ${of}: who has that account can delete the copy.`]
      : ["met", `In ${at}; the cluster is in ${of}.`];
  },
};

const lockNotAsked: PathCriterion = {
  name: "Nobody could have deleted it",
  restsOn: "docs/scenarios.md",
  isOfChoice: false,
  judge: () => ["unknown", "Not asked: locks of vaults, and who may delete the copy or its key."],
};

const cleanNotSeen: PathCriterion = {
  name: "What came back is free of the intruders",
  restsOn: "docs/scenarios.md",
  isOfChoice: false,
  judge: () => ["unknown", "Nothing looks for malware: it rests on the moment alone."],
};

const CRITERIA: Readonly<Record<ScenarioName, readonly PathCriterion[]>> = {
  corruption: [fromBefore("the damage")],
  "region-lost": [regionUnused, fromBefore("the loss")],
  "accidental-deletion": [outlives, fromBefore("the deletion"), momentNotExercised],
  ransomware: [otherKey, fromBefore("the intruders"), otherAccount, lockNotAsked, cleanNotSeen],
};
