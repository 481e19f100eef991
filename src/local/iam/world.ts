/** What IAM is asked with: a call, the account that it is made in, and how their parts are named in policies. */
import type { RequestContext } from "../../../packaging/permissions.ts";
import type { InterceptedCall } from "../wire/desk.ts";

export type Call = Omit<InterceptedCall, "principal">;

export interface IamRequest {
  readonly action: string;
  readonly resource: string;
  readonly context: RequestContext;
}

export type Tags = Readonly<Record<string, string>>;

/** What an authorisation depends on besides the call itself: the account as it is when the call arrives. */
export interface World {
  readonly accountId: string;
  /** The key that a call means by id, alias or ARN; undefined where the region has none. */
  readonly keyArn: (region: string, name: string) => string | undefined;
  /** The key that encrypts a topic. */
  readonly topicKeyArn: (topicArn: string) => string | undefined;
  /** None for a resource that is not there. */
  readonly tagsOf: (arn: string) => Tags;
  /** Of a cluster or a cluster snapshot; undefined for one that is not there. */
  readonly groupsOf: (arn: string) => { readonly engineVersion: string; readonly subnetGroup?: string } | undefined;
  /** The key of an encrypted cluster snapshot: the account's own, or one that another account shares. */
  readonly snapshotKeyArn: (arn: string) => string | undefined;
  readonly hasObject: (bucket: string, key: string) => Promise<boolean>;
}

export const resourceTags = (tags: Tags): RequestContext => prefixed("aws:ResourceTag/", tags);

export const prefixed = (prefix: string, tags: Tags): RequestContext =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [`${prefix}${key}`, value]));

/** An alias is resolved before IAM is asked, which sees the key. Of a key that is not there any id will do: what it is not is the stack's. */
export function keyArn({ region }: Call, world: World, name: string): string {
  const found = world.keyArn(region, name);
  if (found !== undefined) return found;
  return name.startsWith("arn:aws:kms:") && name.includes(":key/")
    ? name
    : `arn:aws:kms:${region}:${world.accountId}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
}

export function text({ operation, input }: Pick<Call, "operation" | "input">, member: string): string {
  const value = input[member];
  if (typeof value !== "string") throw new Error(`${operation} has no ${member}, by which it would be authorised.`);
  return value;
}
