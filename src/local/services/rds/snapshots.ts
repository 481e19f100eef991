import type {
  CreateDBClusterSnapshotMessage,
  DeleteDBClusterSnapshotMessage,
  DescribeDBClusterSnapshotsMessage,
} from "@aws-sdk/client-rds";
import { ServiceError } from "../../wire/service.ts";
import { type RdsCore, regionOf, requireCluster, requireSnapshot } from "./core.ts";
import { newIdentifier, parseRdsArn, rdsArn } from "./identifiers.ts";
import { type Filters, filtered, pageOf } from "./paging.ts";
import {
  type Cluster,
  clusterStatus,
  ENGINE,
  type Origin,
  type Region,
  type Snapshot,
  snapshotStatus,
} from "./resources.ts";
import { snapshotShape } from "./shapes.ts";
import { copyOutOf, newDirectory, removeSnapshotFiles } from "./snapshot-files.ts";
import { newTags } from "./tags.ts";

// "Manual snapshots: 100" of cluster snapshots in a region.
const MAX_MANUAL_SNAPSHOTS = 100;

const FILTERS: Filters<Snapshot> = {
  "db-cluster-id": (snapshot, value) => snapshot.clusterId === (parseRdsArn(value)?.id ?? value.toLowerCase()),
  "db-cluster-snapshot-id": (snapshot, value) => snapshot.id === value.toLowerCase(),
  "snapshot-type": (snapshot, value) => snapshot.kind === value,
  engine: (_snapshot, value) => value === ENGINE,
};

/** The identifier of a manual snapshot that is not there yet. Throws `DBClusterSnapshotAlreadyExistsFault`, `SnapshotQuotaExceededFault`. */
export function newSnapshotId(region: Region, parameter: string, wanted: string): string {
  const id = newIdentifier(parameter, wanted);
  if (region.snapshots.find(id)) {
    throw new ServiceError(
      "DBClusterSnapshotAlreadyExistsFault",
      `Cannot create the cluster snapshot because one with the identifier ${id} already exists.`,
    );
  }
  if (region.snapshots.all().filter((snapshot) => snapshot.kind === "manual").length >= MAX_MANUAL_SNAPSHOTS) {
    throw new ServiceError(
      "SnapshotQuotaExceededFault",
      `Cannot create more than ${MAX_MANUAL_SNAPSHOTS} manual snapshots`,
    );
  }
  return id;
}

export interface SnapshotRequest {
  readonly id: string;
  readonly kind: Snapshot["kind"];
  readonly origin: Origin;
  readonly createdAt?: Date;
  readonly tags: Map<string, string>;
  /** Without modelled time: for what was there before. */
  readonly immediately?: boolean;
  readonly allocatedGib?: number | undefined;
}

/** Begins a physical copy of a cluster and registers it. */
export function snapshotOf(core: RdsCore, region: Region, cluster: Cluster, request: SnapshotRequest): Snapshot {
  const directory = newDirectory(core, region.name, "snapshots", request.id);
  const madeAt = core.timeline.now();
  const take = async (): Promise<void> => {
    // Begins in a later turn, when `snapshot` is there.
    await Promise.resolve();
    const allocatedGib = Math.max(await copyOutOf(core, cluster, directory), request.allocatedGib ?? 0);
    snapshot.facts = { ...snapshot.facts, allocatedGib };
  };
  const begun = { region: region.name, id: request.id };
  const snapshot: Snapshot = {
    ...begun,
    arn: rdsArn(region.name, core.accountId, "cluster-snapshot", request.id),
    origin: request.origin,
    kind: request.kind,
    clusterId: cluster.id,
    clusterResourceId: cluster.resourceId,
    clusterMadeAt: cluster.madeAt,
    vpcId: cluster.vpcId,
    madeAt: request.immediately ? 0 : madeAt,
    createdAt: request.createdAt ?? new Date(madeAt),
    directory,
    ownsDirectory: true,
    facts: cluster.facts,
    tags: request.tags,
    sharedWith: new Set(),
    sourceArn: undefined,
    isCopy: false,
    creation: request.immediately
      ? core.timeline.past(undefined, take)
      : core.timeline.begin("snapshotCreate", begun, "failed", take),
    readers: new Set(),
  };
  region.snapshots.add(snapshot);
  return snapshot;
}

export function createSnapshot(core: RdsCore, regionName: string, input: CreateDBClusterSnapshotMessage) {
  const region = regionOf(core, regionName);
  const cluster = requireCluster(region, input.DBClusterIdentifier ?? "");
  const id = newSnapshotId(region, "DBClusterSnapshotIdentifier", input.DBClusterSnapshotIdentifier ?? "");
  if (clusterStatus(cluster) !== "available") {
    throw new ServiceError("InvalidDBClusterStateFault", `DB cluster ${cluster.id} is not in the available state.`);
  }
  const snapshot = snapshotOf(core, region, cluster, { id, kind: "manual", origin: "api", tags: newTags(input.Tags) });
  return { DBClusterSnapshot: snapshotShape(snapshot) };
}

export function describeSnapshots(core: RdsCore, regionName: string, input: DescribeDBClusterSnapshotsMessage) {
  const region = regionOf(core, regionName);
  const named = input.DBClusterSnapshotIdentifier;
  const candidates =
    named === undefined
      ? [...region.snapshots.visible(), ...region.sharedSnapshots.values()]
      : [visibleSnapshot(region, named, input)];
  const clusterId =
    input.DBClusterIdentifier &&
    (parseRdsArn(input.DBClusterIdentifier)?.id ?? input.DBClusterIdentifier.toLowerCase());
  const resourceId = input.DbClusterResourceId;
  const found = candidates
    .filter((snapshot) => clusterId === undefined || snapshot.clusterId === clusterId)
    .filter((snapshot) => resourceId === undefined || snapshot.clusterResourceId === resourceId)
    .filter((snapshot) => (named !== undefined && !input.SnapshotType ? true : isOfType(snapshot, input)));
  const page = pageOf(filtered(found, FILTERS, input.Filters), (snapshot) => snapshot.id, input);
  return { DBClusterSnapshots: page.items.map(snapshotShape), Marker: page.marker };
}

/** Another account's is there only for who asks for shared ones. */
function visibleSnapshot(region: Region, nameOrArn: string, input: DescribeDBClusterSnapshotsMessage): Snapshot {
  const shared = region.sharedSnapshots.get(nameOrArn);
  if (shared && isOfType(shared, input)) return shared;
  const snapshot = requireSnapshot(region, nameOrArn);
  if (region.snapshots.isVisible(snapshot)) return snapshot;
  throw new ServiceError("DBClusterSnapshotNotFoundFault", `DBClusterSnapshot ${nameOrArn} not found.`);
}

/** Without a type, automated and manual ones are listed; those of AWS Backup and of other accounts only when asked for. */
function isOfType(
  snapshot: Snapshot,
  { SnapshotType: type, IncludeShared: withShared }: DescribeDBClusterSnapshotsMessage,
): boolean {
  if (type === undefined) return snapshot.kind === "shared" ? withShared === true : snapshot.kind !== "awsbackup";
  if (["automated", "manual", "awsbackup", "shared"].includes(type)) return snapshot.kind === type;
  if (type === "public") return false;
  throw new ServiceError("InvalidParameterValue", `Invalid snapshot type: ${type}`);
}

/** Deletes a manual snapshot; one that is still being copied too, which ends the copy. */
export function deleteSnapshot(core: RdsCore, regionName: string, input: DeleteDBClusterSnapshotMessage) {
  const snapshot = requireSnapshot(regionOf(core, regionName), input.DBClusterSnapshotIdentifier ?? "");
  const status = snapshotStatus(snapshot);
  if (snapshot.kind !== "manual") {
    throw new ServiceError(
      "InvalidDBClusterSnapshotStateFault",
      `Only manual snapshots may be deleted: ${snapshot.id} is ${snapshot.kind}.`,
    );
  }
  if (status === "deleting") {
    throw new ServiceError("InvalidDBClusterSnapshotStateFault", `Snapshot ${snapshot.id} is already being deleted.`);
  }
  snapshot.deletion = core.timeline.begin("snapshotDelete", snapshot, "deleting", () =>
    removeSnapshotFiles(core, snapshot),
  );
  return { DBClusterSnapshot: snapshotShape(snapshot) };
}
