import type { StartDBClusterMessage, StopDBClusterMessage } from "@aws-sdk/client-rds";
import { ServiceError } from "../../wire/service.ts";
import { requireAvailable } from "./clusters.ts";
import { type RdsCore, regionOf, requireCluster } from "./core.ts";
import { type Cluster, clusterStatus, instanceStatus, type Region } from "./resources.ts";
import { startRestored } from "./restored-server.ts";
import { clusterShape } from "./shapes.ts";

/** StopDBCluster: every instance of it stops too. Nothing of it can be deleted until it runs again. */
export function stopCluster(core: RdsCore, regionName: string, input: StopDBClusterMessage) {
  const region = regionOf(core, regionName);
  const cluster = requireCluster(region, input.DBClusterIdentifier ?? "");
  requireAvailable(cluster);
  if (cluster.isSource)
    throw new ServiceError("InvalidDBClusterStateFault", "The local cloud stops no cluster that a drill did not make.");
  if (region.membersOf(cluster.id).some((instance) => instanceStatus(instance) !== "available"))
    throw new ServiceError("InvalidDBInstanceState", `An instance of DB cluster ${cluster.id} is not available.`);
  halt(region, cluster, {
    rest: "stopped",
    until: core.timeline.begin("clusterStop", cluster, "stopping", async () => {
      await cluster.server?.stop({ clean: true });
      cluster.server = undefined;
    }),
  });
  return { DBCluster: clusterShape(region, cluster) };
}

/** StartDBCluster, of a stopped one. */
export function startCluster(core: RdsCore, regionName: string, input: StartDBClusterMessage) {
  const region = regionOf(core, regionName);
  const cluster = requireCluster(region, input.DBClusterIdentifier ?? "");
  const status = clusterStatus(cluster);
  if (status !== "stopped")
    throw new ServiceError("InvalidDBClusterStateFault", `DB cluster ${cluster.id} is not stopped but ${status}.`);
  const hasWriter = region.writerOf(cluster.id) !== undefined;
  halt(region, cluster, {
    rest: "running",
    until: core.timeline.begin("clusterStart", cluster, "starting", async () => {
      if (hasWriter) await startRestored(core, region, cluster);
    }),
  });
  return { DBCluster: clusterShape(region, cluster) };
}

function halt(region: Region, cluster: Cluster, change: NonNullable<Cluster["halt"]>): void {
  cluster.halt = change;
  for (const instance of region.membersOf(cluster.id)) instance.halt = change;
}
