import {
  type DBCluster,
  DBClusterNotFoundFault,
  type DBClusterSnapshot,
  DBClusterSnapshotNotFoundFault,
  type DBInstance,
  DBInstanceNotFoundFault,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  type RDSClient,
} from "@aws-sdk/client-rds";

/** The one cluster of that identifier, or undefined when RDS says there is none. */
export async function findCluster(rds: RDSClient, id: string): Promise<DBCluster | undefined> {
  try {
    const answer = await rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: id }));
    return answer.DBClusters?.[0];
  } catch (error) {
    if (error instanceof DBClusterNotFoundFault) return undefined;
    throw error;
  }
}

export async function findInstance(rds: RDSClient, id: string): Promise<DBInstance | undefined> {
  try {
    const answer = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: id }));
    return answer.DBInstances?.[0];
  } catch (error) {
    if (error instanceof DBInstanceNotFoundFault) return undefined;
    throw error;
  }
}

export async function findClusterSnapshot(rds: RDSClient, id: string): Promise<DBClusterSnapshot | undefined> {
  try {
    const answer = await rds.send(new DescribeDBClusterSnapshotsCommand({ DBClusterSnapshotIdentifier: id }));
    return answer.DBClusterSnapshots?.[0];
  } catch (error) {
    if (error instanceof DBClusterSnapshotNotFoundFault) return undefined;
    throw error;
  }
}
