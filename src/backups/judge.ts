import { secondsBetween } from "../recovery/pacing.ts";
import { formatDuration } from "../verdict/duration.ts";
import type { BackupFact, BackupFactName } from "./backup-survey.ts";
import { judgeDeletions } from "./judge-deletions.ts";
import { judgeNewest } from "./judge-newest.ts";
import { judgeSize } from "./judge-size.ts";
import { judgeSuccess } from "./judge-success.ts";
import {
  type BackupsJudged,
  type Finding,
  hoursOf,
  newestFirst,
  notKnown,
  standing,
  withoutCluster,
} from "./judged.ts";
import type { BackupAttempt, BackupsSeen } from "./look-at-backups.ts";

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
  const { retentionDays: own } = seen.cluster;
  const kept = keptByAwsBackup(seen.attempts ?? []);
  if (kept !== undefined && kept > own && (own < retentionDays || seen.cluster.isKeptByAwsBackup)) {
    const observed = kept === Number.POSITIVE_INFINITY ? "for good" : `${kept} d`;
    return held(
      kept,
      observed,
      `AWS Backup keeps what it makes ${kept === Number.POSITIVE_INFINITY ? "for good" : `for ${observed}`}, automated backups are kept for ${own} d`,
    );
  }
  return held(own, `${own} d`, `Automated backups are kept for ${own} d`);

  function held(value: number, observed: string, sentence: string): Finding {
    const isLongEnough = value >= retentionDays;
    return {
      state: isLongEnough ? "ok" : "wrong",
      observed,
      wanted,
      // No number is "for good".
      ...(Number.isFinite(value) ? { value } : {}),
      sentence: isLongEnough ? `${sentence}.` : `${sentence}; the plan wants ${retentionDays} d.`,
    };
  }
}

/** Of each day the longest, and of those the shortest: hourly ones may go sooner where a daily one stays, and a monthly one stays longer. */
function keptByAwsBackup(attempts: readonly BackupAttempt[]): number | undefined {
  const longest = new Map<string, number>();
  for (const { at, state, keptDays } of attempts) {
    if (state !== "COMPLETED" || keptDays === undefined) continue;
    const day = at.toISOString().slice(0, 10);
    longest.set(day, Math.max(longest.get(day) ?? 0, keptDays === "for good" ? Number.POSITIVE_INFINITY : keptDays));
  }
  return longest.size === 0 ? undefined : Math.min(...longest.values());
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

const namesakes = ({ namesakes: others = [] }: BackupsSeen): string =>
  others.length === 0
    ? ""
    : ` What is listed there under its name is of another cluster: ${others.length}, such as ${others[0]?.id}.`;

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
      sentence: `There is no copy in ${copyIn} that can be restored: whoever loses the source's region loses the database.${namesakes(seen)}`,
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
