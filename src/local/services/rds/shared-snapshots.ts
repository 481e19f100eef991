import { randomBytes } from "node:crypto";
import type { PostgresServer } from "../../postgres/postgres-host.ts";
import { type RdsCore, regionOf } from "./core.ts";
import { rdsArn, resourceId } from "./identifiers.ts";
import { ensureMasterUser } from "./master-user.ts";
import { newDirectory } from "./snapshot-files.ts";

export interface SharedSnapshotOptions {
  /** Its owner. */
  readonly accountId: string;
  readonly region: string;
  readonly snapshotId: string;
  readonly clusterId: string;
  readonly databaseName: string;
  /** What it is taken of; neither it nor its cluster is anything of this account. */
  readonly server: PostgresServer;
  /** The owner's; without one it is not encrypted. */
  readonly kmsKeyArn?: string;
  readonly createdAt?: Date;
  readonly sourceArn?: string;
}

/** Complete when this resolves, without modelled time. */
export async function shareSnapshot(core: RdsCore, options: SharedSnapshotOptions): Promise<string> {
  const { accountId, kmsKeyArn, server } = options;
  const region = regionOf(core, options.region);
  const arn = rdsArn(region.name, accountId, "cluster-snapshot", options.snapshotId);
  const masterUsername = "postgres";
  await ensureMasterUser(server.connection, masterUsername, randomBytes(24).toString("base64url"));
  const directory = newDirectory(core, region.name, "snapshots", options.snapshotId);
  await core.timeline.postgres(() => core.host.snapshot(server, directory));
  region.sharedSnapshots.set(arn, {
    region: region.name,
    id: arn,
    arn,
    origin: "administration",
    kind: "shared",
    clusterId: options.clusterId,
    clusterResourceId: resourceId("cluster"),
    clusterMadeAt: 0,
    vpcId: "vpc-0123456789abcdef0",
    madeAt: 0,
    createdAt: options.createdAt ?? new Date(core.timeline.now()),
    directory,
    ownsDirectory: true,
    facts: {
      engineVersion: core.host.version,
      masterUsername,
      databaseName: options.databaseName,
      port: 5432,
      allocatedGib: 10,
      encryption: kmsKeyArn === undefined ? "none" : "sse-kms",
      kmsKeyArn,
    },
    // Those that its owner gave it are not shown to others.
    tags: new Map(),
    sharedWith: new Set([core.accountId]),
    sourceArn: options.sourceArn,
    isCopy: options.sourceArn !== undefined,
    creation: core.timeline.past(),
    readers: new Set(),
  });
  return arn;
}
