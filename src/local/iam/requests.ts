/** What IAM is asked when a call arrives: AWS authorises one call as one or more actions, each on one or more resources. */
import { rdsRequests } from "./rds-requests.ts";
import { referenceOf } from "./reference.ts";
import { type Call, type IamRequest, keyArn, resourceTags, text, type World } from "./world.ts";

/**
 * Everything that has to be allowed for the call to succeed. Throws on a service or operation whose authorisation is not written here:
 * a new call needs it before its role can be proven.
 */
export async function iamRequestsOf(call: Call, world: World): Promise<readonly IamRequest[]> {
  switch (call.service) {
    case "rds":
      return rdsRequests(call, world);
    case "rds-data":
      return dataRequests(call, world);
    case "s3":
      return s3Requests(call, world);
    case "sns":
      return snsRequests(call, world);
    case "kms":
      return [{ action: `kms:${call.operation}`, resource: keyArn(call, world, text(call, "KeyId")), context: {} }];
    case "states":
      return [{ action: `states:${call.operation}`, resource: statesArn(call), context: {} }];
    case "lambda":
      return [lambdaRequest(call, world)];
    default:
      return [await requestWithoutResource(call)];
  }
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
  HeadObject: "s3:GetObject",
  PutObject: "s3:PutObject",
  DeleteObject: "s3:DeleteObject",
};

async function s3Requests(call: Call, world: World): Promise<IamRequest[]> {
  const bucket = text(call, "Bucket");
  const arn = `arn:aws:s3:::${bucket}`;
  if (call.operation === "ListObjectsV2") {
    const { Prefix: prefix } = call.input;
    const context = typeof prefix === "string" ? { "s3:prefix": prefix } : {};
    return [{ action: "s3:ListBucket", resource: arn, context }];
  }
  const action = S3_ACTIONS[call.operation];
  if (action === undefined) throw new Error(`How s3:${call.operation} is authorised is not written here.`);
  const key = text(call, "Key");
  const request = { action, resource: `${arn}/${key}`, context: {} };
  // What it has to match is read as the caller; that nothing is there is not: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
  if (action === "s3:PutObject" && call.input["IfMatch"] !== undefined)
    return [request, { ...request, action: "s3:GetObject" }];
  // Who may not list is told AccessDenied and not NoSuchKey: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
  if (action !== "s3:GetObject" || (await world.hasObject(bucket, key))) return [request];
  return [request, { action: "s3:ListBucket", resource: arn, context: {} }];
}

/** https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html */
function snsRequests(call: Call, world: World): IamRequest[] {
  const topic = text(call, "TopicArn");
  const publish = { action: `sns:${call.operation}`, resource: topic, context: {} };
  const key = world.topicKeyArn(topic);
  if (key === undefined) return [publish];
  const context = { "kms:ViaService": `sns.${call.region}.amazonaws.com` };
  return [publish, ...["kms:GenerateDataKey", "kms:Decrypt"].map((action) => ({ action, resource: key, context }))];
}

/** Of an execution or of a machine, as the call names one. */
function statesArn(call: Call): string {
  const { executionArn, stateMachineArn } = call.input;
  const arn = executionArn ?? stateMachineArn;
  if (typeof arn !== "string") throw new Error(`states:${call.operation} names no resource that is known here.`);
  return arn;
}

function lambdaRequest(call: Call, { accountId }: World): IamRequest {
  if (call.operation !== "Invoke") throw new Error(`How lambda:${call.operation} is authorised is not written here.`);
  const name = text(call, "FunctionName");
  const resource = name.startsWith("arn:") ? name : `arn:aws:lambda:${call.region}:${accountId}:function:${name}`;
  return { action: "lambda:InvokeFunction", resource, context: {} };
}

/** Services whose actions do not carry their signing name. */
const PREFIXES: Readonly<Record<string, string>> = { monitoring: "cloudwatch", tagging: "tag" };

/** EC2's descriptions, metrics that are put, searches by tag: of these AWS asks no resource. */
async function requestWithoutResource(call: Call): Promise<IamRequest> {
  const action = `${PREFIXES[call.service] ?? call.service}:${call.operation}`;
  const required = (await referenceOf(action))?.resourceTypes.filter(({ isRequired }) => isRequired);
  if (required?.length !== 0) throw new Error(`How ${action} is authorised is not written here.`);
  const { Namespace: namespace } = call.input;
  const context = typeof namespace === "string" ? { "cloudwatch:namespace": namespace } : {};
  return { action, resource: "*", context };
}
