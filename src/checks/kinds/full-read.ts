import * as z from "zod/mini";
import { StatementFailed } from "../../aws/data-api/statement-failed.ts";
import { asReadFailure } from "../../reading/chunks.ts";
import { columnsOf, outOfLineOf } from "../../reading/columns.ts";
import type { TableQuestion } from "../../reading/question.ts";
import { bytesOfTables, RELATION_COLUMNS, type Relation, relationOf, USER_SCHEMAS } from "../../reading/relations.ts";
import { walk } from "../../reading/walk.ts";
import { bytesLeft, newWalk, type WalkEnd, WalkProgress } from "../../reading/walk-progress.ts";
import { countOf } from "../expectation.ts";
import { type Asking, found, type KindOfCheck, type Progress } from "../kind.ts";
import { corruptOf, describeGaps, STOPPED } from "../reading-words.ts";

/** A page of the listing: at most some 200 characters a row, so a fifth of the Data API's 1 MiB. */
const PAGE = 1000;

/** Only what is out of line in a table of this size can make a statement slow. */
const WEIGHED_BYTES = 64 * 2 ** 20;

/** The cheapest expression that reads a row with all its columns, out of TOAST where they are there. */
const READ = "count(*)::text n, coalesce(sum(pg_column_size(t.*)), 0)::text bytes";

const FullReadCursor = z.object({
  /** Tables up to and with this oid are done. */
  afterOid: z.string(),
  /** In the tables after it. */
  walk: WalkProgress,
  tables: z.number(),
  rows: z.string(),
  bytes: z.string(),
  /** Rows that no extension brought. */
  ownRows: z.string(),
  /** On disk: of all tables, and of those left behind. */
  totalBytes: z.number(),
  doneBytes: z.number(),
});
type FullReadCursor = z.infer<typeof FullReadCursor>;

const start = (totalBytes: number): FullReadCursor => ({
  totalBytes,
  doneBytes: 0,
  afterOid: "0",
  walk: newWalk(),
  tables: 0,
  rows: "0",
  bytes: "0",
  ownRows: "0",
});

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
    const cursor = stored === undefined ? start(await bytesOfTables(asking.session)) : z.parse(FullReadCursor, stored);
    for (;;) {
      if (!asking.hasTime()) return { cursor };
      const page = await listFrom(asking, cursor);
      if (page.length === 0) return conclude(cursor, "done");
      const questions = await questionsOf(asking, page);
      const pageBytes = page.reduce((sum, { bytes }) => sum + bytes, 0);
      const reached = () => {
        const doneBytes = cursor.doneBytes + pageBytes - bytesLeft(questions, cursor.walk);
        return asking.reached(cursor, { doneBytes, totalBytes: cursor.totalBytes });
      };
      const end = await walk({ ...asking, reached }, questions, cursor.walk);
      if (end === "paused") return { cursor };
      takeOver(cursor, page);
      cursor.doneBytes += pageBytes;
      if (end !== "done") return conclude(cursor, end);
      await asking.reached(cursor);
    }
  },

  cutOff(stored, why) {
    const corrupt = corruptOf(z.parse(FullReadCursor, stored).walk.gaps);
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

async function questionsOf({ session }: Asking, page: readonly Relation[]): Promise<TableQuestion[]> {
  const large = page.filter(({ bytes }) => bytes > WEIGHED_BYTES);
  const columns = await columnsOf(
    session,
    large.map(({ oid }) => oid),
  );
  return page.map((relation) => {
    const table = columns.get(relation.oid);
    const outOfLine = table && outOfLineOf(relation, table);
    return {
      relation,
      sql: (condition) => `select ${READ} from only ${relation.sqlName} t where ${condition}`,
      ...(outOfLine === undefined ? {} : { outOfLine }),
    };
  });
}

/** Adds up what the walk through a page has read, and leaves the page behind. */
function takeOver(cursor: FullReadCursor, page: readonly Relation[]): void {
  let [rows, bytes, ownRows] = [BigInt(cursor.rows), BigInt(cursor.bytes), BigInt(cursor.ownRows)];
  for (const { oid, isOfExtension } of page) {
    const progress = cursor.walk.tables[String(oid)];
    if (progress === undefined) continue;
    const [read = 0n, size = 0n] = progress.sums.map(BigInt);
    rows += read;
    bytes += size;
    if (!isOfExtension) ownRows += read;
    cursor.tables += 1;
  }
  cursor.walk.tables = {};
  cursor.afterOid = String(page.at(-1)?.oid ?? cursor.afterOid);
  Object.assign(cursor, { rows: String(rows), bytes: String(bytes), ownRows: String(ownRows) });
}

function conclude(
  { walk: { gaps }, tables, rows, bytes, ownRows }: FullReadCursor,
  end: Exclude<WalkEnd, "paused">,
): Progress {
  const stopped = STOPPED[end];
  const corrupt = corruptOf(gaps);
  if (corrupt.length > 0) {
    return found("failed", `${describeGaps(corrupt)}${stopped}`, { fault: "corrupt" });
  }
  if (gaps.length > 0 || end !== "done") {
    return found("unchecked", `${describeGaps(gaps)}${stopped}`, end === "unanswered" ? { fault: "timeout" } : {});
  }
  if (ownRows === "0")
    return found("empty", tables === 0 ? "no tables in the database" : `no rows in ${countOf(tables, "table")}`);
  const megabytes = Math.ceil(Number(bytes) / 1e6).toLocaleString("en-US");
  return found("held", `${countOf(BigInt(rows), "row")} of ${countOf(tables, "table")} read, ${megabytes} MB`, {
    rowsRead: Number(rows),
  });
}
