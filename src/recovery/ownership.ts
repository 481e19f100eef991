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

/**
 * "Already exists" is success only for a resource this drill made itself. Throws NotOurs otherwise; the resource is not touched.
 */
export function assertOwnedBy(drillId: string, resource: { id: string; tags: readonly Tag[] | undefined }): void {
  if (isOwnedBy(drillId, resource)) return;
  throw new NotOurs(
    `${resource.id} exists, but its tags do not say that drill ${drillId} made it. It was left as it is. Find out who made it; rename or delete it by hand.`,
  );
}
