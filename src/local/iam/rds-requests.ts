import type { RequestContext } from "../../../packaging/permissions.ts";
import { unnamedResources } from "./rds-unnamed.ts";
import { type ActionReference, referenceOf } from "./reference.ts";
import { type Call, type IamRequest, keyArn, prefixed, resourceTags, type Tags, text, type World } from "./world.ts";

/** Members of RDS's inputs that name a resource, and its kind in ARNs; `undefined` where the value is an ARN of any kind. */
const NAMES: Readonly<Record<string, string | undefined>> = {
  DBClusterIdentifier: "cluster",
  SourceDBClusterIdentifier: "cluster",
  NewDBClusterIdentifier: "cluster",
  DBInstanceIdentifier: "db",
  NewDBInstanceIdentifier: "db",
  DBClusterSnapshotIdentifier: "cluster-snapshot",
  SourceDBClusterSnapshotIdentifier: "cluster-snapshot",
  TargetDBClusterSnapshotIdentifier: "cluster-snapshot",
  SnapshotIdentifier: "cluster-snapshot",
  DBSnapshotIdentifier: "snapshot",
  FinalDBSnapshotIdentifier: "cluster-snapshot",
  DBClusterParameterGroupName: "cluster-pg",
  DBParameterGroupName: "pg",
  OptionGroupName: "og",
  DBSubnetGroupName: "subgrp",
  ResourceArn: undefined,
  ResourceName: undefined,
  SourceArn: undefined,
};

/** What a call that takes tags makes, by the member that names it. RDS authorises tagging apart, on that resource alone. */
const MADE: Readonly<Record<string, string>> = {
  CopyDBClusterSnapshot: "TargetDBClusterSnapshotIdentifier",
  CreateDBClusterSnapshot: "DBClusterSnapshotIdentifier",
  RestoreDBClusterFromSnapshot: "DBClusterIdentifier",
  CreateDBInstance: "DBInstanceIdentifier",
};

export async function rdsRequests(call: Call, world: World): Promise<IamRequest[]> {
  const action = `rds:${call.operation}`;
  const tags = requestTags(call);
  const resources = await resourcesOf(call, world, action);
  const requests = resources.map((resource) => ({
    action,
    resource,
    context: { ...tagContext(resource, world.tagsOf(resource), tags), ...flags(call) },
  }));
  return [...requests, ...taggingRequests(call, world, tags), ...behindRds(call, world)];
}

/** A call that names nothing is asked of everything of the types that it could have named. */
async function resourcesOf(call: Call, world: World, action: string): Promise<string[]> {
  const prefix = `arn:aws:rds:${call.region}:${world.accountId}:`;
  const named = Object.keys(NAMES).filter((member) => call.input[member] !== undefined);
  const resources = [
    ...named.map((member) => rdsArn(call, world, member)),
    ...unnamedResources(call, (member) => world.groupsOf(rdsArn(call, world, member))).map(
      (name) => `${prefix}${name}`,
    ),
  ];
  // Snapshots of one cluster are asked of the cluster and of every snapshot.
  if (call.operation === "DescribeDBClusterSnapshots" && !named.includes("DBClusterSnapshotIdentifier"))
    resources.push(`${prefix}cluster-snapshot:*`);
  if (resources.length > 0) return resources;
  const reference = await referenceOf(action);
  if (reference === undefined) throw new Error(`${action} is no action.`);
  return everythingOf(reference, prefix);
}

function everythingOf({ resourceTypes }: ActionReference, prefix: string): string[] {
  return resourceTypes.length === 0 ? ["*"] : resourceTypes.map(({ name }) => `${prefix}${name}:*`);
}

function taggingRequests(call: Call, world: World, tags: Tags): IamRequest[] {
  const member = MADE[call.operation];
  if (member === undefined || Object.keys(tags).length === 0) return [];
  const resource = rdsArn(call, world, member);
  const context = { ...tagContext(resource, {}, tags), "rds:TagsFromRequest": "true" };
  return [{ action: "rds:AddTagsToResource", resource, context }];
}

/** What RDS does with the caller's permissions. */
function behindRds(call: Call, world: World): IamRequest[] {
  const requests: IamRequest[] = [];
  const { input, region } = call;
  // https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Overview.Encryption.Keys.html
  if (input["KmsKeyId"] !== undefined) requests.push(...ofKey(keyArn(call, world, text(call, "KmsKeyId")), region));
  // What is copied is read under its own key: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-copy-snapshot.html
  if (call.operation === "CopyDBClusterSnapshot") {
    const source = world.snapshotKeyArn(rdsArn(call, world, "SourceDBClusterSnapshotIdentifier"));
    if (source !== undefined) requests.push(...ofKey(source, source.split(":")[3] ?? region));
  }
  // https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-secrets-manager.html
  if (input["ManageMasterUserPassword"] === true) {
    const resource = `arn:aws:secretsmanager:${region}:${world.accountId}:secret:rds!cluster-0a1b2c3d-AbCdEf`;
    requests.push(
      { action: "secretsmanager:CreateSecret", resource, context: {} },
      { action: "secretsmanager:TagResource", resource, context: {} },
      { action: "kms:DescribeKey", resource: keyArn(call, world, "alias/aws/secretsmanager"), context: {} },
    );
  }
  // The presigned URL asks the source's region too, without target and tags.
  if (typeof input["PreSignedUrl"] === "string") {
    const resource = rdsArn(call, world, "SourceDBClusterSnapshotIdentifier");
    requests.push({ action: `rds:${call.operation}`, resource, context: {} });
  }
  return requests;
}

function ofKey(resource: string, region: string): IamRequest[] {
  const context = { "kms:ViaService": `rds.${region}.amazonaws.com` };
  return [
    { action: "kms:DescribeKey", resource, context },
    { action: "kms:CreateGrant", resource, context: { ...context, "kms:GrantIsForAWSResource": "true" } },
  ];
}

function flags({ operation, input }: Call): RequestContext {
  return {
    ...("PubliclyAccessible" in input ? { "rds:PubliclyAccessible": String(input["PubliclyAccessible"]) } : {}),
    // Of a tagging call by itself, the tags are always the request's.
    ...(operation === "AddTagsToResource" ? { "rds:TagsFromRequest": "true" } : {}),
  };
}

/** Each tag under both of the names that RDS gives it: `aws:ResourceTag/x` is `rds:cluster-tag/x` too. */
function tagContext(resource: string, owned: Tags, given: Tags): RequestContext {
  const kind = resource.split(":")[5] ?? "";
  return {
    ...resourceTags(owned),
    ...prefixed(`rds:${kind}-tag/`, owned),
    ...prefixed("aws:RequestTag/", given),
    ...prefixed("rds:req-tag/", given),
    ...(Object.keys(given).length === 0 ? {} : { "aws:TagKeys": Object.keys(given) }),
  };
}

function requestTags({ input }: Call): Tags {
  const tags = Array.isArray(input["Tags"]) ? input["Tags"] : [];
  return Object.fromEntries(tags.map(({ Key, Value }) => [String(Key), String(Value)]));
}

function rdsArn(call: Call, { accountId }: Pick<World, "accountId">, member: string): string {
  const name = text(call, member);
  return name.startsWith("arn:") ? name : `arn:aws:rds:${call.region}:${accountId}:${NAMES[member]}:${name}`;
}
