/** The whole way from a snapshot to a Data API that answers. */
import {
  CreateDBInstanceCommand,
  DescribeDBClustersCommand,
  EnableHttpEndpointCommand,
  ModifyDBClusterCommand,
  RestoreDBClusterFromSnapshotCommand,
} from "@aws-sdk/client-rds";
import { clusterStatus, eventually, instanceStatus, type RdsCloud, SOURCE_REGION } from "./rds-cloud.ts";

export interface Sandbox {
  readonly resourceArn: string;
  readonly secretArn: string;
}

export async function restoreSandbox(cloud: RdsCloud, id = "sandbox"): Promise<Sandbox> {
  const rds = cloud.rds(SOURCE_REGION);
  const { DBCluster } = await rds.send(
    new RestoreDBClusterFromSnapshotCommand({
      DBClusterIdentifier: id,
      SnapshotIdentifier: cloud.snapshotId,
      Engine: "aurora-postgresql",
      EngineVersion: cloud.host.version,
    }),
  );
  const resourceArn = DBCluster?.DBClusterArn ?? "";
  await eventually(async () => (await clusterStatus(rds, id)) === "available" || undefined);
  await rds.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: `${id}-writer`,
      DBClusterIdentifier: id,
      DBInstanceClass: "db.r6g.large",
      Engine: "aurora-postgresql",
    }),
  );
  await eventually(async () => (await instanceStatus(rds, `${id}-writer`)) === "available" || undefined);
  await rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier: id, ManageMasterUserPassword: true }));
  const secretArn = await eventually(async () => {
    const { DBClusters } = await rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: id }));
    const secret = DBClusters?.[0]?.MasterUserSecret;
    return secret?.SecretStatus === "active" ? secret.SecretArn : undefined;
  });
  await rds.send(new EnableHttpEndpointCommand({ ResourceArn: resourceArn }));
  await eventually(async () => {
    const { DBClusters } = await rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: id }));
    return DBClusters?.[0]?.HttpEndpointEnabled || undefined;
  });
  return { resourceArn, secretArn };
}
