import type { DisableHttpEndpointRequest, EnableHttpEndpointRequest } from "@aws-sdk/client-rds";
import { ServiceError } from "../../wire/service.ts";
import { type RdsCore, regionOf } from "./core.ts";
import { parseRdsArn } from "./identifiers.ts";
import { type Cluster, clusterStatus } from "./resources.ts";

/** Turns the Data API on, which takes a moment: `HttpEndpointEnabled` says when. Throws `ResourceNotFoundFault`, `InvalidResourceStateFault`. */
export function enableHttpEndpoint(core: RdsCore, region: string, input: EnableHttpEndpointRequest) {
  const cluster = requireAvailableCluster(core, region, input.ResourceArn ?? "");
  cluster.endpoint ??= core.timeline.begin("endpoint", cluster, "failed");
  return { ResourceArn: cluster.arn, HttpEndpointEnabled: true };
}

export function disableHttpEndpoint(core: RdsCore, region: string, input: DisableHttpEndpointRequest) {
  const cluster = requireAvailableCluster(core, region, input.ResourceArn ?? "");
  cluster.endpoint = undefined;
  return { ResourceArn: cluster.arn, HttpEndpointEnabled: false };
}

function requireAvailableCluster(core: RdsCore, regionName: string, resourceArn: string): Cluster {
  const arn = parseRdsArn(resourceArn);
  const isHere = arn?.kind === "cluster" && arn.region === regionName;
  const cluster = isHere ? regionOf(core, regionName).clusters.find(arn.id) : undefined;
  if (!cluster) throw new ServiceError("ResourceNotFoundFault", `The specified resource ${resourceArn} was not found.`);
  const status = clusterStatus(cluster);
  if (status === "available") return cluster;
  throw new ServiceError("InvalidResourceStateFault", `DB cluster ${cluster.id} is ${status}, not available.`);
}
