import * as z from "zod/mini";

/** A place in a table: block, and line pointer in it (counted from 1; 0 is before the first). */
export const Place = z.tuple([z.number(), z.number()]);
export type Place = z.infer<typeof Place>;

/** The rows from a place up to and without another; without `to`, to the end of the table, which may have grown since it was measured. */
export const Range = z.object({ from: Place, to: z.optional(Place) });
export type Range = z.infer<typeof Range>;

export const WHOLE_TABLE: Range = { from: [0, 0] };

/** The most rows that a block of 8 KiB can hold are 291; a block of 32 KiB holds 1,169. */
const MAX_ITEMS = 2048;

/** For a `where` on the table itself: a TID range scan since PostgreSQL 14. Numbers of our own, so nothing is bound. */
export function rangeCondition({ from, to }: Range): string {
  const lower = `ctid >= '(${from[0]},${from[1]})'::tid`;
  return to === undefined ? lower : `${lower} and ctid < '(${to[0]},${to[1]})'::tid`;
}

/** How many blocks the range touches, in a table of `tableBlocks`. */
export function blocksIn({ from, to }: Range, tableBlocks: number): number {
  const end = to === undefined ? Math.max(tableBlocks, from[0] + 1) : to[0] + (to[1] > 0 ? 1 : 0);
  return Math.max(1, end - from[0]);
}

/**
 * The range in up to `parts` parts of about the same number of blocks, or, within one block, of line pointers. A range that can not be
 * divided is answered alone.
 */
export function split(range: Range, parts: number, tableBlocks: number): Range[] {
  const blocks = blocksIn(range, tableBlocks);
  if (blocks > 1) {
    const step = Math.ceil(blocks / parts);
    const cuts: Place[] = [];
    for (let block = range.from[0] + step; block < range.from[0] + blocks; block += step) cuts.push([block, 0]);
    return cutAt(range, cuts);
  }
  const block = range.from[0];
  const first = Math.max(1, range.from[1]);
  const last = range.to !== undefined && range.to[0] === block ? range.to[1] : MAX_ITEMS;
  const step = Math.ceil((last - first) / parts);
  const cuts: Place[] = [];
  for (let item = first + step; step > 0 && item < last; item += step) cuts.push([block, item]);
  return cutAt(range, cuts);
}

/** The same rows in one range more than there are cuts, which lie inside it in order. */
export function cutAt(range: Range, cuts: readonly Place[]): Range[] {
  const starts: Place[] = [range.from, ...cuts];
  return starts.map((from, nth) => {
    const to = cuts[nth] ?? range.to;
    return to === undefined ? { from } : { from, to };
  });
}

/** Whether the range holds rows of one line pointer only. */
export const isOneRow = ({ from, to }: Range): boolean =>
  to !== undefined && from[0] === to[0] && to[1] - Math.max(1, from[1]) <= 1;
