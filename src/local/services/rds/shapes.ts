import type { DBCluster, DBClusterSnapshot, DBInstance } from "@aws-sdk/client-rds";
import type { RdsCore } from "./core.ts";
import { requireSubnetGroup, subnetGroupShape } from "./networks.ts";
import {
  type Cluster,
  clusterStatus,
  ENGINE,
  type Instance,
  instanceStatus,
  QUEUED_FRACTION,
  type Region,
  type Snapshot,
  snapshotStatus,
} from "./resources.ts";
import { tagList } from "./tags.ts";

/** What a caller sees as the storage's encryption: `sse-rds` is encrypted although `StorageEncrypted` says false. */
function encryptionShape(facts: Cluster["facts"]) {
  return {
    StorageEncrypted: facts.encryption === "sse-kms",
    StorageEncryptionType: facts.encryption,
    KmsKeyId: facts.kmsKeyArn,
  };
}

export function clusterShape(region: Region, cluster: Cluster): DBCluster {
  const { facts, secret } = cluster;
  const domain = `${cluster.region}.rds.amazonaws.com`;
  return {
    DBClusterIdentifier: cluster.id,
    DBClusterArn: cluster.arn,
    DbClusterResourceId: cluster.resourceId,
    Status: clusterStatus(cluster),
    Engine: ENGINE,
    EngineMode: "provisioned",
    EngineVersion: facts.engineVersion,
    EngineLifecycleSupport: cluster.lifecycleSupport,
    DatabaseName: facts.databaseName,
    MasterUsername: facts.masterUsername,
    Port: facts.port,
    Endpoint: `${cluster.id}.cluster-local.${domain}`,
    ReaderEndpoint: `${cluster.id}.cluster-ro-local.${domain}`,
    AllocatedStorage: 1,
    ...encryptionShape(facts),
    ClusterCreateTime: new Date(cluster.madeAt),
    BackupRetentionPeriod: 7,
    PreferredBackupWindow: "03:00-03:30",
    MultiAZ: false,
    DBClusterMembers: region.membersOf(cluster.id).map((instance) => ({
      DBInstanceIdentifier: instance.id,
      IsClusterWriter: instance.isWriter,
      DBClusterParameterGroupStatus: "in-sync",
      PromotionTier: 1,
    })),
    DBClusterParameterGroup: cluster.parameterGroup,
    DBSubnetGroup: cluster.subnetGroup,
    VpcSecurityGroups: cluster.securityGroupIds.map((id) => ({ VpcSecurityGroupId: id, Status: "active" })),
    AvailabilityZones: ["a", "b", "c"].map((zone) => `${cluster.region}${zone}`),
    DeletionProtection: cluster.deletionProtection,
    HttpEndpointEnabled: cluster.endpoint?.succeeded ?? false,
    IAMDatabaseAuthenticationEnabled: false,
    CopyTagsToSnapshot: false,
    ServerlessV2ScalingConfiguration: cluster.scaling,
    MasterUserSecret: secret && {
      SecretArn: secret.arn,
      SecretStatus: secret.creation.succeeded ? "active" : "creating",
      KmsKeyId: secret.kmsKeyArn,
    },
    TagList: tagList(cluster.tags),
    AssociatedRoles: [],
    StorageType: "aurora",
    NetworkType: "IPV4",
  };
}

export function instanceShape(core: RdsCore, region: Region, instance: Instance): DBInstance {
  const cluster = region.clusters.find(instance.clusterId);
  const facts = cluster?.facts;
  const isUp = instance.creation.isOver;
  return {
    DBInstanceIdentifier: instance.id,
    DBInstanceArn: instance.arn,
    DbiResourceId: instance.resourceId,
    DBInstanceClass: instance.instanceClass,
    DBInstanceStatus: instanceStatus(instance),
    DBClusterIdentifier: instance.clusterId,
    Engine: ENGINE,
    EngineVersion: facts?.engineVersion,
    MasterUsername: facts?.masterUsername,
    DBName: facts?.databaseName,
    Endpoint: isUp
      ? { Address: `${instance.id}.local.${instance.region}.rds.amazonaws.com`, Port: facts?.port }
      : undefined,
    // RDS answers when it was made only once it is.
    InstanceCreateTime: isUp ? new Date(instance.madeAt) : undefined,
    AvailabilityZone: isUp ? `${instance.region}a` : undefined,
    AllocatedStorage: 1,
    ...(facts ? encryptionShape(facts) : {}),
    StorageType: "aurora",
    MultiAZ: false,
    PubliclyAccessible: instance.publiclyAccessible,
    PromotionTier: 1,
    BackupRetentionPeriod: 7,
    DBSubnetGroup:
      cluster && subnetGroupShape(core, region.name, requireSubnetGroup(core, region, cluster.subnetGroup)),
    VpcSecurityGroups: cluster?.securityGroupIds.map((id) => ({ VpcSecurityGroupId: id, Status: "active" })),
    DeletionProtection: false,
    AutoMinorVersionUpgrade: true,
    TagList: tagList(instance.tags),
  };
}

export function snapshotShape(snapshot: Snapshot): DBClusterSnapshot {
  const { facts, creation } = snapshot;
  const copied = Math.max(0, (creation.fraction - QUEUED_FRACTION) / (1 - QUEUED_FRACTION));
  return {
    DBClusterSnapshotIdentifier: snapshot.id,
    DBClusterSnapshotArn: snapshot.arn,
    SourceDBClusterSnapshotArn: snapshot.sourceArn,
    DBClusterIdentifier: snapshot.clusterId,
    DbClusterResourceId: snapshot.clusterResourceId,
    SnapshotType: snapshot.kind,
    SnapshotCreateTime: snapshot.createdAt,
    ClusterCreateTime: new Date(snapshot.clusterMadeAt),
    Status: snapshotStatus(snapshot),
    PercentProgress: creation.succeeded ? 100 : Math.floor(copied * 100),
    Engine: ENGINE,
    EngineMode: "provisioned",
    EngineVersion: facts.engineVersion,
    LicenseModel: "postgresql-license",
    MasterUsername: facts.masterUsername,
    Port: facts.port,
    AllocatedStorage: facts.allocatedGib,
    ...encryptionShape(facts),
    VpcId: snapshot.vpcId,
    AvailabilityZones: ["a", "b", "c"].map((zone) => `${snapshot.region}${zone}`),
    IAMDatabaseAuthenticationEnabled: false,
    StorageType: "aurora",
    TagList: tagList(snapshot.tags),
  };
}
