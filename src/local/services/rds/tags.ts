import type { AddTagsToResourceMessage, ListTagsForResourceMessage, Tag } from "@aws-sdk/client-rds";
import { ServiceError } from "../../wire/service.ts";
import { type RdsCore, regionOf, requireCluster, requireInstance, requireSnapshot } from "./core.ts";
import { parseRdsArn } from "./identifiers.ts";

// "Each resource can have up to 50 tags"; keys 1-128 and values 0-256 characters of letters, digits, spaces and _.:/=+-@
const MAX_TAGS = 50;
const KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u;
const VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;

/** The tags of a new resource: those given, never any inherited. Throws `InvalidParameterValue`. */
export function newTags(given: readonly Tag[] | undefined): Map<string, string> {
  const tags = new Map<string, string>();
  putTags(tags, given);
  return tags;
}

/** The same, of what stands behind the API. */
export const givenTags = (tags: Readonly<Record<string, string>> = {}): Map<string, string> =>
  newTags(Object.entries(tags).map(([Key, Value]) => ({ Key, Value })));

export function putTags(tags: Map<string, string>, given: readonly Tag[] | undefined): void {
  for (const { Key: key, Value: value = "" } of given ?? []) {
    if (key === undefined || !KEY.test(key)) throw new ServiceError("InvalidParameterValue", `Invalid tag key: ${key}`);
    if (/^(aws|rds):/i.test(key)) {
      throw new ServiceError("InvalidParameterValue", `Tag keys can't begin with the reserved prefix: ${key}`);
    }
    if (!VALUE.test(value)) throw new ServiceError("InvalidParameterValue", `Invalid value of the tag ${key}`);
    tags.set(key, value);
  }
  if (tags.size > MAX_TAGS) {
    throw new ServiceError("InvalidParameterValue", `A resource can have at most ${MAX_TAGS} tags.`);
  }
}

export function tagList(tags: ReadonlyMap<string, string>): Tag[] {
  return [...tags].map(([Key, Value]) => ({ Key, Value }));
}

export function listTags(core: RdsCore, region: string, input: ListTagsForResourceMessage): { TagList: Tag[] } {
  return { TagList: tagList(tagsOf(core, region, input.ResourceName ?? "")) };
}

export function addTags(core: RdsCore, region: string, input: AddTagsToResourceMessage): object {
  putTags(tagsOf(core, region, input.ResourceName ?? ""), input.Tags);
  return {};
}

function tagsOf(core: RdsCore, regionName: string, resourceName: string): Map<string, string> {
  const arn = parseRdsArn(resourceName);
  if (!arn || arn.region !== regionName || arn.accountId !== core.accountId) {
    throw new ServiceError(
      "InvalidParameterValue",
      `The specified resource name does not match an RDS resource in this region.`,
    );
  }
  const region = regionOf(core, regionName);
  if (arn.kind === "cluster") return requireCluster(region, resourceName).tags;
  if (arn.kind === "db") return requireInstance(region, resourceName).tags;
  if (arn.kind === "cluster-snapshot") return requireSnapshot(region, resourceName).tags;
  throw new ServiceError("InvalidParameterValue", `Resources of kind ${arn.kind} have no tags here.`);
}
