import type { ServerlessV2ScalingConfiguration, StorageEncryptionType } from "@aws-sdk/client-rds";
import type { PostgresServer } from "../../postgres/postgres-host.ts";
import { Registry } from "./registry.ts";
import type { Progress, Timeline } from "./timeline.ts";

export const ENGINE = "aurora-postgresql";

/** Administration makes what was there before a drill; the API makes what a drill answers for. */
export type Origin = "administration" | "api";

/** What a snapshot carries over into a restore. */
export interface StorageFacts {
  readonly engineVersion: string;
  readonly masterUsername: string;
  readonly databaseName: string | undefined;
  readonly port: number;
  readonly allocatedGib: number;
  readonly encryption: StorageEncryptionType;
  /** The key's ARN; with `sse-kms` only. */
  readonly kmsKeyArn: string | undefined;
}

export interface Snapshot {
  readonly region: string;
  readonly id: string;
  readonly arn: string;
  readonly origin: Origin;
  /** `shared`: another account's, whose ARN is then its identifier. */
  readonly kind: "automated" | "manual" | "awsbackup" | "shared";
  readonly clusterId: string;
  readonly clusterResourceId: string;
  readonly clusterMadeAt: number;
  readonly vpcId: string;
  readonly madeAt: number;
  /** What the snapshot says it was created at: its own time, so a copy's is later than its source's. */
  readonly createdAt: Date;
  readonly directory: string;
  /** False for a directory that somebody else owns: it is read, never removed. */
  readonly ownsDirectory: boolean;
  facts: StorageFacts;
  readonly tags: Map<string, string>;
  /** Accounts that may copy and restore it: its attribute `restore`. */
  readonly sharedWith: Set<string>;
  readonly sourceArn: string | undefined;
  readonly isCopy: boolean;
  readonly creation: Progress;
  /** Restores and copies that still read the directory. */
  readonly readers: Set<Promise<void>>;
  deletion?: Progress;
}

/** A stop or a start of a whole cluster, and what it leads to. */
export interface Halt {
  readonly rest: "stopped" | "running";
  readonly until: Progress;
}

export interface Secret {
  readonly arn: string;
  readonly username: string;
  readonly password: string;
  readonly kmsKeyArn: string | undefined;
  readonly creation: Progress;
}

export interface Cluster {
  readonly region: string;
  readonly id: string;
  readonly arn: string;
  readonly origin: Origin;
  readonly resourceId: string;
  readonly madeAt: number;
  readonly facts: StorageFacts;
  readonly vpcId: string;
  readonly subnetGroup: string;
  readonly securityGroupIds: readonly string[];
  readonly parameterGroup: string;
  scaling: ServerlessV2ScalingConfiguration | undefined;
  readonly lifecycleSupport: string;
  readonly tags: Map<string, string>;
  readonly dataDirectory: string;
  readonly creation: Progress;
  /** A production cluster's files and server are never removed or stopped from here. */
  readonly isSource: boolean;
  deletionProtection: boolean;
  server: PostgresServer | undefined;
  /** Set once the hooks on a restored data directory have run. */
  prepared: boolean;
  secret: Secret | undefined;
  /** Of a role that may read everything, which RDS does not manage. */
  readonly readerSecret?: Secret;
  /** Undefined while the endpoint is off. */
  endpoint: Progress | undefined;
  /** The last time it was stopped or started. */
  halt?: Halt;
  deletion?: Progress;
}

export interface Instance {
  readonly region: string;
  readonly id: string;
  readonly arn: string;
  readonly origin: Origin;
  readonly resourceId: string;
  readonly madeAt: number;
  readonly clusterId: string;
  readonly instanceClass: string;
  readonly isWriter: boolean;
  readonly publiclyAccessible: boolean;
  readonly tags: Map<string, string>;
  readonly creation: Progress;
  /** Its cluster's. */
  halt?: Halt;
  deletion?: Progress;
}

export interface SubnetGroup {
  readonly name: string;
  readonly description: string;
  readonly vpcId: string;
  readonly subnets: readonly { readonly id: string; readonly availabilityZone: string }[];
}

export interface ParameterGroup {
  readonly name: string;
  readonly family: string;
  readonly description: string;
}

/** Everything RDS holds in one region. */
export class Region {
  readonly name: string;
  readonly accountId: string;
  readonly clusters: Registry<Cluster>;
  readonly instances: Registry<Instance>;
  readonly snapshots: Registry<Snapshot>;
  /** What other accounts share with this one, by ARN. */
  readonly sharedSnapshots = new Map<string, Snapshot>();
  readonly subnetGroups = new Map<string, SubnetGroup>();
  readonly parameterGroups = new Map<string, ParameterGroup>();

  constructor(name: string, accountId: string, timeline: Timeline) {
    this.name = name;
    this.accountId = accountId;
    const visibility = timeline.milliseconds("visibility");
    this.clusters = new Registry<Cluster>(timeline.now, visibility);
    this.instances = new Registry<Instance>(timeline.now, visibility);
    this.snapshots = new Registry<Snapshot>(timeline.now, visibility);
  }

  membersOf(clusterId: string): Instance[] {
    return this.instances.all().filter((instance) => instance.clusterId === clusterId);
  }

  writerOf(clusterId: string): Instance | undefined {
    return this.membersOf(clusterId).find((instance) => instance.isWriter);
  }
}

export function clusterStatus(cluster: Cluster): string {
  if (cluster.deletion) return "deleting";
  if (!cluster.creation.isOver) return "creating";
  if (cluster.creation.failedStatus) return cluster.creation.failedStatus;
  const halted = haltedStatus(cluster.halt);
  if (halted !== undefined) return halted;
  if (cluster.secret && !cluster.secret.creation.isOver) return "resetting-master-credentials";
  return "available";
}

export function instanceStatus(instance: Instance): string {
  if (instance.deletion) return "deleting";
  if (!instance.creation.isOver) return "creating";
  return instance.creation.failedStatus ?? haltedStatus(instance.halt) ?? "available";
}

function haltedStatus(halt: Halt | undefined): string | undefined {
  if (halt === undefined) return undefined;
  if (halt.rest === "stopped") return halt.until.isOver ? "stopped" : "stopping";
  return halt.until.isOver ? halt.until.failedStatus : "starting";
}

/** A copy waits, then copies; what is taken on the spot is only `creating`. */
export function snapshotStatus(snapshot: Snapshot): string {
  if (snapshot.deletion) return "deleting";
  if (snapshot.creation.isOver) return snapshot.creation.failedStatus ?? "available";
  return snapshot.isCopy && snapshot.creation.fraction >= QUEUED_FRACTION ? "copying" : "creating";
}

/** The first part of a copy's time is spent waiting in line, without progress. */
export const QUEUED_FRACTION = 0.1;
