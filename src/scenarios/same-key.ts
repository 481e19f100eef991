/** Replicas of a multi-Region key are one key in several regions, and `mrk-` begins their id in each. */
export function isSameKey(one: string, other: string): boolean {
  const [id] = /mrk-[^/]+$/.exec(one) ?? [];
  return one === other || (id !== undefined && other.endsWith(`/${id}`));
}
