import { createHash } from "node:crypto";

/** Digits of a hash that tell two names apart which differ in their hyphens alone. */
const HASH_DIGITS = 8;

/**
 * A plan's or cluster's name as the first part of logical ids: `orders-eu` is `OrdersEu`. Logical ids have no hyphens, so a name that could not
 * be read back (`orders-2`, since `orders2` is `Orders2` too) gets some of its hash: whoever calls a cluster so can not rename it.
 */
export function logicalIdPart(name: string): string {
  const pascal = name.replace(/(?:^|-)([a-z0-9]?)/g, (_, first: string) => first.toUpperCase());
  const readBack = pascal.replace(/[A-Z]/g, (letter, at: number) => `${at === 0 ? "" : "-"}${letter.toLowerCase()}`);
  if (readBack === name) return pascal;
  return `${pascal}X${createHash("sha256").update(name).digest("hex").slice(0, HASH_DIGITS)}`;
}
