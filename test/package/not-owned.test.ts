import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAllowed } from "../../packaging/permissions.ts";
import { type PackagedTemplate, readPackagedTemplate } from "../../packaging/template.ts";
import { ACCOUNT_ID } from "../../src/local/account.ts";
import { EVIDENCE_BUCKET, HOME_REGION } from "../../src/local/deployment.ts";
import { namesOf, TAG } from "../../src/plan/names.ts";
import { deployedWorld, SECRET_OF } from "../drills/deployed-world.ts";
import type { Call, Tags } from "../drills/iam-requests.ts";
import { type PackagedService, packageService } from "./packaged-service.ts";

let service: PackagedService;
let template: PackagedTemplate;
beforeAll(async () => {
  service = await packageService();
  template = await readPackagedTemplate(service.directory, { accountId: ACCOUNT_ID, region: HOME_REGION });
});
afterAll(() => service?.remove());

const arn = (kind: string, name: string): string => `arn:aws:rds:${HOME_REGION}:${ACCOUNT_ID}:${kind}:${name}`;
const own = namesOf("20261121-143205-3f9a2b1c");
const drillTags: Tags = { [TAG.drill]: own.drillId, [TAG.plan]: "orders", [TAG.expires]: "2026-11-22T00:00:00.000Z" };
const tagList = Object.entries(drillTags).map(([Key, Value]) => ({ Key, Value }));

interface Database {
  readonly cluster: string;
  readonly instance: string;
  readonly snapshot: string;
  readonly tags: Tags;
}
const production = { cluster: "orders-production", instance: "orders-production-1", snapshot: "orders-before-upgrade" };
const owned = { cluster: own.cluster, instance: own.writer, snapshot: own.snapshotCopy };

const rds = (operation: string, input: Call["input"]): Call => ({
  service: "rds",
  region: HOME_REGION,
  operation,
  input,
});

/** What would destroy, change, hand out or disown the database. */
const attacks = ({ cluster, instance, snapshot }: Database): readonly Call[] => [
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
  rds("RebootDBInstance", { DBInstanceIdentifier: instance }),
  rds("StopDBCluster", { DBClusterIdentifier: cluster }),
  rds("FailoverDBCluster", { DBClusterIdentifier: cluster }),
  rds("BacktrackDBCluster", { DBClusterIdentifier: cluster }),
  rds("ModifyDBClusterSnapshotAttribute", {
    DBClusterSnapshotIdentifier: snapshot,
    AttributeName: "restore",
    ValuesToAdd: ["all"],
  }),
  rds("ModifyDBSnapshotAttribute", { DBSnapshotIdentifier: snapshot, AttributeName: "restore", ValuesToAdd: ["all"] }),
  rds("StartExportTask", { SourceArn: arn("cluster-snapshot", snapshot), S3BucketName: "elsewhere" }),
  ...["cluster", "db", "cluster-snapshot"].map((kind, index) =>
    rds("RemoveTagsFromResource", {
      ResourceName: arn(kind, [cluster, instance, snapshot][index] ?? ""),
      TagKeys: [TAG.drill],
    }),
  ),
];

/** What would take its place or its tags, or ask it: for a name that no drill gave. */
const usurpations = ({ cluster, instance, snapshot }: Database): readonly Call[] => [
  rds("CopyDBClusterSnapshot", {
    SourceDBClusterSnapshotIdentifier: arn("cluster-snapshot", own.snapshotCopy),
    TargetDBClusterSnapshotIdentifier: snapshot,
    Tags: tagList,
  }),
  ...["RestoreDBClusterFromSnapshot", "RestoreDBClusterToPointInTime"].map((operation) =>
    rds(operation, {
      DBClusterIdentifier: cluster,
      SnapshotIdentifier: arn("cluster-snapshot", own.snapshotCopy),
      DBSubnetGroupName: "restore-drill",
      DBClusterParameterGroupName: "restore-drill",
      Tags: tagList,
    }),
  ),
  rds("CreateDBInstance", { DBInstanceIdentifier: own.writer, DBClusterIdentifier: cluster, Tags: tagList }),
  rds("CreateDBInstance", { DBInstanceIdentifier: instance, DBClusterIdentifier: own.cluster, Tags: tagList }),
  ...["cluster", "db", "cluster-snapshot"].map((kind, index) =>
    rds("AddTagsToResource", {
      ResourceName: arn(kind, [cluster, instance, snapshot][index] ?? ""),
      Tags: tagList,
    }),
  ),
  ...["ExecuteStatement", "BatchExecuteStatement", "BeginTransaction", "CommitTransaction"].map((operation) => ({
    service: "rds-data",
    region: HOME_REGION,
    operation,
    input: { resourceArn: arn("cluster", cluster), secretArn: secretOf(cluster) },
  })),
];

const secretOf = (cluster: string): string =>
  `arn:aws:secretsmanager:${HOME_REGION}:${ACCOUNT_ID}:secret:rds!cluster-of-${cluster}-AbCdEf`;

/** Every call that some role may make, each with the roles that may: `DeleteDBCluster orders: tear-down`. */
function allowedOf(calls: readonly Call[], database: Database): string[] {
  return calls.flatMap((call) => {
    const { authorise, tag } = deployedWorld(template);
    tag(arn("cluster", database.cluster), database.tags);
    tag(arn("db", database.instance), database.tags);
    tag(arn("cluster-snapshot", database.snapshot), database.tags);
    tag(arn("snapshot", database.snapshot), database.tags);
    tag(secretOf(database.cluster), { [SECRET_OF]: arn("cluster", database.cluster) });
    const requests = authorise(call);
    return template.functions
      .filter(({ statements }) =>
        requests.every(({ action, resource, context }) => isAllowed(statements, action, resource, context)),
      )
      .map(({ name }) => `${call.operation} ${JSON.stringify(call.input)}: ${name}`);
  });
}

describe("a database that no drill made", () => {
  it("can not be destroyed, changed, handed out or disowned by any function, nor replaced, tagged or asked", () => {
    const database = { ...production, tags: {} };
    expect(allowedOf([...attacks(database), ...usurpations(database)], database)).toEqual([]);
  });

  it("can not even when it carries the tags of a drill", () => {
    const database = { ...production, tags: drillTags };
    expect(allowedOf([...attacks(database), ...usurpations(database)], database)).toEqual([]);
  });

  it("can not when it has the name of a drill and other tags", () => {
    const database = { ...owned, tags: { team: "orders" } };
    expect(allowedOf(attacks(database), database)).toEqual([]);
  });

  it("keeps the secret of its master user, also from one who asks a sandbox with it", () => {
    const call = {
      service: "rds-data",
      region: HOME_REGION,
      operation: "ExecuteStatement",
      input: { resourceArn: arn("cluster", owned.cluster), secretArn: secretOf(production.cluster) },
    };
    expect(allowedOf([call], { ...production, tags: {} })).toEqual([]);
  });
});

describe("a database that a drill made", () => {
  /** So that the denials above are of the names and tags, and not of a call that is never allowed. */
  it("can be opened and torn down, each by one function, and by no function shared, exported or untagged", () => {
    const database = { ...owned, tags: drillTags };
    const allowed = allowedOf(attacks(database), database).map((line) => line.replace(/ .*: /, ": "));
    expect([...new Set(allowed)].sort()).toEqual([
      "DeleteDBCluster: tear-down",
      "DeleteDBClusterSnapshot: tear-down",
      "DeleteDBInstance: tear-down",
      "EnableHttpEndpoint: restore-sandbox",
      "ModifyDBCluster: restore-sandbox",
      "ModifyDBCluster: tear-down",
    ]);
  });
});

describe("evidence", () => {
  it("can not be deleted by any function", () => {
    const input = { Bucket: EVIDENCE_BUCKET, Key: "orders-production/20261121-143205-3f9a2b1c/report.json" };
    const call = { service: "s3", region: HOME_REGION, operation: "DeleteObject", input };
    expect(allowedOf([call], { ...production, tags: {} })).toEqual([]);
  });
});
