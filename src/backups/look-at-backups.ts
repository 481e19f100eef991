import { type BackupClient, type BackupJob, paginateListBackupJobs } from "@aws-sdk/client-backup";
import type { DBCluster, DBClusterSnapshot, RDSClient } from "@aws-sdk/client-rds";
import { readPages } from "../aws/pages.ts";
import type { RecoveryPoint } from "../plan/drill.ts";
import { drillOf } from "../plan/names.ts";
import { findCluster } from "../recovery/describe.ts";
import { encryptionOf, everySnapshot } from "../recovery/recovery-point.ts";
import { snapshotsSharedBy } from "../recovery/shared-origin.ts";

/** One recovery point, as RDS lists it. Those that drills made are none. */
export interface SeenPoint {
  readonly id: string;
  readonly arn: string;
  readonly kind: RecoveryPoint["kind"];
  readonly status: string;
  readonly createdAt: Date;
  readonly sizeGib: number;
  readonly encryption: RecoveryPoint["storageEncryption"];
  /** The ARN of its original: its own time is that of copying. */
  readonly copiedFrom?: string;
}

/** One time that AWS Backup backed the database up, or tried to. */
export interface BackupAttempt {
  readonly at: Date;
  readonly state: string;
  readonly recoveryPointArn?: string;
  /** For how long it keeps what it made; absent where it does not say. */
  readonly keptDays?: number | "for good";
}

/** What RDS says of the cluster itself. */
export interface SeenCluster {
  readonly status: string;
  readonly createdAt: Date | undefined;
  readonly retentionDays: number;
  readonly encryption: RecoveryPoint["storageEncryption"];
  /** AWS Backup makes its continuous backup, and says what is kept of it. */
  readonly isKeptByAwsBackup: boolean;
  /** In UTC, as `04:00-04:30`. */
  readonly backupWindow: string | undefined;
  /** The newest moment that it could be restored to. */
  readonly restorableAt: Date | undefined;
}

/** What there is to know of the backups of one database. */
export interface BackupsSeen {
  /** Another account's, of which only what it shares is seen. */
  readonly account?: string;
  /** Absent where it is gone, or another account's. */
  readonly cluster?: SeenCluster;
  /** In its own region. */
  readonly points: readonly SeenPoint[];
  /** In the region that the plan names; absent where it names none, or that did not answer. */
  readonly copies?: readonly SeenPoint[];
  /** Of the last seven days; absent where AWS Backup did not answer. */
  readonly attempts?: readonly BackupAttempt[];
  /** The regions that were asked and answered, its own first. */
  readonly answered: readonly string[];
  /** What did not answer, a sentence each. */
  readonly failures: readonly string[];
}

export interface BackupClients {
  readonly rds: (region: string) => RDSClient;
  readonly backup: (region: string) => BackupClient;
}

export interface LookedAt {
  readonly region: string;
  readonly cluster: string;
  /** Its owner, where that is not the stack's account. */
  readonly account?: string;
  readonly copyIn?: string;
}

export const COUNTED_DAYS = 7;
const DAY_MILLISECONDS = 86_400_000;
/** As many as AWS Backup gives in one answer: a week of hourly backups by six plans. */
const JOBS_PAGE = 1000;

/**
 * Asks RDS and AWS Backup what they have of the database. Throws what RDS answers in the database's own region; what else does not answer is in
 * `failures`.
 */
export async function lookAtBackups(clients: BackupClients, database: LookedAt, at: Date): Promise<BackupsSeen> {
  const { region, cluster: name, account, copyIn } = database;
  const failures: string[] = [];
  const failed = (what: string) => (error: unknown) => {
    failures.push(`${what} can not be asked: ${reasonOf(error)}.`);
    return undefined;
  };
  const copies =
    copyIn === undefined
      ? undefined
      : await ownPoints(clients.rds(copyIn), name, copyIn).catch(failed(`RDS in ${copyIn}`));
  const answered = [region, ...(copyIn === undefined || copies === undefined ? [] : [copyIn])];
  if (account !== undefined) {
    const shared = await snapshotsSharedBy(clients.rds(region), account, region);
    const points = shared.filter(({ DBClusterIdentifier: of }) => of === name).flatMap(pointOf);
    return { account, points, ...(copies && { copies }), answered, failures };
  }
  const rds = clients.rds(region);
  const cluster = await findCluster(rds, name);
  if (cluster === undefined) failures.push(`There is no cluster ${name} any more in ${region}.`);
  const points = await ownPoints(rds, name, region);
  const attempts =
    cluster === undefined
      ? undefined
      : await attemptsOf(clients.backup(region), cluster, at).catch(failed(`AWS Backup in ${region}`));
  return {
    ...(cluster && { cluster: clusterSeen(cluster) }),
    points,
    ...(copies && { copies }),
    ...(attempts && { attempts }),
    answered,
    failures,
  };
}

/**
 * Those of AWS Backup are listed only when they are asked for. The API's reference wants the name of an existing cluster, and RDS lists copies in
 * another region, and what a deleted cluster left, by the name that they carry: UNVERIFIED. Where it refuses that, the survey says so.
 */
async function ownPoints(rds: RDSClient, cluster: string, region: string): Promise<SeenPoint[]> {
  const what = `${cluster} in ${region} has`;
  const asked = { DBClusterIdentifier: cluster };
  const own = await everySnapshot(rds, what, asked);
  const awsbackup = await everySnapshot(rds, what, { ...asked, SnapshotType: "awsbackup" });
  return [...own, ...awsbackup].flatMap(pointOf);
}

/** One that is still being made may have no time yet. */
function pointOf(snapshot: DBClusterSnapshot): SeenPoint[] {
  const { DBClusterSnapshotIdentifier: id, SnapshotCreateTime: createdAt, SnapshotType: type } = snapshot;
  const { SourceDBClusterSnapshotArn: source } = snapshot;
  if (id === undefined || createdAt === undefined || drillOf(id) !== undefined) return [];
  return [
    {
      id,
      arn: snapshot.DBClusterSnapshotArn ?? "",
      kind: type === "automated" || type === "awsbackup" ? type : "manual",
      status: snapshot.Status ?? "unknown",
      createdAt,
      sizeGib: snapshot.AllocatedStorage ?? 0,
      encryption: encryptionOf(snapshot),
      ...(source === undefined || source === "" ? {} : { copiedFrom: source }),
    },
  ];
}

const clusterSeen = (cluster: DBCluster): SeenCluster => ({
  status: cluster.Status ?? "unknown",
  createdAt: cluster.ClusterCreateTime,
  retentionDays: cluster.BackupRetentionPeriod ?? 0,
  encryption: encryptionOf(cluster),
  isKeptByAwsBackup: cluster.AwsBackupRecoveryPointArn !== undefined,
  backupWindow: cluster.PreferredBackupWindow,
  restorableAt: cluster.LatestRestorableTime,
});

async function attemptsOf(backup: BackupClient, cluster: DBCluster, at: Date): Promise<BackupAttempt[]> {
  const asked = {
    ByResourceArn: cluster.DBClusterArn ?? "",
    ByCreatedAfter: new Date(at.getTime() - COUNTED_DAYS * DAY_MILLISECONDS),
  };
  const { found, isCutOff } = await readPages(
    paginateListBackupJobs({ client: backup, pageSize: JOBS_PAGE }, asked),
    ({ BackupJobs = [] }) => BackupJobs.map((job) => attemptOf(job, at)),
  );
  if (isCutOff) throw new Error("it has more jobs of one week than can be listed");
  return found;
}

function attemptOf(job: BackupJob, at: Date): BackupAttempt {
  const { CreationDate, State, RecoveryPointArn, RecoveryPointLifecycle: kept } = job;
  // Without a number, or with -1, nothing is deleted.
  const days = kept?.DeleteAfterDays ?? -1;
  return {
    at: CreationDate ?? at,
    state: State ?? "unknown",
    ...(RecoveryPointArn === undefined ? {} : { recoveryPointArn: RecoveryPointArn }),
    ...(kept === undefined ? {} : { keptDays: days < 0 ? "for good" : days }),
  };
}

export const reasonOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
