import { allowanceMilliseconds, type BackupWindow, roundingMilliseconds, windowOf } from "./backup-window.ts";
import { type BackupsJudged, type Finding, notKnown, withoutCluster } from "./judged.ts";
import { type BackupAttempt, COUNTED_DAYS, type SeenCluster } from "./look-at-backups.ts";

const DAY_MILLISECONDS = 86_400_000;

/** What AWS Backup says of a job that made no whole recovery point. Others have not ended. */
const ENDED_BADLY = new Set(["FAILED", "ABORTED", "EXPIRED", "PARTIAL"]);

interface Share {
  readonly of: string;
  readonly made: number;
  readonly wanted: number;
}

/**
 * How many of the backups of the last seven days are there: of Aurora's own, one a day, by the gaps between them; of AWS Backup's by its jobs. Each
 * is counted for itself, and the worse one counts: a day without a backup does not disappear among a week of hourly jobs.
 */
export function judgeSuccess(judged: BackupsJudged): Finding {
  const { policy, seen } = judged;
  const wanted = `at least ${policy.successPercent} %`;
  if (seen.cluster === undefined) return notKnown(wanted, withoutCluster(seen));
  const shares = [...dailyShare(judged), ...jobsShare(seen.attempts ?? [])];
  const observed = shares.map(({ of, made, wanted: all }) => `${made} of ${all} ${of}`).join(", ");
  const value = Math.min(...shares.map(({ made, wanted: all }) => Math.round((made / all) * 1000) / 10));
  const sentence = `Of the backups of the last ${COUNTED_DAYS} d there are ${observed}`;
  if (shares.length > 0 && value < policy.successPercent)
    return { state: "wrong", observed, wanted, value, sentence: `${sentence}: ${value} %, and ${wanted} are wanted.` };
  if (seen.attempts === undefined)
    return notKnown(wanted, `${shares.length === 0 ? "" : `${sentence}. `}What AWS Backup made is not known.`);
  if (shares.length === 0) return notKnown(wanted, whyNone(seen.cluster));
  return { state: "ok", observed, wanted, value, sentence: `${sentence}.` };
}

function whyNone({ isKeptByAwsBackup, retentionDays }: SeenCluster): string {
  if (isKeptByAwsBackup)
    return `AWS Backup keeps its continuous backup, and no other job of it has ended in the last ${COUNTED_DAYS} d.`;
  if (retentionDays === 0) return "Automated backups are off, and AWS Backup made none.";
  return "No backup was due yet: it has been backed up for less than a day.";
}

function dailyShare(judged: BackupsJudged): Share[] {
  const { at, seen } = judged;
  const { cluster, points } = seen;
  if (cluster === undefined || cluster.isKeptByAwsBackup) return [];
  const made = points
    .filter(({ kind, status }) => kind === "automated" && status === "available")
    .map(({ createdAt }) => createdAt.getTime())
    .sort((a, b) => a - b);
  const from = countedFrom(judged, cluster, made[0]);
  const times = made.filter((time) => time >= from);
  const missed = missedDays(times, from, at.getTime(), windowOf(cluster.backupWindow));
  const wanted = times.length + missed;
  return wanted === 0 ? [] : [{ of: "daily ones", made: times.length, wanted }];
}

/**
 * Since when one a day has to be there: no longer than it exists, and than backups were kept at any of the last surveys. For as long as surveys do
 * not reach back over all of that, nobody knows how long they were kept before, and nothing before the oldest is missed.
 */
function countedFrom({ at, history }: BackupsJudged, cluster: SeenCluster, oldest: number | undefined): number {
  const begin = at.getTime() - COUNTED_DAYS * DAY_MILLISECONDS;
  const retentions = [...(history?.retention ?? []), { at: at.toISOString(), days: cluster.retentionDays }];
  const surveyed = Math.min(...retentions.map((then) => Date.parse(then.at)));
  return Math.max(
    begin,
    cluster.createdAt?.getTime() ?? 0,
    ...retentions.map((then) => Date.parse(then.at) - then.days * DAY_MILLISECONDS),
    ...(surveyed <= begin || oldest === undefined ? [] : [oldest]),
  );
}

/** Two that follow each other are a day apart, give or take their window; rounded down, for one that was moved makes a longer day once. */
function missedDays(times: readonly number[], from: number, at: number, window: BackupWindow | undefined): number {
  const [first] = times;
  const last = times.at(-1);
  if (first === undefined || last === undefined) return wholeDays(at - from);
  const between = times
    .slice(1)
    .map((time, index) => wholeDays(time - (times[index] ?? time) + roundingMilliseconds(window)) - 1);
  const missed = between.reduce((sum, each) => sum + Math.max(0, each), 0);
  return wholeDays(first - from) + missed + wholeDays(at - last - allowanceMilliseconds(window));
}

const wholeDays = (milliseconds: number): number => Math.max(0, Math.floor(milliseconds / DAY_MILLISECONDS));

function jobsShare(attempts: readonly BackupAttempt[]): Share[] {
  const made = attempts.filter(({ state }) => state === "COMPLETED").length;
  const wanted = made + attempts.filter(({ state }) => ENDED_BADLY.has(state)).length;
  return wanted === 0 ? [] : [{ of: "by AWS Backup", made, wanted }];
}
