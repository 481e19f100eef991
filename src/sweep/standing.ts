import { Instant } from "../plan/drill.ts";
import { EXECUTION_SECONDS, LONGEST_DRILL_SECONDS, TEARDOWN_SECONDS } from "../plan/lifetimes.ts";
import { startOf, TAG } from "../plan/names.ts";
import { isOwnedBy, mayLackTags } from "../recovery/ownership.ts";
import { secondsBetween } from "../recovery/pacing.ts";
import type { NamedResource } from "./inventory.ts";

/**
 * `running`: its drill may still need it. `kept`: it stays for somebody to look at. `ended`: it stayed for as long as was announced. `leaked`: its
 * time is over, and nobody was told that it would still be there. `foreign`: it has the name and not the tags.
 */
export type Standing = "running" | "kept" | "ended" | "leaked" | "foreign";

/** By name, tags and age: each alone proves nothing. */
export function standingOf(resource: NamedResource, now: Date): Standing {
  const { drillId, tags } = resource;
  if (!isOwnedBy(drillId, resource))
    return mayLackTags(drillId, resource, secondsBetween(newestStart(resource), now)) ? "running" : "foreign";
  const expiredSeconds = secondsBetween(expiryOf(resource), now);
  const isKept = tags.some(({ Key }) => Key === TAG.kept);
  if (expiredSeconds < 0) return isKept ? "kept" : "running";
  // Deleting takes its time; what a sweep can not delete at all is a leak, however it was announced.
  return isKept && expiredSeconds < TEARDOWN_SECONDS ? "ended" : "leaked";
}

/** Until when it may be there: as its tag says, or else as long after it was made as the longest drill takes. */
export function expiryOf(resource: NamedResource): Date {
  const tag = resource.tags.find(({ Key }) => Key === TAG.expires)?.Value;
  const { data } = Instant.safeParse(tag);
  return data === undefined ? after(newestStart(resource), LONGEST_DRILL_SECONDS) : new Date(data);
}

/** When it was made, or else the last moment at which its drill can have begun. */
const newestStart = ({ createdAt, drillId }: NamedResource): Date =>
  createdAt ?? after(startOf(drillId), EXECUTION_SECONDS);

const after = (moment: Date, seconds: number): Date => new Date(moment.getTime() + seconds * 1000);
