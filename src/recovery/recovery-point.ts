import {
  type DBClusterSnapshot,
  DBClusterSnapshotNotFoundFault,
  DescribeDBClusterSnapshotsCommand,
  type RDSClient,
} from "@aws-sdk/client-rds";
import { NoRecoveryPoint } from "../errors.ts";
import type { RecoveryPoint } from "../plan/drill.ts";
import { drillOf } from "../plan/names.ts";

/** 35 days of daily backups and 100 manual snapshots fit twice over; a page holds 100. */
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
 * The snapshot to restore from: the newest one available before the failure moment, or the one named.
 * Throws NoRecoveryPoint saying what there was and why none of it will do.
 */
export async function chooseRecoveryPoint(rds: RDSClient, choice: RecoveryPointChoice): Promise<RecoveryPoint> {
  const { wanted } = choice;
  const isKind = wanted === "latest" || wanted === "automated" || wanted === "manual";
  const found = isKind ? await snapshotsOf(rds, choice) : await snapshotNamed(rds, choice);
  const usable = found
    .filter(({ DBClusterSnapshotIdentifier: id }) => !isKind || drillOf(id ?? "") === undefined)
    .filter(({ DBClusterIdentifier }) => DBClusterIdentifier === choice.cluster)
    .filter(({ Status }) => Status === "available")
    .filter(({ SnapshotCreateTime }) => SnapshotCreateTime !== undefined && SnapshotCreateTime <= choice.before)
    .sort((a, b) => Number(b.SnapshotCreateTime) - Number(a.SnapshotCreateTime));
  const [newest] = usable;
  if (newest === undefined) throw new NoRecoveryPoint(explainNone(choice, found));
  return describe(newest, choice);
}

async function snapshotsOf(rds: RDSClient, { cluster, wanted }: RecoveryPointChoice): Promise<DBClusterSnapshot[]> {
  const found: DBClusterSnapshot[] = [];
  let marker: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await rds.send(
      new DescribeDBClusterSnapshotsCommand({
        DBClusterIdentifier: cluster,
        ...(wanted === "latest" ? {} : { SnapshotType: wanted }),
        ...(marker === undefined ? {} : { Marker: marker }),
      }),
    );
    found.push(...(answer.DBClusterSnapshots ?? []));
    marker = answer.Marker;
    if (marker === undefined) break;
  }
  return found;
}

async function snapshotNamed(rds: RDSClient, { wanted }: RecoveryPointChoice): Promise<DBClusterSnapshot[]> {
  try {
    const answer = await rds.send(new DescribeDBClusterSnapshotsCommand({ DBClusterSnapshotIdentifier: wanted }));
    return answer.DBClusterSnapshots ?? [];
  } catch (error) {
    if (error instanceof DBClusterSnapshotNotFoundFault) return [];
    throw error;
  }
}

function explainNone({ cluster, region, wanted, before }: RecoveryPointChoice, found: DBClusterSnapshot[]): string {
  const kind = wanted === "latest" ? "automated or manual" : wanted;
  if (found.length === 0)
    return `${cluster} in ${region} has no ${kind} cluster snapshot: there is nothing to recover it from. Turn on automated backups or take a snapshot.`;
  const states = found.map(
    ({ DBClusterSnapshotIdentifier: id, DBClusterIdentifier: of, Status, SnapshotCreateTime }) =>
      `${id} is ${Status}, of ${of} at ${SnapshotCreateTime?.toISOString() ?? "an unknown time"}`,
  );
  return `${cluster} in ${region} has no ${kind} cluster snapshot that is available and from before ${before.toISOString()}: ${states.slice(0, 5).join("; ")}.`;
}

function describe(snapshot: DBClusterSnapshot, { region, before }: RecoveryPointChoice): RecoveryPoint {
  const createdAt = snapshot.SnapshotCreateTime ?? before;
  const arn = snapshot.DBClusterSnapshotArn ?? "";
  return {
    arn,
    id: snapshot.DBClusterSnapshotIdentifier ?? "",
    kind: kindOf(snapshot.SnapshotType),
    region: arn.split(":")[3] ?? region,
    createdAt: createdAt.toISOString(),
    ageSeconds: (before.getTime() - createdAt.getTime()) / 1000,
    engine: snapshot.Engine ?? "",
    engineVersion: snapshot.EngineVersion ?? "",
    sizeGib: snapshot.AllocatedStorage ?? 0,
    storageEncryption: encryptionOf(snapshot),
  };
}

function kindOf(type: string | undefined): RecoveryPoint["kind"] {
  return type === "automated" || type === "awsbackup" ? type : "manual";
}

/** `sse-rds` clusters say `StorageEncrypted: false` and are encrypted all the same, so the type decides where RDS gives one. */
function encryptionOf({
  StorageEncryptionType,
  StorageEncrypted,
}: DBClusterSnapshot): RecoveryPoint["storageEncryption"] {
  if (StorageEncryptionType === "sse-kms" || StorageEncryptionType === "sse-rds") return StorageEncryptionType;
  return StorageEncrypted ? "sse-kms" : "none";
}
