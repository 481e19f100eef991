import { secondsBetween } from "../recovery/pacing.ts";
import { formatDuration } from "../verdict/duration.ts";
import { allowanceMilliseconds, isDue, windowOf } from "./backup-window.ts";
import {
  type BackupsJudged,
  type DrilledKind,
  type Finding,
  foundByDrills,
  hoursOf,
  newestFirst,
  newestOf,
  notKnown,
  standing,
} from "./judged.ts";
import type { SeenPoint } from "./look-at-backups.ts";

/** The first automated backup is made in the first window. */
const FIRST_BACKUP_SECONDS = 86_400;

/** How old the newest is that drills find, of several plans the one that is worst off. What AWS Backup has beside it is said, and is no way back of theirs. */
export function judgeNewest(judged: BackupsJudged): Finding {
  const { at, policy, seen, drilled } = judged;
  const wanted = `at most ${formatDuration(policy.newestSeconds)}`;
  const found = drilled.map((kind) => ({ kind, newest: newestOf({ points: foundByDrills(seen.points, kind) }) }));
  const without = found.find(({ newest }) => newest === undefined);
  if (without !== undefined) return judgeNone(judged, wanted, without.kind);
  const [newest] = found.flatMap((each) => each.newest ?? []).sort((a, b) => Number(a.createdAt) - Number(b.createdAt));
  if (newest === undefined) return notKnown(wanted, "No plan says what its drills recover from.");
  const ageSeconds = secondsBetween(newest.createdAt, at);
  const window = windowOf(seen.cluster?.backupWindow);
  // Until today's is there, yesterday's is older than a day.
  const allowance = newest.kind === "automated" && isDue(window, at) ? allowanceMilliseconds(window) / 1000 : 0;
  const age = formatDuration(Math.max(0, ageSeconds));
  const copied = newest.copiedFrom === undefined ? "" : " as a copy, and what is in it is older";
  const sentence = `The newest recovery point, ${newest.id}, is ${age} old${copied}`;
  const isNewEnough = ageSeconds <= policy.newestSeconds + allowance;
  const limit = isNewEnough ? "" : `; it may be ${formatDuration(policy.newestSeconds)} old${standing(seen.cluster)}`;
  return {
    state: isNewEnough ? "ok" : "wrong",
    observed: age,
    wanted,
    value: hoursOf(ageSeconds),
    sentence: `${sentence}${limit}.${ofAwsBackup(judged)}`,
  };
}

function judgeNone(judged: BackupsJudged, wanted: string, kind: DrilledKind): Finding {
  const { at, seen } = judged;
  const { cluster, points } = seen;
  const existsSeconds = cluster?.createdAt === undefined ? undefined : secondsBetween(cluster.createdAt, at);
  if (existsSeconds !== undefined && existsSeconds < FIRST_BACKUP_SECONDS)
    return notKnown(
      wanted,
      `The cluster was made ${formatDuration(Math.max(0, existsSeconds))} ago, and its first recovery point may not be there yet.`,
    );
  const listed = foundByDrills(points, kind).length;
  const what =
    points.length === 0
      ? "no recovery point at all"
      : listed === 0
        ? `none that drills of \`${kind}\` find`
        : `none of ${listed} can be restored`;
  const moment = cluster?.restorableAt;
  const sentence =
    moment === undefined
      ? `There is nothing to recover it from: ${what}.`
      : `There is no snapshot to recover it from, ${what}: it can be restored to a point in time, the newest ${formatDuration(Math.max(0, secondsBetween(moment, at)))} ago, and no drill does that.`;
  return { state: "wrong", observed: "none", wanted, sentence: `${sentence}${ofAwsBackup(judged)}` };
}

/** Said apart: drills find it by its name alone. */
function ofAwsBackup({ at, seen }: BackupsJudged): string {
  const [newest]: readonly SeenPoint[] = newestFirst(seen.points.filter(({ isListedApart }) => isListedApart));
  return newest === undefined
    ? ""
    : ` AWS Backup has ${newest.id}, ${formatDuration(Math.max(0, secondsBetween(newest.createdAt, at)))} old, which drills find by that name alone.`;
}
