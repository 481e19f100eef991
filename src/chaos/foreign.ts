/** What is not the drill's: production itself, and bystanders that could be taken for something of a drill's. */
import {
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import { SOURCE_KEY } from "../local/account.ts";
import type { LocalCloud } from "../local/cloud.ts";
import type { PostgresServer } from "../local/postgres/postgres-host.ts";
import { drillOf, TAG } from "../plan/names.ts";
import { SANDBOX_REGION, SOURCE } from "./source.ts";

/** A drill that never was: what is called like it is somebody else's all the same. */
export const NEVER = "20200101-000000-deadbeef";
const FOREIGN_TAGS = { owner: "payroll" };

/** In the drill region: a cluster and a snapshot with a drill's name and other tags, and a snapshot with a drill's tags and another name. */
export async function registerBystanders(cloud: LocalCloud, server: PostgresServer): Promise<void> {
  const cluster = { region: SANDBOX_REGION, clusterId: `restore-drill-${NEVER}` };
  await cloud.rds.registerSource({ ...cluster, databaseName: SOURCE.database, server, tags: FOREIGN_TAGS });
  await cloud.rds.registerSource({
    region: SANDBOX_REGION,
    clusterId: "payroll",
    databaseName: SOURCE.database,
    server,
    kmsKeyId: SOURCE_KEY,
  });
  const snapshot = { region: SANDBOX_REGION, clusterId: "payroll", kind: "manual", directory: "/nowhere" } as const;
  cloud.rds.registerSnapshot({ ...snapshot, snapshotId: `restore-drill-${NEVER}-copy`, tags: FOREIGN_TAGS });
  cloud.rds.registerSnapshot({ ...snapshot, snapshotId: "before-migration", tags: { [TAG.drill]: NEVER } });
}

/** By ARN, everything that RDS says of a resource that no drill of this campaign made; as text, to be compared. */
export async function foreignResources(cloud: LocalCloud): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const region of [SOURCE.region, SANDBOX_REGION]) {
    const { accessKeyId, secretAccessKey } = cloud.operator;
    const rds = new RDSClient({ region, endpoint: cloud.url, credentials: { accessKeyId, secretAccessKey } });
    const clusters = await rds.send(new DescribeDBClustersCommand({}));
    const instances = await rds.send(new DescribeDBInstancesCommand({}));
    const snapshots = await rds.send(new DescribeDBClusterSnapshotsCommand({}));
    for (const cluster of clusters.DBClusters ?? [])
      note(found, cluster.DBClusterIdentifier, cluster.DBClusterArn, cluster);
    for (const one of instances.DBInstances ?? []) note(found, one.DBInstanceIdentifier, one.DBInstanceArn, one);
    for (const one of snapshots.DBClusterSnapshots ?? [])
      note(found, one.DBClusterSnapshotIdentifier, one.DBClusterSnapshotArn, one);
    rds.destroy();
  }
  return found;
}

function note(found: Map<string, string>, id = "", arn = "", resource: object): void {
  const drill = drillOf(id);
  if (drill === undefined || drill === NEVER) found.set(arn, JSON.stringify(resource));
}

/** ARNs of what is there no more, is there now, or is another than it was. */
export function touched(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((arn) => before.get(arn) !== after.get(arn));
}
