import type { CopyDBClusterSnapshotMessage } from "@aws-sdk/client-rds";
import { ServiceError } from "../../wire/service.ts";
import { type RdsCore, regionOf, requireReadableSnapshot } from "./core.ts";
import { parseRdsArn, rdsArn } from "./identifiers.ts";
import { usableKey } from "./keys.ts";
import { type Region, type Snapshot, type StorageFacts, snapshotStatus } from "./resources.ts";
import { snapshotShape } from "./shapes.ts";
import { duplicateSnapshot, newDirectory } from "./snapshot-files.ts";
import { newSnapshotId } from "./snapshots.ts";
import { newTags, putTags } from "./tags.ts";

// "Concurrent copies per destination region: Aurora 5"
const MAX_CROSS_REGION_COPIES = 5;

/**
 * CopyDBClusterSnapshot, called in the destination region. Across regions the source is named by its ARN, and an encrypted one needs a
 * key of the destination region: keys do not leave theirs. One that is shared from another account needs one too, and its own key granted.
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CopyDBClusterSnapshot.html
 */
export function copySnapshot(core: RdsCore, regionName: string, input: CopyDBClusterSnapshotMessage) {
  const region = regionOf(core, regionName);
  const source = findSource(core, region, input.SourceDBClusterSnapshotIdentifier ?? "");
  const id = newSnapshotId(region, "TargetDBClusterSnapshotIdentifier", input.TargetDBClusterSnapshotIdentifier ?? "");
  if (snapshotStatus(source) !== "available") {
    throw new ServiceError(
      "InvalidDBClusterSnapshotStateFault",
      `Snapshot ${source.id} is ${snapshotStatus(source)}, not available.`,
    );
  }
  const facts = { ...source.facts, ...encryptionOfCopy(core, region, source, input.KmsKeyId) };
  refuseCrowd(region, source);
  const tags = newTags(input.Tags);
  if (input.CopyTags) copyTags(source, tags);
  const snapshot = beginCopy(core, region, source, id, facts, tags);
  region.snapshots.add(snapshot);
  return { DBClusterSnapshot: snapshotShape(snapshot) };
}

function findSource(core: RdsCore, region: Region, nameOrArn: string): Snapshot {
  const arn = parseRdsArn(nameOrArn);
  if (arn && arn.kind !== "cluster-snapshot") {
    throw new ServiceError("InvalidParameterValue", `Invalid snapshot identifier: ${nameOrArn}`);
  }
  const source = arn ? regionOf(core, arn.region) : region;
  return requireReadableSnapshot(source, nameOrArn);
}

function encryptionOfCopy(
  core: RdsCore,
  region: Region,
  source: Snapshot,
  keyId: string | undefined,
): Pick<StorageFacts, "encryption" | "kmsKeyArn"> {
  const { encryption, kmsKeyArn } = source.facts;
  if (encryption !== "sse-kms" || kmsKeyArn === undefined) {
    if (keyId === undefined) return { encryption, kmsKeyArn };
    throw new ServiceError(
      "InvalidParameterCombination",
      "The KmsKeyId parameter can't be specified when copying an unencrypted DB cluster snapshot.",
    );
  }
  usableKey(core, source.region, kmsKeyArn);
  if (keyId !== undefined) return { encryption, kmsKeyArn: usableKey(core, region.name, keyId) };
  if (source.region === region.name && source.kind !== "shared") return { encryption, kmsKeyArn };
  throw new ServiceError(
    "KMSKeyNotAccessibleFault",
    "A KMS key must be specified to copy an encrypted DB cluster snapshot across regions or from another account.",
  );
}

function refuseCrowd(region: Region, source: Snapshot): void {
  if (source.region === region.name) return;
  const running = region.snapshots
    .all()
    .filter(
      (snapshot) =>
        snapshot.isCopy && !snapshot.creation.isOver && parseRdsArn(snapshot.sourceArn ?? "")?.region !== region.name,
    );
  if (running.length < MAX_CROSS_REGION_COPIES) return;
  throw new ServiceError(
    "SnapshotQuotaExceededFault",
    `Cannot have more than ${MAX_CROSS_REGION_COPIES} cross-region snapshot copies in progress to ${region.name}.`,
  );
}

/** "CopyTags with reserved aws: tag keys fails." */
function copyTags(source: Snapshot, tags: Map<string, string>): void {
  putTags(
    tags,
    [...source.tags].filter(([key]) => !tags.has(key)).map(([Key, Value]) => ({ Key, Value })),
  );
}

function beginCopy(
  core: RdsCore,
  region: Region,
  source: Snapshot,
  id: string,
  facts: StorageFacts,
  tags: Map<string, string>,
): Snapshot {
  const begun = { region: region.name, id };
  const directory = newDirectory(core, region.name, "snapshots", id);
  const madeAt = core.timeline.now();
  return {
    ...source,
    ...begun,
    arn: rdsArn(region.name, core.accountId, "cluster-snapshot", id),
    origin: "api",
    kind: "manual",
    madeAt,
    createdAt: new Date(madeAt),
    directory,
    ownsDirectory: true,
    facts,
    tags,
    sharedWith: new Set(),
    sourceArn: source.arn,
    isCopy: true,
    creation: core.timeline.begin("snapshotCopy", begun, "failed", () => duplicateSnapshot(core, source, directory)),
    readers: new Set(),
  };
}
