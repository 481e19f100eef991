import type { Tag } from "@aws-sdk/client-rds";
import { NotOurs } from "../errors.ts";
import { drillOf, TAG } from "../plan/names.ts";

/** RDS's form of a drill's tags. */
export function tagList(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** True only when the name and the tags both say that this drill made the resource. */
export function isOwnedBy(drillId: string, resource: { id: string; tags: readonly Tag[] | undefined }): boolean {
  return (
    drillOf(resource.id) === drillId &&
    (resource.tags ?? []).some(({ Key, Value }) => Key === TAG.drill && Value === drillId)
  );
}

/** RDS's listings lag, and tags may come after the resource. Without a permission to see them they never come. */
export const TAGS_LAG_SECONDS = 5 * 60;

/** True while a resource that has this drill's name may only be listed before its tags: no tag at all is not a foreign one. */
export function mayLackTags(
  drillId: string,
  { id, tags }: { id: string; tags: readonly Tag[] | undefined },
  waitedSeconds: number,
): boolean {
  return drillOf(id) === drillId && (tags ?? []).length === 0 && waitedSeconds <= TAGS_LAG_SECONDS;
}

/**
 * "Already exists" is success only for a resource this drill made itself: true when its tags say so, false while it is listed without any, for
 * the first 5 min. Throws NotOurs otherwise; the resource is not touched.
 */
export function isSeenAsOurs(
  drillId: string,
  resource: { id: string; tags: readonly Tag[] | undefined },
  waitedSeconds: number,
): boolean {
  if (isOwnedBy(drillId, resource)) return true;
  if (mayLackTags(drillId, resource, waitedSeconds)) return false;
  throw new NotOurs(
    `${resource.id} exists, but its tags do not say that drill ${drillId} made it. It was left as it is. Find out who made it; rename or delete it by hand.`,
  );
}
