import type {
  DBClusterSnapshotAttributesResult,
  DescribeDBClusterSnapshotAttributesMessage,
  ModifyDBClusterSnapshotAttributeMessage,
} from "@aws-sdk/client-rds";
import { ServiceError } from "../../wire/service.ts";
import { type RdsCore, regionOf, requireSnapshot } from "./core.ts";
import { type Snapshot, snapshotStatus } from "./resources.ts";

// "You can share a manual snapshot with up to 20 other AWS accounts."
const MAX_ACCOUNTS = 20;

/** Says who else may copy and restore a manual snapshot. https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-share-snapshot.html */
export function modifySnapshotAttribute(
  core: RdsCore,
  regionName: string,
  input: ModifyDBClusterSnapshotAttributeMessage,
) {
  const snapshot = requireSnapshot(regionOf(core, regionName), input.DBClusterSnapshotIdentifier ?? "");
  const { ValuesToAdd: added = [], ValuesToRemove: removed = [] } = input;
  if (input.AttributeName !== "restore")
    throw new ServiceError("InvalidParameterValue", `Invalid attribute name: ${input.AttributeName}`);
  if (added.length > 0) refuseUnshareable(core, snapshot);
  for (const value of added) refuseValue(snapshot, value);
  const values = new Set([...snapshot.sharedWith, ...added].filter((value) => !removed.includes(value)));
  if (values.size > MAX_ACCOUNTS)
    throw new ServiceError(
      "SharedSnapshotQuotaExceededFault",
      `A snapshot can be shared with at most ${MAX_ACCOUNTS} accounts.`,
    );
  snapshot.sharedWith.clear();
  for (const value of values) snapshot.sharedWith.add(value);
  return { DBClusterSnapshotAttributesResult: attributesOf(snapshot) };
}

export function describeSnapshotAttributes(
  core: RdsCore,
  regionName: string,
  input: DescribeDBClusterSnapshotAttributesMessage,
) {
  const snapshot = requireSnapshot(regionOf(core, regionName), input.DBClusterSnapshotIdentifier ?? "");
  return { DBClusterSnapshotAttributesResult: attributesOf(snapshot) };
}

/** "You can't share a snapshot that has been encrypted using the default KMS key"; an automated one is copied first. */
function refuseUnshareable(core: RdsCore, snapshot: Snapshot): void {
  const { id, kind, region, facts } = snapshot;
  if (snapshotStatus(snapshot) !== "available")
    throw new ServiceError(
      "InvalidDBClusterSnapshotStateFault",
      `Snapshot ${id} is ${snapshotStatus(snapshot)}, not available.`,
    );
  if (kind !== "manual")
    throw new ServiceError(
      "InvalidDBClusterSnapshotStateFault",
      `Only manual snapshots can be shared: ${id} is ${kind}.`,
    );
  if (facts.kmsKeyArn !== undefined && core.keys.find(region, facts.kmsKeyArn)?.manager === "AWS")
    throw new ServiceError(
      "InvalidDBClusterSnapshotStateFault",
      `${id} is encrypted with the default KMS key of the account and can't be shared.`,
    );
}

/** "Encrypted snapshots can't be shared as public." */
function refuseValue({ id, facts }: Snapshot, value: string): void {
  if (/^\d{12}$/.test(value) || (value === "all" && facts.encryption === "none")) return;
  throw new ServiceError("InvalidParameterValue", `Invalid value of the attribute restore of ${id}: ${value}`);
}

function attributesOf({ id, sharedWith }: Snapshot): DBClusterSnapshotAttributesResult {
  return {
    DBClusterSnapshotIdentifier: id,
    DBClusterSnapshotAttributes: [{ AttributeName: "restore", AttributeValues: [...sharedWith] }],
  };
}
