import { secondsBetween } from "../recovery/pacing.ts";
import { formatDuration } from "../verdict/duration.ts";
import type { BackupFact, BackupFactName } from "./backup-survey.ts";
import { judgeDeletions } from "./judge-deletions.ts";
import { judgeSize } from "./judge-size.ts";
import { judgeSuccess } from "./judge-success.ts";
import { type BackupsJudged, type Finding, newestFirst, newestOf, notKnown, withoutCluster } from "./judged.ts";
import type { SeenCluster } from "./look-at-backups.ts";

const JUDGES: Readonly<Record<BackupFactName, (judged: BackupsJudged) => Finding>> = {
  newest: judgeNewest,
  automated: judgeAutomated,
  retention: judgeRetention,
  success: judgeSuccess,
  deletions: judgeDeletions,
  encryption: judgeEncryption,
  copy: judgeCopy,
  size: judgeSize,
};

/** All that is asked of the backups of a database, in the order of BACKUP_FACTS. */
export function judgeBackups(judged: BackupsJudged): BackupFact[] {
  // The keys of a record that names each once, in the order in which they are written.
  return (Object.keys(JUDGES) as BackupFactName[]).map((fact) => ({ fact, ...JUDGES[fact](judged) }));
}

const hoursOf = (seconds: number): number => Math.round(seconds / 360) / 10;

/** For how long after its window a backup may still be made. */
const WINDOW_MARGIN_MINUTES = 30;
/** The last one was made at any time of a window of at most an hour or two: until today's is there, it is older than a day. */
const WINDOW_ALLOWANCE_SECONDS = 3600;

function judgeNewest({ at, policy, seen }: BackupsJudged): Finding {
  const wanted = `at most ${formatDuration(policy.newestSeconds)}`;
  const newest = newestOf(seen);
  if (newest === undefined) {
    const what =
      seen.points.length === 0 ? "no recovery point at all" : `none of ${seen.points.length} can be restored`;
    return { state: "wrong", observed: "none", wanted, sentence: `There is nothing to recover it from: ${what}.` };
  }
  const ageSeconds = secondsBetween(newest.createdAt, at);
  const allowance = newest.kind === "automated" && isInWindow(seen.cluster, at) ? WINDOW_ALLOWANCE_SECONDS : 0;
  const age = formatDuration(Math.max(0, ageSeconds));
  const sentence = `The newest recovery point, ${newest.id}, is ${age} old`;
  const observed = { observed: age, wanted, value: hoursOf(ageSeconds) };
  const copied = newest.copiedFrom === undefined ? "" : " as a copy, and what is in it is older";
  if (ageSeconds <= policy.newestSeconds + allowance)
    return { state: "ok", ...observed, sentence: `${sentence}${copied}.` };
  return {
    state: "wrong",
    ...observed,
    sentence: `${sentence}${copied}; it may be ${formatDuration(policy.newestSeconds)} old${standing(seen.cluster)}.`,
  };
}

/** A cluster that stands still is not backed up. */
const standing = (cluster: SeenCluster | undefined): string =>
  cluster === undefined || cluster.status === "available" ? "" : `, and the cluster is ${cluster.status}`;

function isInWindow(cluster: SeenCluster | undefined, at: Date): boolean {
  const [, ...parts] = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(cluster?.backupWindow ?? "") ?? [];
  const [fromHour, fromMinute = 0, toHour, toMinute = 0] = parts.map(Number);
  if (fromHour === undefined || toHour === undefined) return false;
  const from = fromHour * 60 + fromMinute;
  const length = (toHour * 60 + toMinute - from + 1440) % 1440;
  const now = at.getUTCHours() * 60 + at.getUTCMinutes();
  return (now - from + 1440) % 1440 <= length + WINDOW_MARGIN_MINUTES;
}

function judgeAutomated({ at, policy, seen }: BackupsJudged): Finding {
  const wanted = "on";
  const { cluster } = seen;
  if (cluster === undefined) return notKnown(wanted, withoutCluster(seen));
  if (cluster.retentionDays === 0)
    return { state: "wrong", observed: "off", wanted, sentence: "Automated backups are off: nothing is kept of it." };
  if (cluster.restorableAt === undefined)
    return { state: "ok", observed: "on", wanted, sentence: "Automated backups are on." };
  const behindSeconds = Math.max(0, secondsBetween(cluster.restorableAt, at));
  const behind = formatDuration(behindSeconds);
  const value = hoursOf(behindSeconds);
  if (behindSeconds <= policy.newestSeconds)
    return {
      state: "ok",
      observed: "on",
      wanted,
      value,
      sentence: `Automated backups are on: it can be restored to a moment ${behind} ago.`,
    };
  return {
    state: "wrong",
    observed: `stands still for ${behind}`,
    wanted,
    value,
    sentence: `Automated backups are on and get no further: the newest moment to restore to is ${behind} ago${standing(cluster)}.`,
  };
}

function judgeRetention({ policy: { retentionDays }, seen }: BackupsJudged): Finding {
  const wanted = `at least ${retentionDays} d`;
  if (seen.cluster === undefined) return notKnown(wanted, withoutCluster(seen));
  const { retentionDays: value } = seen.cluster;
  const sentence = `Automated backups are kept for ${value} d`;
  const isLongEnough = value >= retentionDays;
  return {
    state: isLongEnough ? "ok" : "wrong",
    observed: `${value} d`,
    wanted,
    value,
    sentence: isLongEnough ? `${sentence}.` : `${sentence}; the plan wants ${retentionDays} d.`,
  };
}

function judgeEncryption({ policy, seen }: BackupsJudged): Finding {
  const allowed = policy.encryption === "kms" ? ["sse-kms"] : ["sse-kms", "sse-rds"];
  const wanted = allowed.join(" or ");
  const { cluster, points, copies = [] } = seen;
  const all = [...(cluster === undefined ? [] : [cluster]), ...points, ...copies];
  if (all.length === 0) return notKnown(wanted, "There is neither a cluster nor a recovery point to look at.");
  const observed = [...new Set(all.map(({ encryption }) => encryption))].sort().join(", ");
  const bare = [...points, ...copies].filter(({ encryption }) => !allowed.includes(encryption));
  const [first] = bare;
  const how = policy.encryption === "kms" ? "encrypted by a KMS key" : "encrypted";
  const wrong = [
    ...(cluster === undefined || allowed.includes(cluster.encryption) ? [] : [`the database is not ${how}`]),
    ...(first === undefined ? [] : [`not ${how}: ${bare.length} of its recovery points, such as ${first.id}`]),
  ].join("; ");
  const value = bare.length;
  if (wrong !== "") return { state: "wrong", observed, wanted, value, sentence: `${capitalised(wrong)}.` };
  const what = seen.account === undefined ? "Database and recovery points are" : "What is shared is";
  return { state: "ok", observed, wanted, value, sentence: `${what} encrypted: ${observed}.` };
}

const capitalised = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** A copy can be begun only when its original is there, so that it may be as old twice. */
const COPY_MAY_BE_OLDER = 2;

function judgeCopy({ at, policy, seen }: BackupsJudged): Finding {
  const { copyIn } = policy;
  if (copyIn === undefined)
    return {
      state: "not-asked",
      observed: "not asked",
      wanted: "none",
      sentence: "The plan wants no copy in another region.",
    };
  const maxSeconds = policy.newestSeconds * COPY_MAY_BE_OLDER;
  const wanted = `in ${copyIn}, at most ${formatDuration(maxSeconds)} old`;
  if (seen.copies === undefined) return notKnown(wanted, `${copyIn} did not answer.`);
  const [newest] = newestFirst(seen.copies);
  if (newest === undefined)
    return {
      state: "wrong",
      observed: "none",
      wanted,
      sentence: `There is no copy in ${copyIn} that can be restored: whoever loses the source's region loses the database.`,
    };
  // Where the original is still listed, what is in the copy is as old as that.
  const original = seen.points.find(({ arn }) => arn === newest.copiedFrom);
  const ageSeconds = Math.max(0, secondsBetween((original ?? newest).createdAt, at));
  const age = formatDuration(ageSeconds);
  const isNewEnough = ageSeconds <= maxSeconds;
  const sentence = `The newest copy in ${copyIn}, ${newest.id}, is ${age} old`;
  return {
    state: isNewEnough ? "ok" : "wrong",
    observed: age,
    wanted,
    value: hoursOf(ageSeconds),
    sentence: isNewEnough ? `${sentence}.` : `${sentence}; it may be ${formatDuration(maxSeconds)} old.`,
  };
}
