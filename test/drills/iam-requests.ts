/** What IAM is asked when a call arrives: AWS authorises one call as one or more actions, each on one or more resources. */
import type { RequestContext } from "../../packaging/permissions.ts";
import type { CallRecord } from "../../src/local/wire/service.ts";

export type Call = Pick<CallRecord, "service" | "region" | "operation" | "input" | "error">;

export interface IamRequest {
  readonly action: string;
  readonly resource: string;
  readonly context: RequestContext;
}

export type Tags = Readonly<Record<string, string>>;

/** What an authorisation depends on besides the call itself. */
export interface World {
  readonly accountId: string;
  /** The bucket, the topic and the key of fingerprints as they are deployed, by the names that calls give them. */
  readonly deployedArns: Readonly<Record<string, string>>;
  /** The key that encrypts the topic. */
  readonly topicKeyArn: string;
  /** Tags that the resource has when the call arrives; none for one that is not there. */
  readonly tagsOf: (arn: string) => Tags;
}

/** Members of RDS's inputs that name a resource, and its kind in ARNs; `undefined` where the value is an ARN of any kind. */
const RDS_NAMES: Readonly<Record<string, string | undefined>> = {
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
  DBClusterParameterGroupName: "cluster-pg",
  DBSubnetGroupName: "subgrp",
  ResourceArn: undefined,
  ResourceName: undefined,
  SourceArn: undefined,
};

/** Resources that RDS asks about although the call does not name them: defaults, and a final snapshot that is skipped. */
const RDS_UNNAMED: Readonly<Record<string, readonly string[]>> = {
  RestoreDBClusterFromSnapshot: ["og:default:aurora-postgresql-18"],
  CreateDBInstance: ["og:default:aurora-postgresql-18", "pg:default.aurora-postgresql18", "subgrp:restore-drill"],
  DeleteDBCluster: ["cluster-snapshot:a-final-snapshot"],
};

/** What a call that takes tags makes, by the member that names it. RDS authorises tagging apart, on that resource alone. */
const RDS_MADE: Readonly<Record<string, string>> = {
  CopyDBClusterSnapshot: "TargetDBClusterSnapshotIdentifier",
  RestoreDBClusterFromSnapshot: "DBClusterIdentifier",
  CreateDBInstance: "DBInstanceIdentifier",
};

/**
 * Everything that has to be allowed for the call to succeed. Throws on a service or operation whose authorisation is not written here:
 * a new call needs it before its role can be proven.
 */
export function iamRequestsOf(call: Call, world: World): readonly IamRequest[] {
  switch (call.service) {
    case "rds":
      return rdsRequests(call, world);
    case "rds-data":
      return dataRequests(call, world);
    case "s3":
      return s3Requests(call, world);
    case "sns":
      return snsRequests(call, world);
    // Descriptions of EC2 have no resource types.
    case "ec2":
      return [{ action: `ec2:${call.operation}`, resource: "*", context: {} }];
    case "kms":
      return [{ action: `kms:${call.operation}`, resource: keyArn(call, world, text(call, "KeyId")), context: {} }];
    default:
      throw new Error(`How ${call.service}:${call.operation} is authorised is not written here.`);
  }
}

/** Every ARN that the call makes, with the tags that it gives. */
export function madeBy(call: Call, world: Pick<World, "accountId">): readonly (readonly [string, Tags])[] {
  const member = call.service === "rds" && call.error === undefined ? RDS_MADE[call.operation] : undefined;
  return member === undefined ? [] : [[rdsArn(call, world, member), requestTags(call)]];
}

function rdsRequests(call: Call, world: World): IamRequest[] {
  const action = `rds:${call.operation}`;
  const tags = requestTags(call);
  const prefix = `arn:aws:rds:${call.region}:${world.accountId}:`;
  const named = Object.keys(RDS_NAMES).filter((member) => call.input[member] !== undefined);
  const resources = [
    ...named.map((member) => rdsArn(call, world, member)),
    ...(RDS_UNNAMED[call.operation] ?? []).map((name) => `${prefix}${name}`),
  ];
  // Snapshots of one cluster are asked of the cluster and of every snapshot.
  if (call.operation === "DescribeDBClusterSnapshots" && !named.includes("DBClusterSnapshotIdentifier"))
    resources.push(`${prefix}cluster-snapshot:*`);
  if (resources.length === 0) throw new Error(`${action} names no resource that is known here.`);
  const requests = resources.map((resource) => ({
    action,
    resource,
    context: { ...tagContext(resource, world.tagsOf(resource), tags), ...flags(call) },
  }));
  return [...requests, ...taggingRequests(call, world, tags), ...behindRds(call, world)];
}

function taggingRequests(call: Call, world: World, tags: Tags): IamRequest[] {
  const member = RDS_MADE[call.operation];
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
  if (input["KmsKeyId"] !== undefined) {
    const resource = keyArn(call, world, text(call, "KmsKeyId"));
    const context = { "kms:ViaService": `rds.${region}.amazonaws.com` };
    requests.push(
      { action: "kms:DescribeKey", resource, context },
      { action: "kms:CreateGrant", resource, context: { ...context, "kms:GrantIsForAWSResource": "true" } },
    );
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

/** The Data API reads the secret as the caller: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.access.html */
function dataRequests(call: Call, world: World): IamRequest[] {
  const secret = text(call, "secretArn");
  return [
    { action: `rds-data:${call.operation}`, resource: text(call, "resourceArn"), context: {} },
    { action: "secretsmanager:GetSecretValue", resource: secret, context: resourceTags(world.tagsOf(secret)) },
  ];
}

const S3_ACTIONS: Readonly<Record<string, string>> = {
  GetObject: "s3:GetObject",
  PutObject: "s3:PutObject",
  DeleteObject: "s3:DeleteObject",
};

function s3Requests(call: Call, { deployedArns }: World): IamRequest[] {
  const name = text(call, "Bucket");
  const bucket = deployedArns[name] ?? `arn:aws:s3:::${name}`;
  if (call.operation === "ListObjectsV2")
    return [{ action: "s3:ListBucket", resource: bucket, context: { "s3:prefix": text(call, "Prefix") } }];
  const action = S3_ACTIONS[call.operation];
  if (action === undefined) throw new Error(`How s3:${call.operation} is authorised is not written here.`);
  const request = { action, resource: `${bucket}/${text(call, "Key")}`, context: {} };
  // Who may not list is told AccessDenied and not NoSuchKey: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
  if (call.error === "NoSuchKey") return [request, { action: "s3:ListBucket", resource: bucket, context: {} }];
  return [request];
}

/** https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html */
function snsRequests(call: Call, { deployedArns, topicKeyArn: resource }: World): IamRequest[] {
  const topic = text(call, "TopicArn");
  const context = { "kms:ViaService": `sns.${call.region}.amazonaws.com` };
  return [
    { action: `sns:${call.operation}`, resource: deployedArns[topic] ?? topic, context: {} },
    { action: "kms:GenerateDataKey", resource, context },
    { action: "kms:Decrypt", resource, context },
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

const resourceTags = (tags: Tags): RequestContext => prefixed("aws:ResourceTag/", tags);

const prefixed = (prefix: string, tags: Tags): RequestContext =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [`${prefix}${key}`, value]));

function requestTags({ input }: Call): Tags {
  const tags = Array.isArray(input["Tags"]) ? input["Tags"] : [];
  return Object.fromEntries(tags.map(({ Key, Value }) => [String(Key), String(Value)]));
}

function rdsArn(call: Call, { accountId }: Pick<World, "accountId">, member: string): string {
  const name = text(call, member);
  return name.startsWith("arn:") ? name : `arn:aws:rds:${call.region}:${accountId}:${RDS_NAMES[member]}:${name}`;
}

/** An alias is resolved before IAM is asked, which sees the key: one of the stack's own, or any of the account, where any id will do. */
function keyArn({ region }: Call, { accountId, deployedArns }: World, key: string): string {
  if (deployedArns[key] !== undefined) return deployedArns[key];
  return key.startsWith("arn:aws:kms:") && key.includes(":key/")
    ? key
    : `arn:aws:kms:${region}:${accountId}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
}

function text({ operation, input }: Call, member: string): string {
  const value = input[member];
  if (typeof value !== "string") throw new Error(`${operation} has no ${member}, by which it would be authorised.`);
  return value;
}
