import type { RestoreDBClusterFromSnapshotMessage, ServerlessV2ScalingConfiguration } from "@aws-sdk/client-rds";
import { ServiceError } from "../../wire/service.ts";
import { type RdsCore, regionOf, requireReadableSnapshot } from "./core.ts";
import { newIdentifier, rdsArn, resourceId } from "./identifiers.ts";
import { usableKey } from "./keys.ts";
import { requireParameterGroup, requireSecurityGroups, requireSubnetGroup } from "./networks.ts";
import { type Cluster, ENGINE, type Origin, type Snapshot, type StorageFacts, snapshotStatus } from "./resources.ts";
import { clusterShape } from "./shapes.ts";
import { newDirectory, readSnapshot } from "./snapshot-files.ts";
import { newTags } from "./tags.ts";

/**
 * RestoreDBClusterFromSnapshot: a cluster without an instance, its Data API off, with only the tags given. What is left out is filled in
 * as RDS does it: the region's default engine version, the default VPC.
 */
export function restoreCluster(
  core: RdsCore,
  regionName: string,
  input: RestoreDBClusterFromSnapshotMessage,
  origin: Origin = "api",
) {
  const region = regionOf(core, regionName);
  const id = newIdentifier("DBClusterIdentifier", input.DBClusterIdentifier ?? "");
  if (region.clusters.find(id)) {
    throw new ServiceError("DBClusterAlreadyExistsFault", `DB Cluster already exists: ${id}`);
  }
  const snapshot = requireReadableSnapshot(region, input.SnapshotIdentifier ?? "");
  const facts = restoredFacts(core, snapshot, input);
  const subnetGroup = requireSubnetGroup(core, region, input.DBSubnetGroupName);
  const begun = { region: regionName, id };
  const dataDirectory = newDirectory(core, regionName, "clusters", id);
  const madeAt = core.timeline.now();
  const cluster: Cluster = {
    ...begun,
    arn: rdsArn(regionName, core.accountId, "cluster", id),
    origin,
    resourceId: resourceId("cluster"),
    madeAt,
    facts,
    vpcId: subnetGroup.vpcId,
    subnetGroup: subnetGroup.name,
    securityGroupIds: requireSecurityGroups(core, region, subnetGroup.vpcId, input.VpcSecurityGroupIds),
    parameterGroup: requireParameterGroup(region, input.DBClusterParameterGroupName, facts.engineVersion),
    scaling: checkedScaling(input.ServerlessV2ScalingConfiguration),
    lifecycleSupport: input.EngineLifecycleSupport ?? "open-source-rds-extended-support",
    tags: newTags(input.Tags),
    dataDirectory,
    creation: core.timeline.begin("clusterRestore", begun, "restore-failed", () =>
      readSnapshot(core, snapshot, dataDirectory),
    ),
    isSource: false,
    deletionProtection: input.DeletionProtection ?? false,
    server: undefined,
    prepared: false,
    secret: undefined,
    endpoint: undefined,
  };
  region.clusters.add(cluster);
  return { DBCluster: clusterShape(region, cluster) };
}

function restoredFacts(core: RdsCore, snapshot: Snapshot, input: RestoreDBClusterFromSnapshotMessage): StorageFacts {
  const { facts } = snapshot;
  if (snapshotStatus(snapshot) !== "available") {
    throw new ServiceError(
      "InvalidDBClusterSnapshotStateFault",
      `Snapshot ${snapshot.id} is ${snapshotStatus(snapshot)}, not available.`,
    );
  }
  if (input.Engine !== ENGINE) {
    throw new ServiceError("InvalidParameterCombination", `Cannot restore a snapshot of ${ENGINE} to ${input.Engine}.`);
  }
  if (facts.kmsKeyArn !== undefined) usableKey(core, snapshot.region, facts.kmsKeyArn);
  const ownKey = input.KmsKeyId === undefined ? undefined : usableKey(core, snapshot.region, input.KmsKeyId);
  const engineVersion = input.EngineVersion ?? core.defaultEngineVersion;
  refuseOlder(facts.engineVersion, engineVersion);
  const encryption = ownKey === undefined ? facts.encryption : "sse-kms";
  const port = input.Port ?? facts.port;
  return { ...facts, engineVersion, port, encryption, kmsKeyArn: ownKey ?? facts.kmsKeyArn };
}

/** The version must exist and be the snapshot's or a later one; an Aurora version is `major.minor`. */
function refuseOlder(snapshotVersion: string, wanted: string): void {
  const number = (version: string): number => {
    const [major = 0, minor = 0] = version.split(".").map(Number);
    return major * 1000 + minor;
  };
  if (/^\d+\.\d+$/.test(wanted) && number(wanted) >= number(snapshotVersion)) return;
  throw new ServiceError(
    "InvalidParameterCombination",
    `Cannot restore a snapshot of ${ENGINE} ${snapshotVersion} with engine version ${wanted}.`,
  );
}

/** Aurora capacity units come in halves, 0 to 256; 0 lets the cluster pause. */
export function checkedScaling(
  scaling: ServerlessV2ScalingConfiguration | undefined,
): ServerlessV2ScalingConfiguration | undefined {
  if (scaling === undefined) return undefined;
  const { MinCapacity: min, MaxCapacity: max } = scaling;
  const isCapacity = (acu: number | undefined): acu is number =>
    acu !== undefined && acu >= 0 && acu <= 256 && Number.isInteger(acu * 2);
  if (isCapacity(min) && isCapacity(max) && max >= 1 && min <= max) return scaling;
  throw new ServiceError(
    "InvalidParameterValue",
    `Serverless v2 capacity ${min}-${max} isn't valid: capacity is in half steps from 0 to 256 and the maximum at least 1.`,
  );
}
