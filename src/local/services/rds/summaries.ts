import type { RdsCore } from "./core.ts";
import { type Cluster, clusterStatus, instanceStatus, snapshotStatus } from "./resources.ts";

export interface ResourceSummary {
  readonly kind: "instance" | "cluster" | "snapshot" | "server";
  readonly region: string;
  readonly id: string;
  readonly status: string;
  /** Why its own work failed, where it did. */
  readonly cause?: unknown;
}

/** Everything of the wanted origin, in every region: also what a Describe call does not show yet. */
export function summariesOf(core: RdsCore, isWanted: (origin: Cluster["origin"]) => boolean): ResourceSummary[] {
  return [...core.regions.values()].flatMap((region) => {
    const clusters = region.clusters.all().filter((cluster) => isWanted(cluster.origin));
    const instances = region.instances.all().filter((instance) => isWanted(instance.origin));
    const snapshots = region.snapshots.all().filter((snapshot) => isWanted(snapshot.origin));
    const servers = clusters.filter((cluster) => cluster.server !== undefined);
    return [
      ...instances.map((instance) => summary("instance", instance, instanceStatus(instance))),
      ...clusters.map((cluster) => summary("cluster", cluster, clusterStatus(cluster))),
      ...snapshots.map((snapshot) => summary("snapshot", snapshot, snapshotStatus(snapshot))),
      ...servers.map(({ region: name, id }) => ({ kind: "server" as const, region: name, id, status: "running" })),
    ];
  });
}

function summary(
  kind: ResourceSummary["kind"],
  resource: Pick<Cluster, "region" | "id" | "creation">,
  status: string,
): ResourceSummary {
  const { region, id, creation } = resource;
  return creation.cause === undefined
    ? { kind, region, id, status }
    : { kind, region, id, status, cause: creation.cause };
}
