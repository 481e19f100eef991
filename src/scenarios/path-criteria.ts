import type { Report } from "../evidence/report.ts";
import { momentWords } from "../page/words.ts";
import type { Drill } from "../plan/drill.ts";
import { accountOf } from "../plan/names.ts";
import type { DrillScenario, ScenarioName, SetAside } from "../plan/scenario.ts";
import { formatDuration } from "../verdict/duration.ts";
import { type Criterion, criterion, metIf } from "./criterion.ts";

interface Held extends Pick<Report, "checks"> {
  readonly drill: Drill;
  readonly exercise: DrillScenario;
}

/** What makes the exercise one, held against what was really used; nothing of a drill that was not planned. */
export function pathCriteria({ drill, checks }: Report, scenario: ScenarioName): Criterion[] {
  const exercise = drill?.scenario;
  if (drill === undefined || exercise === undefined) return [];
  return CRITERIA[scenario].map((judge) => judge({ drill, exercise, checks }));
}

const POINT = "report.json: drill.recoveryPoint";

/** By the recovery point's own time, and by the newest moment in the data where a check saw one. */
const fromBefore =
  (what: string) =>
  ({ drill, checks }: Held): Criterion => {
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
    return criterion(
      `It is from before ${what}`,
      metIf(isBefore),
      `${made}; the moment is ${momentWords(failureMoment)}${seen}`,
      POINT,
    );
  };

/** The later steps ask the sandbox's region alone; a copy would be asked for where the recovery point is. */
function regionUnused({ drill, exercise }: Held): Criterion {
  const { lostRegion = drill.source.region, asked } = exercise;
  const used = [
    ...asked.filter((each) => each.endsWith(` ${lostRegion}`)),
    ...[drill.recoveryPoint.region, drill.sandbox.region].filter((region) => region === lostRegion),
  ];
  const observed =
    used.length === 0
      ? `Planning asked ${asked.join(", ")}; recovery point and sandbox are in ${drill.sandbox.region}.`
      : `Used: ${used.join(", ")}.`;
  return criterion(
    `Nothing in ${lostRegion} was asked or used`,
    metIf(used.length === 0),
    observed,
    "report.json: drill.scenario.asked, drill.recoveryPoint, drill.sandbox",
  );
}

function outlives({ drill: { recoveryPoint }, exercise }: Held): Criterion {
  const isOwn = recoveryPoint.kind !== "automated";
  const observed = isOwn
    ? `${recoveryPoint.kind} snapshot, which stays. ${notCounted(exercise.setAside)}`
    : "RDS's own snapshot, which goes with the cluster unless it is retained.";
  return criterion("It outlives the cluster", metIf(isOwn), observed, `${POINT}.kind, drill.scenario.setAside`);
}

const notCounted = (all: readonly SetAside[]): string =>
  all.length === 0
    ? "Nothing had to be left out."
    : `Not counted: ${all.map(({ why, count, newest }) => `${count} ${why}, the newest of ${momentWords(newest.createdAt)}`).join("; ")}.`;

const momentNotExercised = ({ drill: { recoveryPoint } }: Held): Criterion =>
  criterion(
    "It can be restored to a moment",
    "unknown",
    `Not exercised: this version restores snapshots. Data of up to ${formatDuration(recoveryPoint.ageSeconds)} before the deletion is lost with them alone.`,
    POINT,
  );

function otherKey({ drill: { recoveryPoint, source }, exercise: { sourceKmsKeyArn: own, setAside } }: Held): Criterion {
  const key = recoveryPoint.kmsKeyArn;
  const isOther = key !== undefined && key !== own;
  const against =
    own === undefined
      ? `the key of ${source.cluster} was not to be known, or there is none`
      : `${source.cluster} is under ${own}`;
  return criterion(
    "It is under another key than the cluster",
    metIf(isOther),
    `Under ${key ?? "no key"}; ${against}. ${notCounted(setAside)}`,
    `${POINT}.kmsKeyArn, drill.scenario.sourceKmsKeyArn`,
  );
}

/** Who has the account of the source can delete what is in it, whatever key it is under. */
function otherAccount({ drill: { recoveryPoint, source } }: Held): Criterion {
  const [at, of] = [accountOf(recoveryPoint.arn), accountOf(source.clusterArn)];
  const observed =
    at === of ? `Both are in ${of}: who has that account can delete the copy.` : `In ${at}; the cluster is in ${of}.`;
  return criterion("It is in another account than the cluster", metIf(at !== of), observed, `${POINT}.arn`);
}

const lockNotAsked = (): Criterion =>
  criterion(
    "Nobody could have deleted it",
    "unknown",
    "Not asked: locks of vaults, and who may delete the copy or its key.",
    "docs/scenarios.md",
  );

const cleanNotSeen = (): Criterion =>
  criterion(
    "What came back is free of the intruders",
    "unknown",
    "Nothing looks for malware: it rests on the moment alone.",
    "docs/scenarios.md",
  );

const CRITERIA: Readonly<Record<ScenarioName, readonly ((held: Held) => Criterion)[]>> = {
  corruption: [fromBefore("the damage")],
  "region-lost": [regionUnused, fromBefore("the loss")],
  "accidental-deletion": [outlives, fromBefore("the deletion"), momentNotExercised],
  ransomware: [otherKey, fromBefore("the intruders"), otherAccount, lockNotAsked, cleanNotSeen],
};
