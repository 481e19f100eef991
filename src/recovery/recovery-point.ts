import {
  type DBClusterSnapshot,
  DBClusterSnapshotNotFoundFault,
  DescribeDBClusterSnapshotsCommand,
  type DescribeDBClusterSnapshotsCommandInput,
  type RDSClient,
} from "@aws-sdk/client-rds";
import { NoRecoveryPoint, PlanInvalid, SourceUnsupported } from "../errors.ts";
import type { RecoveryPoint } from "../plan/drill.ts";
import { drillOf } from "../plan/names.ts";

/** Of one cluster: 35 days of daily backups and 100 manual snapshots fit twice over; a page holds 100. */
const MAX_PAGES = 5;

export interface RecoveryPointChoice {
  readonly cluster: string;
  readonly region: string;
  /** `latest`, `automated`, `manual`, or a snapshot's identifier or ARN. */
  readonly wanted: string;
  /** Nothing newer than this is chosen: what was backed up after the failure is no way back from it. */
  readonly before: Date;
}

/**
 * The snapshot to restore from, of those of the stack's own account: the newest one available before the failure moment, or the one named.
 * Throws PlanInvalid for a snapshot of another cluster, NoRecoveryPoint saying what there was and why none of it will do, or SourceUnsupported
 * when there are too many to look at.
 */
export async function chooseRecoveryPoint(rds: RDSClient, choice: RecoveryPointChoice): Promise<RecoveryPoint> {
  const { cluster, region, wanted } = choice;
  const found = isKind(wanted)
    ? await everySnapshot(rds, `${cluster} in ${region} has`, {
        DBClusterIdentifier: cluster,
        ...(wanted === "latest" ? {} : { SnapshotType: wanted }),
      })
    : await snapshotNamed(rds, choice);
  return newestUsable(found, choice);
}

/** Whether the plan leaves open which snapshot it is. */
export const isKind = (wanted: string): boolean => wanted === "latest" || wanted === "automated" || wanted === "manual";

/**
 * Of the snapshots that were found, the newest one that will do.
 * Throws PlanInvalid for a named one of another cluster, or NoRecoveryPoint saying what there was and why none of it will do.
 */
export function newestUsable(found: readonly DBClusterSnapshot[], choice: RecoveryPointChoice): RecoveryPoint {
  const { wanted } = choice;
  const usable = found
    .filter(({ DBClusterSnapshotIdentifier: id }) => !isKind(wanted) || drillOf(id ?? "") === undefined)
    .filter(({ DBClusterIdentifier }) => DBClusterIdentifier === choice.cluster)
    .filter(({ Status }) => Status === "available")
    .filter(({ SnapshotCreateTime }) => SnapshotCreateTime !== undefined && SnapshotCreateTime <= choice.before)
    .sort(originalsFirst);
  const [newest] = usable;
  const [{ DBClusterIdentifier: of = choice.cluster } = {}] = isKind(wanted) ? [] : found;
  if (of !== choice.cluster)
    throw new PlanInvalid(
      `recoveryPoint is "${wanted}", a snapshot of "${of}" and not of source.cluster "${choice.cluster}". Name one of its own snapshots, or latest.`,
    );
  if (newest === undefined) throw new NoRecoveryPoint(explainNone(choice, found));
  return recoveryPointOf(newest, choice);
}

/** A copy tells the time of its copying, so an old backup copied today would pass for today's: any original outranks any copy. */
function originalsFirst(a: DBClusterSnapshot, b: DBClusterSnapshot): number {
  return Number(isCopy(a)) - Number(isCopy(b)) || Number(b.SnapshotCreateTime) - Number(a.SnapshotCreateTime);
}

export const isCopy = ({ SourceDBClusterSnapshotArn: source }: DBClusterSnapshot): boolean =>
  source !== undefined && source !== "";

/**
 * All that RDS lists of it. `what` begins the message of SourceUnsupported, thrown when there are too many to look at: RDS lists them in no
 * order, so the newest of some is not the latest.
 */
export async function everySnapshot(
  rds: RDSClient,
  what: string,
  asked: Pick<DescribeDBClusterSnapshotsCommandInput, "DBClusterIdentifier" | "SnapshotType">,
  maxPages = MAX_PAGES,
): Promise<DBClusterSnapshot[]> {
  const found: DBClusterSnapshot[] = [];
  let marker: string | undefined;
  for (let page = 0; page < maxPages; page++) {
    const answer = await rds.send(
      new DescribeDBClusterSnapshotsCommand({ ...asked, ...(marker === undefined ? {} : { Marker: marker }) }),
    );
    found.push(...(answer.DBClusterSnapshots ?? []));
    marker = answer.Marker;
    if (marker === undefined) return found;
  }
  throw new SourceUnsupported(
    `${what} more snapshots than ${maxPages} pages of RDS hold (${found.length} were listed), so which is the latest is not known. Delete old ones, or name the recovery point by its identifier.`,
  );
}

export async function snapshotNamed(
  rds: RDSClient,
  { wanted }: Pick<RecoveryPointChoice, "wanted">,
): Promise<DBClusterSnapshot[]> {
  try {
    const answer = await rds.send(
      new DescribeDBClusterSnapshotsCommand({ DBClusterSnapshotIdentifier: wanted, ...typeOf(wanted) }),
    );
    return answer.DBClusterSnapshots ?? [];
  } catch (error) {
    if (error instanceof DBClusterSnapshotNotFoundFault) return [];
    throw error;
  }
}

/** "If this identifier is for an automated snapshot, the SnapshotType parameter must also be specified", and `awsbackup` is not the default. */
function typeOf(wanted: string): { SnapshotType?: string } {
  const [, prefix] = /(?:^|:)(rds|awsbackup):[^:]+$/.exec(wanted) ?? [];
  if (prefix === undefined) return {};
  return { SnapshotType: prefix === "rds" ? "automated" : prefix };
}

function explainNone(
  { cluster, region, wanted, before }: RecoveryPointChoice,
  found: readonly DBClusterSnapshot[],
): string {
  const isNamed = !isKind(wanted);
  if (isNamed && found.length === 0)
    return `There is no cluster snapshot ${wanted}, which was to be restored. It may have expired or been deleted, or its name is misspelt: look for ${cluster}'s snapshots in ${region}.`;
  const kind = wanted === "latest" ? "automated or manual" : wanted;
  if (found.length === 0)
    return `${cluster} in ${region} has no ${kind} cluster snapshot: there is nothing to recover it from. Turn on automated backups or take a snapshot.`;
  const states = found.map(
    ({ DBClusterSnapshotIdentifier: id, DBClusterIdentifier: of, Status, SnapshotCreateTime }) =>
      `${id} is ${Status}, of ${of} at ${SnapshotCreateTime?.toISOString() ?? "an unknown time"}`,
  );
  if (isNamed)
    return `${wanted} can not be restored for ${cluster}: it is to be an available snapshot of that cluster from before ${before.toISOString()}, but ${states[0]}.`;
  return `${cluster} in ${region} has no ${kind} cluster snapshot that is available and from before ${before.toISOString()}: ${states.slice(0, 5).join("; ")}.`;
}

export function recoveryPointOf(
  snapshot: DBClusterSnapshot,
  { region, before }: Pick<RecoveryPointChoice, "region" | "before">,
): RecoveryPoint {
  const createdAt = snapshot.SnapshotCreateTime ?? before;
  const arn = snapshot.DBClusterSnapshotArn ?? "";
  return {
    arn,
    id: snapshot.DBClusterSnapshotIdentifier ?? "",
    kind: kindOf(snapshot.SnapshotType),
    region: arn.split(":")[3] ?? region,
    createdAt: createdAt.toISOString(),
    ...(isCopy(snapshot) ? { copiedFrom: snapshot.SourceDBClusterSnapshotArn } : {}),
    ageSeconds: (before.getTime() - createdAt.getTime()) / 1000,
    engine: snapshot.Engine ?? "",
    engineVersion: snapshot.EngineVersion ?? "",
    ...(snapshot.DbClusterResourceId === undefined ? {} : { clusterResourceId: snapshot.DbClusterResourceId }),
    sizeGib: snapshot.AllocatedStorage ?? 0,
    storageEncryption: encryptionOf(snapshot),
    ...(snapshot.KmsKeyId === undefined ? {} : { kmsKeyArn: snapshot.KmsKeyId }),
  };
}

function kindOf(type: string | undefined): RecoveryPoint["kind"] {
  return type === "automated" || type === "awsbackup" ? type : "manual";
}

/** `sse-rds` clusters say `StorageEncrypted: false` and are encrypted all the same, so the type decides where RDS gives one. */
export function encryptionOf({
  StorageEncryptionType,
  StorageEncrypted,
}: Pick<DBClusterSnapshot, "StorageEncryptionType" | "StorageEncrypted">): RecoveryPoint["storageEncryption"] {
  if (StorageEncryptionType === "sse-kms" || StorageEncryptionType === "sse-rds") return StorageEncryptionType;
  return StorageEncrypted ? "sse-kms" : "none";
}
