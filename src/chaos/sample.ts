/** A repeatable choice: the same seed chooses the same. */

/** mulberry32: 32 bits of state are enough to shuffle a few thousand faults. https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` of the items, so chosen that groups with the fewest chosen so far come first. */
export function sampled<Item>(
  items: readonly Item[],
  count: number,
  seed: number,
  groupsOf: (item: Item) => readonly string[],
): Item[] {
  const random = randomOf(seed);
  const left = items
    .map((item) => ({ item, groups: groupsOf(item), order: random() }))
    .sort((a, b) => a.order - b.order);
  const taken = new Map<string, number>();
  const chosen: Item[] = [];
  while (chosen.length < count && left.length > 0) {
    const crowd = left.map(({ groups }) => groups.reduce((sum, group) => sum + (taken.get(group) ?? 0), 0));
    const [next] = left.splice(crowd.indexOf(Math.min(...crowd)), 1);
    if (next === undefined) break;
    for (const group of next.groups) taken.set(group, (taken.get(group) ?? 0) + 1);
    chosen.push(next.item);
  }
  return chosen;
}
