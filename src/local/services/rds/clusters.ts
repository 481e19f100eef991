import type { DeleteDBClusterMessage, DescribeDBClustersMessage, ModifyDBClusterMessage } from "@aws-sdk/client-rds";
import { ServiceError } from "../../wire/service.ts";
import { type RdsCore, regionOf, requireCluster } from "./core.ts";
import { parseRdsArn } from "./identifiers.ts";
import { type Filters, filtered, pageOf } from "./paging.ts";
import { type Cluster, clusterStatus, ENGINE, instanceStatus, type Region } from "./resources.ts";
import { checkedScaling } from "./restores.ts";
import { manageMasterPassword } from "./secrets.ts";
import { clusterShape } from "./shapes.ts";
import { newSnapshotId, snapshotOf } from "./snapshots.ts";

const FILTERS: Filters<Cluster> = {
  "db-cluster-id": (cluster, value) => cluster.id === (parseRdsArn(value)?.id ?? value.toLowerCase()),
  "db-cluster-resource-id": (cluster, value) => cluster.resourceId === value,
  engine: (_cluster, value) => value === ENGINE,
  domain: () => false,
  "clone-group-id": () => false,
};

/** The members of ModifyDBCluster that do something here; another one is refused rather than silently ignored. */
const MODIFIABLE = new Set([
  "DBClusterIdentifier",
  "ApplyImmediately",
  "DeletionProtection",
  "ManageMasterUserPassword",
  "MasterUserSecretKmsKeyId",
  "ServerlessV2ScalingConfiguration",
]);

export function describeClusters(core: RdsCore, regionName: string, input: DescribeDBClustersMessage) {
  const region = regionOf(core, regionName);
  const named = input.DBClusterIdentifier;
  const candidates = named === undefined ? region.clusters.visible() : [visibleCluster(region, named)];
  const page = pageOf(filtered(candidates, FILTERS, input.Filters), (cluster) => cluster.id, input);
  return { DBClusters: page.items.map((cluster) => clusterShape(region, cluster)), Marker: page.marker };
}

function visibleCluster(region: Region, nameOrArn: string): Cluster {
  const cluster = requireCluster(region, nameOrArn);
  if (region.clusters.isVisible(cluster)) return cluster;
  throw new ServiceError("DBClusterNotFoundFault", `DBCluster ${nameOrArn} not found.`);
}

export function modifyCluster(core: RdsCore, regionName: string, input: ModifyDBClusterMessage) {
  const region = regionOf(core, regionName);
  const cluster = requireCluster(region, input.DBClusterIdentifier ?? "");
  const foreign = Object.entries(input).find(([name, value]) => value !== undefined && !MODIFIABLE.has(name));
  if (foreign) {
    throw new ServiceError("InvalidParameterCombination", `The local cloud can not modify ${foreign[0]} of a cluster.`);
  }
  requireAvailable(cluster);
  if (input.ManageMasterUserPassword === true) {
    manageMasterPassword(core, region, cluster, input.MasterUserSecretKmsKeyId);
  } else if (input.ManageMasterUserPassword === false && cluster.secret) {
    throw new ServiceError("InvalidParameterCombination", "MasterUserPassword is required to stop managing it.");
  }
  const scaling = checkedScaling(input.ServerlessV2ScalingConfiguration);
  if (scaling !== undefined) cluster.scaling = scaling;
  if (input.DeletionProtection !== undefined) cluster.deletionProtection = input.DeletionProtection;
  return { DBCluster: clusterShape(region, cluster) };
}

/** Throws `InvalidDBClusterStateFault`. */
export function requireAvailable(cluster: Cluster): void {
  const status = clusterStatus(cluster);
  if (status === "available") return;
  throw new ServiceError(
    "InvalidDBClusterStateFault",
    `DB cluster ${cluster.id} is not in the available state but ${status}.`,
  );
}

/** Of a cluster that stands still, or is about to: neither it nor its instances can be deleted. Throws `InvalidDBClusterStateFault`. */
export function requireRunning(cluster: Cluster | undefined): void {
  const status = cluster === undefined ? "" : clusterStatus(cluster);
  if (["stopping", "stopped", "starting"].includes(status))
    throw new ServiceError("InvalidDBClusterStateFault", `Db cluster ${cluster?.id} is in ${status} state`);
}

/**
 * DeleteDBCluster: after its instances, and only once nothing protects it. While a restore still runs it is refused, so that a
 * teardown has to wait for it; a failed restore can be deleted.
 */
export function deleteCluster(core: RdsCore, regionName: string, input: DeleteDBClusterMessage) {
  const region = regionOf(core, regionName);
  const cluster = requireCluster(region, input.DBClusterIdentifier ?? "");
  const finalSnapshot = checkedFinalSnapshot(input);
  if (cluster.deletionProtection) {
    throw new ServiceError(
      "InvalidParameterCombination",
      "Cannot delete protected Cluster, please disable deletion protection and try again.",
    );
  }
  const status = clusterStatus(cluster);
  requireRunning(cluster);
  if (status === "deleting" || status === "creating") {
    throw new ServiceError(
      "InvalidDBClusterStateFault",
      `DB cluster ${cluster.id} is ${status} and can not be deleted now.`,
    );
  }
  if (region.membersOf(cluster.id).some((instance) => instanceStatus(instance) !== "deleting")) {
    throw new ServiceError(
      "InvalidDBClusterStateFault",
      "Cluster cannot be deleted, it still contains DB instances in non-deleting state.",
    );
  }
  const kept = finalSnapshot === undefined ? undefined : keepFinalSnapshot(core, region, cluster, finalSnapshot);
  const work = async (): Promise<void> => {
    await kept;
    await removeCluster(core, region, cluster);
  };
  // It goes after its instances have gone.
  const instancesGoneAt = Math.max(0, ...region.membersOf(cluster.id).map(({ deletion }) => deletion?.endsAt ?? 0));
  cluster.deletion = core.timeline.begin("clusterDelete", cluster, "deleting", work, instancesGoneAt);
  return { DBCluster: clusterShape(region, cluster) };
}

function checkedFinalSnapshot(input: DeleteDBClusterMessage): string | undefined {
  const wanted = input.FinalDBSnapshotIdentifier;
  if (input.SkipFinalSnapshot === true && wanted === undefined) return undefined;
  if (input.SkipFinalSnapshot !== true && wanted !== undefined) return wanted;
  throw new ServiceError(
    "InvalidParameterCombination",
    wanted === undefined
      ? "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
      : "FinalDBSnapshotIdentifier can not be specified when SkipFinalSnapshot is enabled.",
  );
}

function keepFinalSnapshot(core: RdsCore, region: Region, cluster: Cluster, wanted: string): Promise<void> {
  const id = newSnapshotId(region, "FinalDBSnapshotIdentifier", wanted);
  return snapshotOf(core, region, cluster, { id, kind: "manual", origin: "api", tags: new Map() }).creation.settled;
}

/** Waits for what is still at work in the data directory, then stops its server and removes it. The secret goes with the cluster. */
async function removeCluster(core: RdsCore, region: Region, cluster: Cluster): Promise<void> {
  await cluster.creation.settled;
  await Promise.all(region.membersOf(cluster.id).map((instance) => instance.deletion?.settled));
  await cluster.secret?.creation.settled;
  cluster.secret = undefined;
  if (cluster.isSource) return;
  await cluster.server?.stop();
  cluster.server = undefined;
  await core.timeline.postgres(() => core.host.remove(cluster.dataDirectory));
}
