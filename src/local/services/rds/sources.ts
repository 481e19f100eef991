import { randomBytes } from "node:crypto";
import type { StorageEncryptionType } from "@aws-sdk/client-rds";
import type { PostgresServer } from "../../postgres/postgres-host.ts";
import { type RdsCore, regionOf, requireCluster } from "./core.ts";
import { rdsArn, resourceId } from "./identifiers.ts";
import { usableKey } from "./keys.ts";
import { ensureMasterUser } from "./master-user.ts";
import { requireParameterGroup, requireSubnetGroup } from "./networks.ts";
import { ensureReader, newReader } from "./reader.ts";
import type { Cluster, Region, StorageFacts } from "./resources.ts";
import { givenTags } from "./tags.ts";

export interface SourceOptions {
  readonly region: string;
  readonly clusterId: string;
  readonly databaseName: string;
  /** A running server, or a data directory on which one is started. Neither is ever stopped or removed from here. */
  readonly server: PostgresServer | string;
  readonly engineVersion?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Id, ARN or alias of a key of the region: the storage is `sse-kms` then. */
  readonly kmsKeyId?: string;
  /** Without a key: `none` by default. */
  readonly encryption?: Extract<StorageEncryptionType, "none" | "sse-rds">;
  readonly masterUsername?: string;
  readonly instanceClass?: string;
  readonly subnetGroup?: string;
}

/** A production cluster with its writer and its Data API. Its server gets the master user that RDS would have made with it, and a reader. */
export async function registerSource(core: RdsCore, options: SourceOptions): Promise<void> {
  const region = regionOf(core, options.region);
  const id = options.clusterId.toLowerCase();
  const server = typeof options.server === "string" ? await core.host.start(options.server) : options.server;
  const cluster = sourceCluster(core, options, id, server);
  await ensureMasterUser(server.connection, cluster.facts.masterUsername, randomBytes(24).toString("base64url"));
  const { readerSecret } = cluster;
  if (readerSecret !== undefined) await ensureReader(server.connection, readerSecret);
  region.clusters.add(cluster);
  region.instances.add({
    region: region.name,
    id: `${id}-writer`.slice(0, 63),
    arn: rdsArn(region.name, core.accountId, "db", `${id}-writer`),
    origin: "administration",
    resourceId: resourceId("db"),
    madeAt: 0,
    clusterId: id,
    instanceClass: options.instanceClass ?? "db.r6g.large",
    isWriter: true,
    publiclyAccessible: false,
    tags: givenTags(options.tags),
    creation: core.timeline.past(),
  });
}

function sourceCluster(core: RdsCore, options: SourceOptions, id: string, server: PostgresServer): Cluster {
  const region = regionOf(core, options.region);
  const engineVersion = options.engineVersion ?? core.host.version;
  const kmsKeyArn = options.kmsKeyId === undefined ? undefined : usableKey(core, region.name, options.kmsKeyId);
  const subnetGroup = requireSubnetGroup(core, region, options.subnetGroup);
  const facts: StorageFacts = {
    engineVersion,
    masterUsername: options.masterUsername ?? "postgres",
    databaseName: options.databaseName,
    port: 5432,
    // The least an Aurora volume has.
    allocatedGib: 10,
    encryption: kmsKeyArn === undefined ? (options.encryption ?? "none") : "sse-kms",
    kmsKeyArn,
  };
  return {
    region: region.name,
    id,
    arn: rdsArn(region.name, core.accountId, "cluster", id),
    origin: "administration",
    resourceId: resourceId("cluster"),
    madeAt: 0,
    facts,
    vpcId: subnetGroup.vpcId,
    subnetGroup: subnetGroup.name,
    securityGroupIds: [core.vpcs.defaultVpc(region.name).securityGroupId],
    parameterGroup: requireParameterGroup(region, undefined, engineVersion),
    scaling: undefined,
    lifecycleSupport: "open-source-rds-extended-support",
    tags: givenTags(options.tags),
    dataDirectory: server.dataDirectory,
    creation: core.timeline.past(),
    isSource: true,
    deletionProtection: true,
    server,
    prepared: true,
    secret: undefined,
    readerSecret: newReader(core, region.name, id),
    endpoint: core.timeline.past(),
  };
}

/**
 * "When you delete a DB cluster, all automated backups for that DB cluster are deleted and can't be recovered. Manual DB cluster snapshots of the
 * specified DB cluster are not deleted."
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBCluster.html
 */
export function removeSource(region: Region, clusterId: string): void {
  const cluster = requireCluster(region, clusterId);
  for (const { id } of region.membersOf(cluster.id)) region.instances.remove(id);
  for (const { id, kind, clusterId: of } of region.snapshots.all())
    if (kind === "automated" && of === cluster.id) region.snapshots.remove(id);
  region.clusters.remove(cluster.id);
}
