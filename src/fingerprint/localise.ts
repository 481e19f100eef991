import type { TableQuestion } from "../reading/question.ts";
import type { Range } from "../reading/ranges.ts";
import { type WalkMeans, walk } from "../reading/walk.ts";
import { newWalk } from "../reading/walk-progress.ts";
import { isEqual } from "./chunk-sums.ts";
import type { TableFingerprint } from "./fingerprints.ts";
import { readSums } from "./hash-sql.ts";

/** A range of a table whose rows are not those of the reference. */
export interface Mismatch {
  readonly range: Range;
  readonly knownRows: string;
  readonly rows: string;
}

/**
 * Which of a table's ranges differ. Rows of a physical copy stand where they stood; a table that was rewritten since differs everywhere.
 * `cut` is given when only the closed range is compared. Undefined when the time was up, or the ranges could not be read.
 */
export async function localise(
  means: Omit<WalkMeans, "reached">,
  question: TableQuestion,
  { chunks }: TableFingerprint,
  cut: number | undefined,
): Promise<Mismatch[] | undefined> {
  if (chunks === undefined) return [];
  const mismatches: Mismatch[] = [];
  for (const [nth, chunk] of chunks.entries()) {
    if (!means.hasTime()) return undefined;
    const next = chunks[nth + 1];
    const range: Range = next === undefined ? { from: chunk.from } : { from: chunk.from, to: next.from };
    const progress = newWalk();
    const oid = String(question.relation.oid);
    progress.tables[oid] = { file: question.relation.file ?? "", sums: [], pending: [range] };
    const end = await walk({ ...means, reached: async () => {} }, [question], progress);
    if (end !== "done" || progress.gaps.length > 0) return undefined;
    const { whole, cuts } = readSums(progress.tables[oid]?.sums ?? []);
    const known = cut === undefined ? chunk : chunk.closed;
    const found = cut === undefined ? whole : cuts[cut];
    if (known !== undefined && found !== undefined && !isEqual(known, found))
      mismatches.push({ range, knownRows: known.rows, rows: found.rows });
  }
  return mismatches;
}
