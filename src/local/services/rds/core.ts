import type { PostgresConnection, PostgresHost } from "../../postgres/postgres-host.ts";
import { ServiceError } from "../../wire/service.ts";
import type { RdsFaults } from "./faults.ts";
import { localIdentifier } from "./identifiers.ts";
import { type Cluster, type Instance, Region, type Snapshot } from "./resources.ts";
import type { Timeline } from "./timeline.ts";

/** What RDS asks of the KMS model. */
export interface Keys {
  /** By id, ARN or alias, in one region. */
  find(
    region: string,
    idOrArnOrAlias: string,
  ): { readonly arn: string; readonly enabled: boolean; readonly manager?: string } | undefined;
}

/** What RDS asks of the EC2 model. */
export interface Vpcs {
  /** The region's default VPC: it has an internet gateway, which is why leaving the network out of a restore is a mistake. */
  defaultVpc(region: string): {
    readonly vpcId: string;
    readonly subnets: readonly { readonly id: string; readonly availabilityZone: string }[];
    readonly securityGroupId: string;
  };
  /** The VPC a security group is in, or undefined when the region has no such group. */
  vpcOfSecurityGroup(region: string, securityGroupId: string): string | undefined;
}

/** A restored server as a hook may touch it: between a restore and the writer's first answer. */
export interface RestoredServer {
  readonly dataDirectory: string;
  /** Of the host's superuser. Throws while the server is stopped. */
  readonly connection: PostgresConnection;
  /** A checkpointed shutdown, so that the data files may be edited. */
  stop(): Promise<void>;
  start(): Promise<PostgresConnection>;
}

export type RestoreHook = (
  cluster: { readonly region: string; readonly id: string; readonly databaseName: string | undefined },
  server: RestoredServer,
) => Promise<void>;

/** What all operations share. */
export interface RdsCore {
  readonly accountId: string;
  readonly host: PostgresHost;
  /** Snapshots and restored data directories are made below it. */
  readonly directory: string;
  readonly keys: Keys;
  /** ARNs of other accounts' keys whose policies let this account use them. */
  readonly grantedKeys: Set<string>;
  readonly vpcs: Vpcs;
  readonly timeline: Timeline;
  readonly faults: RdsFaults;
  /** What a restore gets when it names no version: the region's own default, never the snapshot's. */
  readonly defaultEngineVersion: string;
  readonly restoreHooks: RestoreHook[];
  readonly regions: Map<string, Region>;
}

export function regionOf(core: RdsCore, name: string): Region {
  const known = core.regions.get(name);
  if (known) return known;
  const region = new Region(name, core.accountId, core.timeline);
  core.regions.set(name, region);
  return region;
}

/** Throws `DBClusterNotFoundFault`. */
export function requireCluster(region: Region, nameOrArn: string): Cluster {
  const id = localIdentifier(nameOrArn, "cluster", region);
  const found = id === undefined ? undefined : region.clusters.find(id);
  if (found) return found;
  throw new ServiceError("DBClusterNotFoundFault", `DBCluster ${nameOrArn} not found.`);
}

/** Throws `DBInstanceNotFoundFault`. */
export function requireInstance(region: Region, nameOrArn: string): Instance {
  const id = localIdentifier(nameOrArn, "db", region);
  const found = id === undefined ? undefined : region.instances.find(id);
  if (found) return found;
  throw new ServiceError("DBInstanceNotFoundFault", `DBInstance ${nameOrArn} not found.`);
}

/** Throws `DBClusterSnapshotNotFoundFault`. */
export function requireSnapshot(region: Region, nameOrArn: string): Snapshot {
  const id = localIdentifier(nameOrArn, "cluster-snapshot", region);
  const found = id === undefined ? undefined : region.snapshots.find(id);
  if (found) return found;
  throw new ServiceError("DBClusterSnapshotNotFoundFault", `DBClusterSnapshot ${nameOrArn} not found.`);
}

/** A snapshot that may be copied and restored: the account's own, or one that another account shares, by its ARN. Throws `DBClusterSnapshotNotFoundFault`. */
export function requireReadableSnapshot(region: Region, nameOrArn: string): Snapshot {
  return region.sharedSnapshots.get(nameOrArn) ?? requireSnapshot(region, nameOrArn);
}
