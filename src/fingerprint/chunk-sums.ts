import type { TableProgress } from "../reading/table-walk.ts";
import type { TableFingerprint } from "./fingerprints.ts";
import { readSums, type Sum } from "./hash-sql.ts";

/** Enough to say where in a table a mismatch is; 20,000 tables of more than one chunk would be 130 MB at 64. */
const MAX_CHUNKS = 64;

type Chunks = NonNullable<TableFingerprint["chunks"]>;

/**
 * The ranges of a table in their order, neighbours added together until there are at most 64. Undefined for a table that was asked in one
 * statement. `cut` is the closed range that is kept.
 */
export function chunksOf({ chunks }: TableProgress, cut: number | undefined): Chunks | undefined {
  if (chunks === undefined || chunks.length < 2) return undefined;
  const inOrder = [...chunks].sort(({ range: a }, { range: b }) => a.from[0] - b.from[0] || a.from[1] - b.from[1]);
  const together = Math.ceil(inOrder.length / MAX_CHUNKS);
  const kept: Chunks = [];
  for (let nth = 0; nth < inOrder.length; nth += together) {
    const [first, ...others] = inOrder.slice(nth, nth + together);
    if (first === undefined) break;
    const sums = others.reduce(
      (sum, { sums: more }) => sum.map((one, at) => String(BigInt(one) + BigInt(more[at] ?? 0))),
      first.sums,
    );
    const { whole, cuts } = readSums(sums);
    const closed = cut === undefined ? undefined : cuts[cut];
    kept.push({ from: first.range.from, ...whole, ...(closed === undefined ? {} : { closed }) });
  }
  return kept;
}

export const isEqual = (a: Sum, b: Sum): boolean => a.rows === b.rows && a.hash === b.hash;
