import { type BackupsJudged, type Finding, notKnown, withoutCluster } from "./judged.ts";
import { type BackupAttempt, COUNTED_DAYS } from "./look-at-backups.ts";

const DAY_MILLISECONDS = 86_400_000;
/** Today's may be made at the end of its window, and yesterday's was at its beginning. */
const LATE_MILLISECONDS = 2 * 3_600_000;

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
  if (shares.length === 0) return notKnown(wanted, "No backup was due yet: the cluster is younger than a day.");
  return { state: "ok", observed, wanted, value, sentence: `${sentence}.` };
}

/** Since when one a day has to be there: no longer than it exists, and than backups were kept at any of the last surveys. */
function dailyShare({ at, seen: { cluster, points }, history }: BackupsJudged): Share[] {
  if (cluster === undefined || cluster.isKeptByAwsBackup) return [];
  const retentions = [...(history?.retention ?? []), { at: at.toISOString(), days: cluster.retentionDays }];
  const from = Math.max(
    at.getTime() - COUNTED_DAYS * DAY_MILLISECONDS,
    cluster.createdAt?.getTime() ?? 0,
    ...retentions.map((then) => Date.parse(then.at) - then.days * DAY_MILLISECONDS),
  );
  const times = points
    .filter(({ kind, status }) => kind === "automated" && status === "available")
    .map(({ createdAt }) => createdAt.getTime())
    .filter((time) => time >= from)
    .sort((a, b) => a - b);
  const missed = missedDays(times, from, at.getTime());
  const wanted = times.length + missed;
  return wanted === 0 ? [] : [{ of: "daily ones", made: times.length, wanted }];
}

/** Two that follow each other are a day apart, give or take their window; twice that, and one is missing. */
function missedDays(times: readonly number[], from: number, at: number): number {
  const [first] = times;
  const last = times.at(-1);
  if (first === undefined || last === undefined) return wholeDays(at - from);
  const between = times
    .slice(1)
    .map((time, index) => Math.round((time - (times[index] ?? time)) / DAY_MILLISECONDS) - 1);
  const missed = between.reduce((sum, each) => sum + Math.max(0, each), 0);
  return wholeDays(first - from) + missed + wholeDays(at - last - LATE_MILLISECONDS);
}

const wholeDays = (milliseconds: number): number => Math.max(0, Math.floor(milliseconds / DAY_MILLISECONDS));

function jobsShare(attempts: readonly BackupAttempt[]): Share[] {
  const made = attempts.filter(({ state }) => state === "COMPLETED").length;
  const wanted = made + attempts.filter(({ state }) => ENDED_BADLY.has(state)).length;
  return wanted === 0 ? [] : [{ of: "by AWS Backup", made, wanted }];
}
