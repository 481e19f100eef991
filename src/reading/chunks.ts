import * as z from "zod/mini";
import { StatementFailed } from "../aws/data-api/statement-failed.ts";
import type { Row } from "../aws/data-api/values.ts";
import type { DataSession } from "../aws/data-api.ts";
import { onlyRow } from "./only-row.ts";
import { FIRST_PACE, Pace, paceAfter, paceAfterFailure } from "./pace.ts";
import type { Relation } from "./relations.ts";

/** Where in one table the walk is. */
export const ChunkPosition = z.object({ block: z.number(), pace: Pace });
export type ChunkPosition = z.infer<typeof ChunkPosition>;

export const FIRST_CHUNK: ChunkPosition = { block: 0, pace: FIRST_PACE };

/** Blocks `from` up to and without `to`. */
export interface BlockRange {
  readonly from: number;
  readonly to: number;
}

/**
 * - `read`: one chunk was read.
 * - `split`: it was not, and a part of it is asked next.
 * - `unread`: not even the smallest part was; the walk goes on behind it.
 * `next` is absent when the table is at its end.
 */
export type Chunk =
  | { readonly step: "read"; readonly row: Row; readonly next: ChunkPosition | undefined }
  | { readonly step: "split"; readonly failed: StatementFailed; readonly next: ChunkPosition }
  | {
      readonly step: "unread";
      readonly failed: StatementFailed;
      readonly range: BlockRange;
      readonly next: ChunkPosition | undefined;
    };

/**
 * Takes one step through a table, by ranges of blocks (TID range scans, PostgreSQL 14 and later; earlier versions filter a whole scan).
 * `select` is an aggregate over the rows of alias `t`. Throws StatementFailed only when the database does not answer at all.
 */
export function readChunk(
  session: DataSession,
  relation: Relation,
  select: string,
  position: ChunkPosition,
): Promise<Chunk> {
  return readBlocks(session, relation, position, (range) => {
    // The last range is open: the size was read a moment before the rows are.
    const upper = range.isLast ? "" : ` and ctid < '(${range.to},0)'::tid`;
    return `select ${select} from only ${relation.sqlName} t where ctid >= '(${range.from},0)'::tid${upper}`;
  });
}

/** The same, for any statement of one row over a range of blocks. */
export async function readBlocks(
  session: DataSession,
  relation: Relation,
  { block, pace }: ChunkPosition,
  statement: (range: BlockRange & { readonly isLast: boolean }) => string,
): Promise<Chunk> {
  const to = Math.min(block + pace.blocks, Math.max(relation.blocks, block + 1));
  const isLast = to >= relation.blocks;
  const before = session.seconds;
  const goOn = (nextPace: Pace): ChunkPosition | undefined => (isLast ? undefined : { block: to, pace: nextPace });
  try {
    const row = onlyRow(await session.query(statement({ from: block, to, isLast })));
    return {
      step: "read",
      row,
      next: goOn(paceAfter(pace, { blocks: to - block, seconds: session.seconds - before })),
    };
  } catch (error) {
    if (!(error instanceof StatementFailed) || error.fault === "unavailable") throw error;
    const failed = asReadFailure(error);
    if (failed.fault !== "timeout" && failed.fault !== "corrupt") {
      // Denied, dropped or wrong for every block alike.
      return { step: "unread", failed, range: { from: block, to: relation.blocks }, next: undefined };
    }
    if (to - block > 1) return { step: "split", failed, next: { block, pace: paceAfterFailure(to - block) } };
    return { step: "unread", failed, range: { from: block, to }, next: goOn(FIRST_PACE) };
  }
}

/**
 * What failed a statement that does nothing but read rows: an internal error (SQLState class XX) or one of the system and its files (58)
 * can only come of what is on disk, whatever its message. In a user's own statement it may come of the statement.
 */
export function asReadFailure(failed: StatementFailed): StatementFailed {
  const isOfStorage = failed.fault === "invalid" && /^(XX|58)/.test(failed.sqlState ?? "");
  return isOfStorage ? new StatementFailed("corrupt", failed.message, failed.sqlState) : failed;
}
