/** Calls that would harm a database, as each would be made of it. */
import { ACCOUNT_ID } from "../../src/local/account.ts";
import { HOME_REGION } from "../../src/local/deployment.ts";
import type { Call } from "../../src/local/iam/world.ts";
import { namesOf, TAG } from "../../src/plan/names.ts";

/** What a drill of these names and tags owns. */
export const own = namesOf("20261121-143205-3f9a2b1c");
export const drillTags = {
  [TAG.drill]: own.drillId,
  [TAG.plan]: "orders",
  [TAG.expires]: "2026-11-22T00:00:00.000Z",
};
const tagList = Object.entries(drillTags).map(([Key, Value]) => ({ Key, Value }));

export interface Database {
  readonly cluster: string;
  readonly instance: string;
  readonly snapshot: string;
}

const arn = (kind: string, name: string): string => `arn:aws:rds:${HOME_REGION}:${ACCOUNT_ID}:${kind}:${name}`;

const rds = (operation: string, input: Call["input"]): Call => ({
  service: "rds",
  region: HOME_REGION,
  operation,
  input,
});

const resourcesOf = ({ cluster, instance, snapshot }: Database): string[] => [
  arn("cluster", cluster),
  arn("db", instance),
  arn("cluster-snapshot", snapshot),
];

/** What would destroy, change, hand out or disown the database. */
export const attacks = (database: Database): readonly Call[] => {
  const { cluster, instance, snapshot } = database;
  return [
    ...[{ SkipFinalSnapshot: true }, { SkipFinalSnapshot: false, FinalDBSnapshotIdentifier: "last" }].map((how) =>
      rds("DeleteDBCluster", { DBClusterIdentifier: cluster, ...how }),
    ),
    rds("DeleteDBInstance", { DBInstanceIdentifier: instance, SkipFinalSnapshot: true }),
    rds("DeleteDBClusterSnapshot", { DBClusterSnapshotIdentifier: snapshot }),
    rds("DeleteDBSnapshot", { DBSnapshotIdentifier: snapshot }),
    rds("ModifyDBCluster", { DBClusterIdentifier: cluster, DeletionProtection: false }),
    rds("ModifyDBCluster", { DBClusterIdentifier: cluster, ManageMasterUserPassword: true }),
    rds("ModifyDBInstance", { DBInstanceIdentifier: instance, PubliclyAccessible: true }),
    rds("EnableHttpEndpoint", { ResourceArn: arn("cluster", cluster) }),
    rds("DisableHttpEndpoint", { ResourceArn: arn("cluster", cluster) }),
    // A snapshot costs, and counts towards a quota, of a database that a drill only looks at.
    rds("CreateDBClusterSnapshot", {
      DBClusterIdentifier: cluster,
      DBClusterSnapshotIdentifier: own.snapshotCopy,
      Tags: tagList,
    }),
    rds("RebootDBInstance", { DBInstanceIdentifier: instance }),
    rds("StopDBCluster", { DBClusterIdentifier: cluster }),
    rds("FailoverDBCluster", { DBClusterIdentifier: cluster }),
    rds("BacktrackDBCluster", { DBClusterIdentifier: cluster, BacktrackTo: new Date(0) }),
    rds("ModifyDBClusterSnapshotAttribute", {
      DBClusterSnapshotIdentifier: snapshot,
      AttributeName: "restore",
      ValuesToAdd: ["all"],
    }),
    rds("ModifyDBSnapshotAttribute", {
      DBSnapshotIdentifier: snapshot,
      AttributeName: "restore",
      ValuesToAdd: ["all"],
    }),
    rds("StartExportTask", {
      SourceArn: arn("cluster-snapshot", snapshot),
      S3BucketName: "elsewhere",
      ExportTaskIdentifier: "export",
      IamRoleArn: `arn:aws:iam::${ACCOUNT_ID}:role/exporter`,
      KmsKeyId: "alias/restore-drill",
    }),
    ...resourcesOf(database).map((ResourceName) =>
      rds("RemoveTagsFromResource", { ResourceName, TagKeys: [TAG.drill] }),
    ),
  ];
};

/** What would take its place or its tags, or ask it: for a name that no drill gave. */
export const usurpations = (database: Database): readonly Call[] => {
  const { cluster, instance, snapshot } = database;
  return [
    rds("CopyDBClusterSnapshot", {
      SourceDBClusterSnapshotIdentifier: arn("cluster-snapshot", own.snapshotCopy),
      TargetDBClusterSnapshotIdentifier: snapshot,
      Tags: tagList,
    }),
    rds("RestoreDBClusterFromSnapshot", {
      DBClusterIdentifier: cluster,
      SnapshotIdentifier: arn("cluster-snapshot", own.snapshotCopy),
      Engine: "aurora-postgresql",
      DBSubnetGroupName: "restore-drill",
      DBClusterParameterGroupName: "restore-drill",
      Tags: tagList,
    }),
    rds("RestoreDBClusterToPointInTime", {
      DBClusterIdentifier: cluster,
      SourceDBClusterIdentifier: own.cluster,
      DBSubnetGroupName: "restore-drill",
      DBClusterParameterGroupName: "restore-drill",
      Tags: tagList,
    }),
    ...[
      { DBInstanceIdentifier: own.writer, DBClusterIdentifier: cluster },
      { DBInstanceIdentifier: instance, DBClusterIdentifier: own.cluster },
    ].map((names) =>
      rds("CreateDBInstance", {
        ...names,
        Engine: "aurora-postgresql",
        DBInstanceClass: "db.r6g.large",
        Tags: tagList,
      }),
    ),
    // All of them, and the one that decides when it would be swept. IAM can not hold this for the name of a drill: RDS has no condition key that
    // tells the tags of a call that creates from those of a call that tags, and whoever creates under the name tags it.
    ...[tagList, tagList.filter(({ Key }) => Key === TAG.expires)].flatMap((Tags) =>
      resourcesOf(database).map((ResourceName) => rds("AddTagsToResource", { ResourceName, Tags })),
    ),
    ...questions(cluster, cluster),
  ];
};

/** What a drill does with its source, under the names and tags of a drill. */
export const readings = ({ cluster, snapshot }: Database): readonly Call[] => [
  rds("CopyDBClusterSnapshot", {
    SourceDBClusterSnapshotIdentifier: arn("cluster-snapshot", snapshot),
    TargetDBClusterSnapshotIdentifier: own.snapshotCopy,
    Tags: tagList,
  }),
  rds("RestoreDBClusterFromSnapshot", {
    DBClusterIdentifier: own.cluster,
    SnapshotIdentifier: arn("cluster-snapshot", snapshot),
    Engine: "aurora-postgresql",
    DBSubnetGroupName: "restore-drill",
    DBClusterParameterGroupName: "restore-drill",
    Tags: tagList,
  }),
  rds("RestoreDBClusterToPointInTime", {
    DBClusterIdentifier: own.cluster,
    SourceDBClusterIdentifier: cluster,
    DBSubnetGroupName: "restore-drill",
    DBClusterParameterGroupName: "restore-drill",
    Tags: tagList,
  }),
];

/**
 * The one thing that IAM can not refuse: a copy without tags, under a name that is free. Nothing that stands there is changed, but the copy holds the
 * database's rows and no sweep knows it. See CopySnapshots in infrastructure/roles/copy-snapshot.yml.
 */
export const strayCopy = ({ snapshot }: Database): Call =>
  rds("CopyDBClusterSnapshot", {
    SourceDBClusterSnapshotIdentifier: arn("cluster-snapshot", snapshot),
    TargetDBClusterSnapshotIdentifier: "stray",
  });

/** Asks a cluster with the secret that RDS would manage for one. */
export const questions = (cluster: string, secretOf: string): readonly Call[] => {
  const access = { resourceArn: arn("cluster", cluster), secretArn: masterSecret(secretOf) };
  const calls = [
    { operation: "ExecuteStatement", input: { ...access, sql: "select 1" } },
    { operation: "BatchExecuteStatement", input: { ...access, sql: "select 1" } },
    { operation: "BeginTransaction", input: access },
    { operation: "CommitTransaction", input: { ...access, transactionId: "1" } },
  ];
  return calls.map((call) => ({ service: "rds-data", region: HOME_REGION, ...call }));
};

const masterSecret = (cluster: string): string =>
  `arn:aws:secretsmanager:${HOME_REGION}:${ACCOUNT_ID}:secret:rds!cluster-of-${cluster}-AbCdEf`;
