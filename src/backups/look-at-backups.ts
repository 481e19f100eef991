import { type BackupClient, type BackupJob, paginateListBackupJobs } from "@aws-sdk/client-backup";
import { type DBCluster, type DBClusterSnapshot, DescribeDBClustersCommand, type RDSClient } from "@aws-sdk/client-rds";
import { readPages } from "../aws/pages.ts";
import type { RecoveryPoint } from "../plan/drill.ts";
import { drillOf } from "../plan/names.ts";
import { findCluster } from "../recovery/describe.ts";
import { regionOf } from "../recovery/origin.ts";
import { encryptionOf, everySnapshot } from "../recovery/recovery-point.ts";
import type { RegionsAsked } from "./regions-asked.ts";

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
  /** Of the cluster that it was made of, whatever that is called. */
  readonly clusterResourceId?: string;
  /** RDS lists it only when AWS Backup's are asked for: a drill of `latest` does not find it. */
  readonly isListedApart?: true;
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
  /** It stays when the cluster is renamed. */
  readonly resourceId?: string;
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
  /** What the cluster that is gone is called now. */
  readonly renamedTo?: string;
  /** In its own region. */
  readonly points: readonly SeenPoint[];
  /** In the region that the plan names; absent where it names none, or that did not answer. */
  readonly copies?: readonly SeenPoint[];
  /** What is listed there under the same name and is of another cluster: no copy of this one. */
  readonly namesakes?: readonly SeenPoint[];
  /** Of the last seven days; absent where AWS Backup did not answer. */
  readonly attempts?: readonly BackupAttempt[];
  /** The regions that were asked and answered, its own first. */
  readonly answered: readonly string[];
  /** What did not answer, a sentence each. */
  readonly failures: readonly string[];
}

export interface LookedAt {
  readonly region: string;
  readonly cluster: string;
  /** Its owner, where that is not the stack's account. */
  readonly account?: string;
  readonly copyIn?: string;
  /** Of the cluster at the last survey: what it was, where it is gone. */
  readonly knownResourceId?: string;
}

export const COUNTED_DAYS = 7;
const DAY_MILLISECONDS = 86_400_000;
/** As many as AWS Backup gives in one answer: a week of hourly backups by six plans. */
const JOBS_PAGE = 1000;

/**
 * Asks RDS and AWS Backup what they have of the database. Throws what RDS answers in the database's own region; what else does not answer is in
 * `failures`.
 */
export async function lookAtBackups(asked: RegionsAsked, database: LookedAt, at: Date): Promise<BackupsSeen> {
  const { region, cluster: name, account, copyIn } = database;
  const failures: string[] = [];
  const failed = (what: string) => (error: unknown) => {
    failures.push(`${what} can not be asked: ${reasonOf(error)}.`);
    return undefined;
  };
  const elsewhere =
    copyIn === undefined
      ? undefined
      : await asked.rds(copyIn, (rds) => ownPoints(rds, name, copyIn)).catch(failed(`RDS in ${copyIn}`));
  const answered = [region, ...(copyIn === undefined || elsewhere === undefined ? [] : [copyIn])];
  if (account !== undefined) {
    const shared = await asked.sharedBy(account, region);
    const points = shared.filter(({ DBClusterIdentifier: of }) => of === name).flatMap(pointOf);
    const ids = points.map(({ clusterResourceId }) => clusterResourceId);
    return {
      account,
      points,
      ...copiesAmong(elsewhere, region, [...ids, database.knownResourceId]),
      answered,
      failures,
    };
  }
  const cluster = await asked.rds(region, (rds) => findCluster(rds, name));
  const renamedTo = cluster === undefined ? await nameNow(asked, database) : undefined;
  if (cluster === undefined)
    failures.push(
      `There is no cluster ${name} any more in ${region}${renamedTo === undefined ? "" : `: it was renamed, and is ${renamedTo} now. Name that in its plan`}.`,
    );
  const points = await asked.rds(region, (rds) => ownPoints(rds, name, region));
  const attempts =
    cluster === undefined
      ? undefined
      : await asked
          .backup(region, (backup) => attemptsOf(backup, cluster, at))
          .catch(failed(`AWS Backup in ${region}`));
  return {
    ...(cluster && { cluster: clusterSeen(cluster) }),
    ...(renamedTo === undefined ? {} : { renamedTo }),
    points,
    ...copiesAmong(elsewhere, region, [cluster?.DbClusterResourceId ?? database.knownResourceId]),
    ...(attempts && { attempts }),
    answered,
    failures,
  };
}

/**
 * Two clusters of two regions may have one name, and each has snapshots of its own in the other's region of copies. A copy says that it is of this
 * cluster, or that its original is in this region; that RDS keeps the resource id when it copies is nowhere promised, so either will do. An automated
 * one is never a copy.
 */
function copiesAmong(
  listed: readonly SeenPoint[] | undefined,
  region: string,
  ids: readonly (string | undefined)[],
): Pick<BackupsSeen, "copies" | "namesakes"> {
  if (listed === undefined) return {};
  const isCopy = ({ kind, clusterResourceId, copiedFrom }: SeenPoint): boolean =>
    kind !== "automated" &&
    ((clusterResourceId !== undefined && ids.includes(clusterResourceId)) || regionOf(copiedFrom ?? "") === region);
  const namesakes = listed.filter((point) => !isCopy(point));
  return { copies: listed.filter(isCopy), ...(namesakes.length === 0 ? {} : { namesakes }) };
}

/** Renaming keeps the resource id. That nobody can say is no trouble of its own: the cluster is missing either way. */
async function nameNow(asked: RegionsAsked, { region, knownResourceId }: LookedAt): Promise<string | undefined> {
  if (knownResourceId === undefined) return undefined;
  const Filters = [{ Name: "db-cluster-resource-id", Values: [knownResourceId] }];
  const answer = await asked
    .rds(region, (rds) => rds.send(new DescribeDBClustersCommand({ Filters })))
    .catch(() => undefined);
  return answer?.DBClusters?.find(({ DbClusterResourceId: id }) => id === knownResourceId)?.DBClusterIdentifier;
}

/**
 * Without a type RDS lists automated and manual ones, as the API's reference has it; that it knows `awsbackup` of clusters is said of none, and is
 * seen in accounts: UNVERIFIED. What it lists both times is no other than what drills find. The reference wants the name of an existing cluster, and
 * RDS lists copies in another region, and what a deleted cluster left, by the name that they carry: UNVERIFIED. Where it refuses that, the survey
 * says so. https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusterSnapshots.html
 */
async function ownPoints(rds: RDSClient, cluster: string, region: string): Promise<SeenPoint[]> {
  const what = `${cluster} in ${region} has`;
  const asked = { DBClusterIdentifier: cluster };
  const own = (await everySnapshot(rds, what, asked)).flatMap(pointOf);
  const awsbackup = (await everySnapshot(rds, what, { ...asked, SnapshotType: "awsbackup" })).flatMap(pointOf);
  const found = new Set(own.map(({ arn }) => arn));
  return [
    ...own,
    ...awsbackup.filter(({ arn }) => !found.has(arn)).map((point) => ({ ...point, isListedApart: true as const })),
  ];
}

/** One that is still being made may have no time yet. */
function pointOf(snapshot: DBClusterSnapshot): SeenPoint[] {
  const { DBClusterSnapshotIdentifier: id, SnapshotCreateTime: createdAt, SnapshotType: type } = snapshot;
  const { SourceDBClusterSnapshotArn: source, DbClusterResourceId: clusterResourceId } = snapshot;
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
      ...(clusterResourceId === undefined ? {} : { clusterResourceId }),
    },
  ];
}

const clusterSeen = (cluster: DBCluster): SeenCluster => ({
  ...(cluster.DbClusterResourceId === undefined ? {} : { resourceId: cluster.DbClusterResourceId }),
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
