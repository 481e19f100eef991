import type { CreateDBInstanceMessage, DeleteDBInstanceMessage, DescribeDBInstancesMessage } from "@aws-sdk/client-rds";
import { ServiceError } from "../../wire/service.ts";
import { requireAvailable, requireRunning } from "./clusters.ts";
import { type RdsCore, regionOf, requireCluster, requireInstance } from "./core.ts";
import { newIdentifier, parseRdsArn, rdsArn, resourceId } from "./identifiers.ts";
import { type Filters, filtered, pageOf } from "./paging.ts";
import { type Cluster, ENGINE, type Instance, instanceStatus, type Region } from "./resources.ts";
import { startRestored } from "./restored-server.ts";
import { instanceShape } from "./shapes.ts";
import { newTags } from "./tags.ts";

const FILTERS: Filters<Instance> = {
  "db-cluster-id": (instance, value) => instance.clusterId === (parseRdsArn(value)?.id ?? value.toLowerCase()),
  "db-instance-id": (instance, value) => instance.id === (parseRdsArn(value)?.id ?? value.toLowerCase()),
  "dbi-resource-id": (instance, value) => instance.resourceId === value,
  engine: (_instance, value) => value === ENGINE,
  domain: () => false,
};

/**
 * CreateDBInstance in an Aurora cluster, which has to be `available`. The first one is the writer and starts the PostgreSQL server.
 * Burstable (T) classes are refused: RDS makes them, but without a Data API they are no sandbox, and here that would only show later.
 */
export function createInstance(core: RdsCore, regionName: string, input: CreateDBInstanceMessage) {
  const region = regionOf(core, regionName);
  const id = newIdentifier("DBInstanceIdentifier", input.DBInstanceIdentifier ?? "");
  if (region.instances.find(id))
    throw new ServiceError("DBInstanceAlreadyExistsFault", `DB instance already exists: ${id}`);
  if (!input.DBClusterIdentifier || input.Engine !== ENGINE) {
    throw new ServiceError(
      "InvalidParameterCombination",
      `The local cloud makes ${ENGINE} instances of a cluster only.`,
    );
  }
  const cluster = requireCluster(region, input.DBClusterIdentifier);
  const instanceClass = checkedClass(input.DBInstanceClass ?? "", cluster);
  requireAvailable(cluster);
  const begun = { region: regionName, id };
  const instance: Instance = {
    ...begun,
    arn: rdsArn(regionName, core.accountId, "db", id),
    origin: "api",
    resourceId: resourceId("db"),
    madeAt: core.timeline.now(),
    clusterId: cluster.id,
    instanceClass,
    isWriter: region.writerOf(cluster.id) === undefined,
    publiclyAccessible: input.PubliclyAccessible ?? isPublicByDefault(core, region, cluster),
    tags: newTags(input.Tags),
    creation: core.timeline.begin("instanceCreate", begun, "failed", () => startRestored(core, region, cluster)),
  };
  region.instances.add(instance);
  return { DBInstance: instanceShape(core, region, instance) };
}

function checkedClass(instanceClass: string, cluster: Cluster): string {
  if (!/^db\.(serverless|[a-z0-9]+\.[a-z0-9]+)$/.test(instanceClass)) {
    throw new ServiceError("InvalidParameterValue", `Invalid DB Instance class: ${instanceClass}`);
  }
  if (/^db\.t\d/.test(instanceClass)) {
    throw new ServiceError(
      "InvalidParameterCombination",
      `${instanceClass} has no RDS Data API: the local cloud makes no instance of a T class.`,
    );
  }
  if (instanceClass === "db.serverless" && cluster.scaling === undefined) {
    throw new ServiceError(
      "InvalidDBClusterStateFault",
      "Set the Serverless v2 scaling configuration on the parent DB cluster before creating a Serverless v2 DB instance.",
    );
  }
  return instanceClass;
}

/** "If the default VPC ... has an internet gateway attached to it, the DB instance is public." */
function isPublicByDefault(core: RdsCore, region: Region, cluster: Cluster): boolean {
  return cluster.vpcId === core.vpcs.defaultVpc(region.name).vpcId;
}

export function describeInstances(core: RdsCore, regionName: string, input: DescribeDBInstancesMessage) {
  const region = regionOf(core, regionName);
  const named = input.DBInstanceIdentifier;
  const candidates = named === undefined ? region.instances.visible() : [visibleInstance(region, named)];
  const page = pageOf(filtered(candidates, FILTERS, input.Filters), (instance) => instance.id, input);
  return { DBInstances: page.items.map((instance) => instanceShape(core, region, instance)), Marker: page.marker };
}

function visibleInstance(region: Region, nameOrArn: string): Instance {
  const instance = requireInstance(region, nameOrArn);
  if (region.instances.isVisible(instance)) return instance;
  throw new ServiceError("DBInstanceNotFoundFault", `DBInstance ${nameOrArn} not found.`);
}

/** DeleteDBInstance of a cluster's member: it holds no data of its own, so a final snapshot can not be asked for. */
export function deleteInstance(core: RdsCore, regionName: string, input: DeleteDBInstanceMessage) {
  const region = regionOf(core, regionName);
  const instance = requireInstance(region, input.DBInstanceIdentifier ?? "");
  if (input.FinalDBSnapshotIdentifier !== undefined) {
    throw new ServiceError(
      "InvalidParameterCombination",
      "FinalDBSnapshotIdentifier can not be specified when deleting a cluster instance.",
    );
  }
  if (instanceStatus(instance) === "deleting") {
    throw new ServiceError("InvalidDBInstanceStateFault", `Instance ${instance.id} is already being deleted.`);
  }
  const cluster = region.clusters.find(instance.clusterId);
  requireRunning(cluster);
  // The last one goes only with the cluster's consent: https://repost.aws/knowledge-center/rds-error-delete-aurora-cluster
  const others = region.membersOf(instance.clusterId).filter((each) => instanceStatus(each) !== "deleting");
  if (cluster?.deletionProtection && others.length === 1) {
    throw new ServiceError(
      "InvalidParameterCombination",
      "This database has deletion protection option enabled: disable it on the cluster to delete the last instance.",
    );
  }
  instance.deletion = core.timeline.begin("instanceDelete", instance, "deleting", async () => {
    await instance.creation.settled;
    await stopServer(core, region, instance);
  });
  return { DBInstance: instanceShape(core, region, instance) };
}

async function stopServer(core: RdsCore, region: Region, instance: Instance): Promise<void> {
  const cluster = region.clusters.find(instance.clusterId);
  if (!cluster?.server || cluster.isSource || !instance.isWriter) return;
  const { server } = cluster;
  cluster.server = undefined;
  // Clean, so that the cluster's files can be copied or started again.
  await core.timeline.postgres(() => server.stop({ clean: true }));
}
