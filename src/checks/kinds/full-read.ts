import * as z from "zod/mini";
import { StatementFailed } from "../../aws/data-api/statement-failed.ts";
import { askBatch, MAX_BATCH, MAX_TIMEOUTS_IN_A_ROW } from "../../reading/batches.ts";
import { asReadFailure, type BlockRange, ChunkPosition, FIRST_CHUNK, readChunk } from "../../reading/chunks.ts";
import { RELATION_COLUMNS, type Relation, relationOf, USER_SCHEMAS } from "../../reading/relations.ts";
import { countOf, listOf, MAX_LISTED } from "../expectation.ts";
import { explain } from "../fault.ts";
import { type Asking, found, type KindOfCheck, type Progress } from "../kind.ts";

/** A table up to this size, with its TOAST, is read with others in one statement. */
const SMALL_BYTES = 4 * 2 ** 20;
/** 32 MB take a cold sandbox a few seconds. */
const BATCH_BYTES = 32 * 2 ** 20;

/** A page of the listing: at most some 200 characters a row, so a fifth of the Data API's 1 MiB. */
const PAGE = 1000;

/** Bad ranges and statements to find them: beyond these the database is bad, and exactly how bad is not the question. */
const MAX_GAPS = 50;
const MAX_FAILED_STATEMENTS = 300;

/** The cheapest expression that reads a row with all its columns, out of TOAST where they are there. */
const READ = "count(*)::text, coalesce(sum(pg_column_size(t.*)), 0)::text";

/** Rows that could not be read, or were not. */
const Gap = z.object({ table: z.string(), from: z.number(), to: z.number(), isCorrupt: z.boolean(), said: z.string() });
type Gap = z.infer<typeof Gap>;

const FullReadCursor = z.object({
  /** Tables up to and with this oid are done. */
  afterOid: z.string(),
  /** In the table after it, when that is read by ranges of blocks. */
  position: z.optional(ChunkPosition),
  batch: z.number(),
  tables: z.number(),
  rows: z.string(),
  bytes: z.string(),
  /** Rows that no extension brought. */
  ownRows: z.string(),
  gaps: z.array(Gap),
  failedStatements: z.number(),
  timeoutsInARow: z.number(),
});
type FullReadCursor = z.infer<typeof FullReadCursor>;

const START: FullReadCursor = {
  afterOid: "0",
  batch: MAX_BATCH,
  tables: 0,
  rows: "0",
  bytes: "0",
  ownRows: "0",
  gaps: [],
  failedStatements: 0,
  timeoutsInARow: 0,
};

const listing = (afterOid: string): string => `select ${RELATION_COLUMNS}
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm') and c.relispopulated and c.relpersistence <> 't' and c.oid > ${BigInt(afterOid)}::oid and ${USER_SCHEMAS}
order by c.oid limit ${PAGE}`;

/**
 * Reads every row of every table once: what a checksum, a page header or a TOAST pointer gives away is found, and the time until all
 * of the data had been read is known. An all-zero page reads as empty: that is found by counts and fingerprints.
 */
export const fullRead: KindOfCheck<"full-read"> = {
  expected: () => "every row of every table readable",

  async ask(_check, asking, stored) {
    let cursor = stored === undefined ? START : z.parse(FullReadCursor, stored);
    for (;;) {
      if (!asking.hasTime()) return { cursor };
      const page = await listFrom(asking, cursor);
      if (page.length === 0) return conclude(cursor, "done");
      for (let first = page[0]; first !== undefined; first = page[0]) {
        if (!asking.hasTime()) return { cursor };
        cursor =
          isSmall(first) && cursor.position === undefined
            ? await readSmall(asking, page, cursor)
            : await readRange(asking, first, cursor);
        while (page[0] !== undefined && page[0].oid <= BigInt(cursor.afterOid)) page.shift();
        if (cursor.timeoutsInARow >= MAX_TIMEOUTS_IN_A_ROW) return conclude(cursor, "unanswered");
        if (cursor.gaps.length >= MAX_GAPS || cursor.failedStatements >= MAX_FAILED_STATEMENTS)
          return conclude(cursor, "stopped");
        await asking.reached(cursor);
      }
    }
  },

  cutOff(stored, why) {
    const corrupt = corruptOf(z.parse(FullReadCursor, stored));
    if (corrupt.length === 0) return undefined;
    return { outcome: "failed", observed: `${describeGaps(corrupt)}; the rest was not read: ${why}`, fault: "corrupt" };
  },
};

/** The catalog is data as well: one that can not be read did not come back. */
async function listFrom({ session }: Asking, { afterOid }: FullReadCursor): Promise<Relation[]> {
  try {
    return (await session.query(listing(afterOid))).map(relationOf);
  } catch (error) {
    throw error instanceof StatementFailed ? asReadFailure(error) : error;
  }
}

const isSmall = ({ bytes }: Relation): boolean => bytes <= SMALL_BYTES;

/** As many small tables as fit one statement. One that fails alone is read again by ranges, to find where. */
async function readSmall(
  { session }: Asking,
  page: readonly Relation[],
  cursor: FullReadCursor,
): Promise<FullReadCursor> {
  const batch = smallFirst(page, cursor.batch);
  const answer = await askBatch(
    session,
    batch.map(({ sqlName }, nth) => `select '${nth}' nth, ${READ} from only ${sqlName} t`),
  );
  if ("failed" in answer) {
    const next = withFailure(cursor, answer.failed);
    if (batch.length > 1) return { ...next, batch: answer.nextSize };
    return { ...next, batch: 2, position: FIRST_CHUNK };
  }
  const next = answer.rows.reduce((sums, row) => {
    const relation = batch[Number(row.text(0))];
    return relation === undefined ? sums : withRows(sums, relation, row.integer(1), row.integer(2));
  }, cursor);
  return {
    ...next,
    batch: answer.nextSize,
    tables: cursor.tables + batch.length,
    afterOid: String(batch.at(-1)?.oid ?? cursor.afterOid),
  };
}

function smallFirst(page: readonly Relation[], limit: number): Relation[] {
  const batch: Relation[] = [];
  let bytes = 0;
  for (const relation of page.slice(0, limit)) {
    bytes += relation.bytes;
    if (!isSmall(relation) || (batch.length > 0 && bytes > BATCH_BYTES)) break;
    batch.push(relation);
  }
  return batch;
}

async function readRange({ session }: Asking, relation: Relation, cursor: FullReadCursor): Promise<FullReadCursor> {
  const chunk = await readChunk(session, relation, READ, cursor.position ?? FIRST_CHUNK);
  const { position: _, ...rest } = cursor;
  const done = { ...rest, afterOid: String(relation.oid), tables: cursor.tables + 1 };
  const next = chunk.next === undefined ? done : { ...rest, position: chunk.next };
  if (chunk.step === "read") return withRows(next, relation, chunk.row.integer(0), chunk.row.integer(1));
  if (chunk.step === "unread") return withGap(withFailure(next, chunk.failed), relation, chunk.range, chunk.failed);
  if (chunk.failed.fault !== "timeout" || !isBehindTimeout(cursor, relation)) {
    return withFailure(next, chunk.failed);
  }
  // It is the table that hangs, not one block.
  const remainder = { from: chunk.next.block, to: relation.blocks };
  return withGap(withFailure(done, chunk.failed), relation, remainder, chunk.failed);
}

/** Whether the block before this one was given up, alone, after a timeout. */
function isBehindTimeout({ gaps, position }: FullReadCursor, { name }: Relation): boolean {
  const last = gaps.at(-1);
  return last?.table === name && last.to === position?.block && !last.isCorrupt;
}

function withFailure(cursor: FullReadCursor, { fault }: StatementFailed): FullReadCursor {
  return {
    ...cursor,
    failedStatements: cursor.failedStatements + 1,
    timeoutsInARow: fault === "timeout" ? cursor.timeoutsInARow + 1 : 0,
  };
}

function withRows(cursor: FullReadCursor, { isOfExtension }: Relation, rows: bigint, bytes: bigint): FullReadCursor {
  return {
    ...cursor,
    rows: String(BigInt(cursor.rows) + rows),
    bytes: String(BigInt(cursor.bytes) + bytes),
    ownRows: String(BigInt(cursor.ownRows) + (isOfExtension ? 0n : rows)),
    timeoutsInARow: 0,
  };
}

function withGap(
  cursor: FullReadCursor,
  { name }: Relation,
  { from, to }: BlockRange,
  failed: StatementFailed,
): FullReadCursor {
  const { gaps } = cursor;
  const gap = { table: name, from, to, isCorrupt: failed.fault === "corrupt", said: explain(failed) };
  const last = gaps.at(-1);
  const continues = last?.table === name && last.to === from && last.isCorrupt === gap.isCorrupt;
  return { ...cursor, gaps: continues ? [...gaps.slice(0, -1), { ...last, to }] : [...gaps, gap] };
}

const corruptOf = ({ gaps }: FullReadCursor): Gap[] => gaps.filter(({ isCorrupt }) => isCorrupt);

const STOPPED = {
  done: "",
  stopped: "; stopped reading there, the rest was not looked at",
  unanswered: `; stopped reading there, after ${MAX_TIMEOUTS_IN_A_ROW} statements in a row that were not answered in time`,
} as const;

function conclude(cursor: FullReadCursor, end: keyof typeof STOPPED): Progress {
  const { gaps, tables, rows, bytes, ownRows } = cursor;
  const stopped = STOPPED[end];
  const corrupt = corruptOf(cursor);
  if (corrupt.length > 0) {
    return found("failed", `${describeGaps(corrupt)}${stopped}`, { fault: "corrupt" });
  }
  if (gaps.length > 0 || end !== "done") {
    return found("unchecked", `${describeGaps(gaps)}${stopped}`, end === "unanswered" ? { fault: "timeout" } : {});
  }
  if (ownRows === "0")
    return found("empty", tables === 0 ? "no tables in the database" : `no rows in ${countOf(tables, "table")}`);
  const megabytes = Math.ceil(Number(bytes) / 1e6).toLocaleString("en-US");
  return found("held", `${countOf(BigInt(rows), "row")} of ${countOf(tables, "table")} read, ${megabytes} MB`);
}

function describeGaps(gaps: readonly Gap[]): string {
  const [first] = gaps;
  const places = gaps.map(({ table, from, to }) =>
    to - from > 1 ? `${table} blocks ${from} to ${to - 1}` : `${table} block ${from}`,
  );
  return first === undefined
    ? "too many statements failed"
    : `${listOf(places.slice(0, MAX_LISTED), gaps.length)}: ${first.said}`;
}
