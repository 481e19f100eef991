import {
  type DBCluster,
  DBClusterNotFoundFault,
  type DBClusterSnapshot,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  DescribeDBSubnetGroupsCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import { mockClient } from "aws-sdk-client-mock";

export const OWN = "111122223333";
export const CLUSTER = "orders-production";
export const keyOf = (region: string, id: string, account = OWN): string =>
  `arn:aws:kms:${region}:${account}:key/${id}`;

export const originOf = (id: string, account = OWN): string =>
  `arn:aws:rds:eu-west-1:${account}:cluster-snapshot:${id}`;

/** A snapshot of the cluster, as RDS lists it. */
export function snapshot(
  id: string,
  createdAt: string,
  {
    region = "eu-west-1",
    account = OWN,
    ...changes
  }: Partial<DBClusterSnapshot> & { region?: string; account?: string } = {},
): DBClusterSnapshot {
  const arn = `arn:aws:rds:${region}:${account}:cluster-snapshot:${id}`;
  return {
    DBClusterSnapshotIdentifier: account === OWN ? id : arn,
    DBClusterSnapshotArn: arn,
    DBClusterIdentifier: CLUSTER,
    SnapshotCreateTime: new Date(createdAt),
    SnapshotType: account === OWN ? "manual" : "shared",
    Status: "available",
    Engine: "aurora-postgresql",
    EngineVersion: "16.4",
    AllocatedStorage: 120,
    StorageEncrypted: true,
    KmsKeyId: keyOf(region, "production", account),
    VpcId: "vpc-production",
    // Elsewhere than its cluster, it is a copy.
    ...(region === "eu-west-1" ? {} : { SourceDBClusterSnapshotArn: originOf("by-hand", account) }),
    ...changes,
  };
}

/** RDS of an account, by region: what is there is what was given, listed by type as RDS does. */
export function accountOf(snapshots: readonly DBClusterSnapshot[], cluster: DBCluster | undefined) {
  const asked: string[] = [];
  const rds = (region: string): RDSClient => {
    const client = new RDSClient({ region });
    const mock = mockClient(client);
    mock.on(DescribeDBClusterSnapshotsCommand).callsFake(({ SnapshotType: type, DBClusterIdentifier: of }) => {
      asked.push(`snapshots ${type} ${region}`);
      const here = snapshots.filter(({ DBClusterSnapshotArn: arn = "" }) => arn.split(":")[3] === region);
      return {
        DBClusterSnapshots: here
          .filter(({ SnapshotType }) => (type === undefined ? SnapshotType !== "awsbackup" : SnapshotType === type))
          .filter(({ DBClusterIdentifier }) => of === undefined || DBClusterIdentifier === of),
      };
    });
    mock.on(DescribeDBClustersCommand).callsFake(() => {
      asked.push(`clusters ${region}`);
      if (cluster === undefined) throw new DBClusterNotFoundFault({ message: "gone", $metadata: {} });
      return { DBClusters: [cluster] };
    });
    mock.on(DescribeDBSubnetGroupsCommand).resolves({ DBSubnetGroups: [{ VpcId: "vpc-production" }] });
    return client;
  };
  return { rds, asked };
}
