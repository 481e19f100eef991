import type { Relation } from "../../reading/relations.ts";

/** A table up to this size is asked together with others in one statement. */
const SMALL_BLOCKS = 512;
/** 32 MB take a cold sandbox a few seconds. */
const BATCH_BLOCKS = 4096;
/** Below the 64 KB of SQL that the Data API takes, with room for what joins the parts. */
const BATCH_CHARS = 48_000;

export const isSmall = ({ blocks }: Pick<Relation, "blocks">): boolean => blocks <= SMALL_BLOCKS;

/** As many items of small tables, from the first, as fit one statement; always the first. */
export function batchOf<I extends { readonly relation: Pick<Relation, "blocks"> }>(
  page: readonly I[],
  limit: number,
  selectOf: (item: I, nth: number) => string,
): { readonly items: I[]; readonly selects: string[] } {
  const items: I[] = [];
  const selects: string[] = [];
  let [blocks, chars] = [0, 0];
  for (const item of page.slice(0, limit)) {
    const select = selectOf(item, items.length);
    blocks += item.relation.blocks;
    chars += select.length;
    const isOver = blocks > BATCH_BLOCKS || chars > BATCH_CHARS || !isSmall(item.relation);
    if (items.length > 0 && isOver) break;
    items.push(item);
    selects.push(select);
  }
  return { items, selects };
}
