import * as z from "zod/mini";
import { StatementFailed } from "../aws/data-api/statement-failed.ts";
import type { DataSession, SessionOptions } from "../aws/data-api.ts";
import { aliasOf, columnsOf, type TableColumns } from "../reading/columns.ts";
import type { TableQuestion } from "../reading/question.ts";
import type { Relation } from "../reading/relations.ts";
import { bytesOfTables } from "../reading/relations.ts";
import { type WalkMeans, walk } from "../reading/walk.ts";
import { bytesLeft, newWalk, type WalkEnd, WalkProgress } from "../reading/walk-progress.ts";
import { chunksOf } from "./chunk-sums.ts";
import { TableFingerprint } from "./fingerprints.ts";
import {
  type ColumnOrder,
  type Cut,
  hashQuestion,
  KEY_BIND,
  MAX_CUTS,
  type Mode,
  readSums,
  shapeOf,
  type Transactions,
} from "./hash-sql.ts";
import { type ListedTable, listTables } from "./listing.ts";
import { typeForms } from "./type-forms.ts";

/** A table by its displayed name, and of a partition the table at the top. */
export type TableName = Pick<TableFingerprint, "table" | "partOf">;

type Named = Pick<ListedTable, "relation" | "partOf">;

const nameOf = ({ relation, partOf }: Named): TableName => ({
  table: relation.name,
  ...(partOf === undefined ? {} : { partOf }),
});

/** What is wanted of the tables of a database. */
export interface Wanted {
  readonly mode: Mode;
  readonly columnOrder: ColumnOrder;
  /** Of a strong fingerprint, in hex. */
  readonly key: string | undefined;
  /** The closed ranges of a table; the last is the one that is kept. */
  cuts(table: TableName): readonly (Cut | undefined)[];
  /** A transaction (xid8): rows written by it and later ones are counted. */
  readonly writtenSince: bigint | undefined;
  isLeftOut(table: TableName): boolean;
}

/** What was found in one table, with the closed ranges it was compared in. */
const FoundTable = z.object({
  ...TableFingerprint.shape,
  oid: z.string(),
  /** Rows written since, and the sums of the cuts asked for. */
  written: z.string(),
  cuts: z.array(z.object({ rows: z.string(), hash: z.string() })),
});
export type FoundTable = z.infer<typeof FoundTable>;

/** Where the taking of fingerprints got to. */
export const TakingCursor = z.object({
  afterOid: z.string(),
  walk: WalkProgress,
  tables: z.array(FoundTable),
  unhashed: z.array(z.object({ table: z.string(), why: z.string() })),
  leftOut: z.array(z.object({ table: z.string(), partOf: z.optional(z.string()) })),
  transaction: z.string(),
  nextTransaction: z.string(),
  majorVersion: z.int(),
  totalBytes: z.number(),
  doneBytes: z.number(),
});
export type TakingCursor = z.infer<typeof TakingCursor>;

/** Columns named in an error. */
const MAX_NAMED = 20;
/** What is in a report of 20,000 tables is 4 MB; a database of more is more than one plan should prove. */
const MAX_TABLES = 20_000;

/** Rows of transactions that began while the fingerprints were taken are the database's own (statistics, passwords): not missed by these. */
const TRANSACTIONS_MEANWHILE = 1_000_000n;

const NOW = `select pg_snapshot_xmin(pg_current_snapshot())::text, pg_snapshot_xmax(pg_current_snapshot())::text,
  (current_setting('server_version_num')::int / 10000)::text`;

/** Names within the data (regclass and its like) are written in full, whatever the role's own path is. */
const SETTINGS = { search_path: "pg_catalog" };

type Means = Omit<WalkMeans, "reached" | "binds" | "another"> & {
  another(settings?: SessionOptions["settings"]): DataSession;
  reached(cursor: TakingCursor, share: Pick<TakingCursor, "doneBytes" | "totalBytes">): Promise<void>;
};

/**
 * Takes the fingerprint of every table that has rows of its own: ordinary tables, partitions, materialised views. Goes on from a cursor,
 * and answers one with the end that was reached. Throws StatementFailed when the database does not answer, and beyond 20,000 tables.
 */
export async function takeFingerprints(
  given: Means,
  wanted: Wanted,
  stored: TakingCursor | undefined,
): Promise<{ readonly cursor: TakingCursor; readonly end: WalkEnd }> {
  const means = withSettings(given);
  const cursor = stored ?? (await begin(means));
  for (;;) {
    if (!means.hasTime()) return { cursor, end: "paused" };
    const page = await listTables(means.session, BigInt(cursor.afterOid));
    if (page.length === 0) return { cursor, end: "done" };
    if (cursor.tables.length + page.length > MAX_TABLES)
      throw new StatementFailed(
        "invalid",
        `there are more than ${MAX_TABLES} tables: leave some out with \`except\`, or split the database's plan.`,
      );
    const asked = page.filter((listed) => listed.unhashed === undefined && !wanted.isLeftOut(nameOf(listed)));
    const asking = await questionsOf(means, wanted, asked, cursor);
    const questions = asking.map(({ question }) => question);
    const pageBytes = asked.reduce((sum, { relation }) => sum + relation.bytes, 0);
    const doneBefore = cursor.doneBytes;
    const end = await walk(
      {
        ...means,
        reached: () => {
          cursor.doneBytes = doneBefore + pageBytes - bytesLeft(questions, cursor.walk);
          return means.reached(cursor, shareOf(cursor));
        },
        ...(wanted.key === undefined ? {} : { binds: { [KEY_BIND]: wanted.key } }),
      },
      questions,
      cursor.walk,
    );
    cursor.doneBytes = doneBefore;
    if (end === "paused") return { cursor, end };
    takeOver(cursor, page, wanted, new Map(asking.map(({ question, shape }) => [question.relation.oid, shape])));
    cursor.doneBytes = doneBefore + pageBytes;
    if (end !== "done") return { cursor, end };
    await means.reached(cursor, shareOf(cursor));
  }
}

/** The same, in sessions that write everything the same way. */
export function withSettings<Given extends Pick<Means, "another">>(given: Given) {
  return { ...given, session: given.another(SETTINGS), another: () => given.another(SETTINGS) };
}

const shareOf = ({ doneBytes, totalBytes }: TakingCursor) => ({ doneBytes, totalBytes });

async function begin({ session }: Means): Promise<TakingCursor> {
  const [now] = await session.query(NOW);
  if (now === undefined) throw new TypeError("The database did not say which transaction is its next.");
  return {
    afterOid: "0",
    walk: newWalk(),
    tables: [],
    unhashed: [],
    leftOut: [],
    transaction: now.text(0),
    nextTransaction: now.text(1),
    majorVersion: Number(now.integer(2)),
    totalBytes: await bytesOfTables(session),
    doneBytes: 0,
  };
}

/** What is asked of one table, and of what its hashes are. */
interface Asked {
  readonly question: TableQuestion;
  readonly shape: string;
}

/** What is asked of each of the tables. Throws StatementFailed for a closed range by a column that is not there. */
export async function questionsOf(
  { session }: Pick<Means, "session">,
  wanted: Wanted,
  tables: readonly Named[],
  cursor: TakingCursor,
): Promise<Asked[]> {
  const columns = await columnsOf(
    session,
    tables.map(({ relation }) => relation.oid),
  );
  const types = [...columns.values()].flatMap((table) => table.columns.map(({ typeOid }) => typeOid));
  const forms = await typeForms(session, types);
  const written = writtenIn(wanted, cursor);
  return tables.map((named) => {
    const { relation } = named;
    const table = columns.get(relation.oid) ?? { aliasCount: 0, columns: [] };
    const { mode, columnOrder } = wanted;
    const cuts = wanted.cuts(nameOf(named));
    // What an earlier time was cut by may be gone since; what the plan declares has to be there.
    const own = cuts.at(-1);
    if (own !== undefined) assertColumn(relation, table, own);
    const question = hashQuestion(relation, table, forms, {
      mode,
      columnOrder,
      cuts,
      ...(written === undefined ? {} : { written }),
    });
    return { question, shape: shapeOf(table, columnOrder) };
  });
}

function assertColumn({ name }: Relation, table: TableColumns, { by }: Cut): void {
  if (aliasOf(table, by) === undefined)
    throw new StatementFailed(
      "missing",
      `the closed range of ${name} is by "${by}", which is no column of it: it has ${table.columns
        .map((column) => column.name)
        .slice(0, MAX_NAMED)
        .join(", ")}`,
    );
}

/** Undefined where it can not be told: a database whose transactions are behind the baseline's is no copy of its source. */
export function writtenIn({ writtenSince }: Wanted, { nextTransaction }: TakingCursor): Transactions | undefined {
  const to = BigInt(nextTransaction);
  if (writtenSince === undefined || to < writtenSince) return undefined;
  return { from: writtenSince, to: to + TRANSACTIONS_MEANWHILE };
}

function takeOver(
  cursor: TakingCursor,
  page: readonly ListedTable[],
  wanted: Wanted,
  shapes: ReadonlyMap<bigint, string>,
): void {
  const gaps = Map.groupBy(cursor.walk.gaps, ({ table }) => table);
  for (const listed of page) {
    const { relation, unhashed } = listed;
    const { name: table, oid } = relation;
    const name = nameOf(listed);
    const progress = cursor.walk.tables[String(oid)];
    const [gap] = gaps.get(table) ?? [];
    if (unhashed !== undefined) cursor.unhashed.push({ table, why: unhashed });
    else if (wanted.isLeftOut(name)) cursor.leftOut.push(name);
    // What has a gap, or was not come to, is in the walk's gaps or behind its end.
    else if (gap === undefined && progress?.pending.length === 0)
      cursor.tables.push({
        oid: String(oid),
        shape: shapes.get(oid) ?? "",
        ...foundIn(name, progress, wanted.cuts(name)),
      });
  }
  cursor.walk.tables = {};
  cursor.afterOid = String(page.at(-1)?.relation.oid ?? cursor.afterOid);
}

function foundIn(
  name: TableName,
  progress: WalkProgress["tables"][string],
  cuts: readonly (Cut | undefined)[],
): Omit<FoundTable, "oid" | "shape"> {
  const { whole, written, cuts: sums } = readSums(progress.sums);
  const kept = cuts.length - 1;
  const own = cuts[kept];
  const ownSum = sums[kept];
  const isClosed = own !== undefined && ownSum !== undefined;
  const chunks = chunksOf(progress, isClosed ? kept : undefined);
  return {
    ...name,
    ...whole,
    ...(isClosed ? { closed: { by: own.by, before: own.before.toISOString(), ...ownSum } } : {}),
    ...(chunks === undefined ? {} : { chunks }),
    written,
    cuts: sums.slice(0, MAX_CUTS),
  };
}

/** What is kept of the tables that were found, for later drills to compare with. */
export const keptTables = (tables: readonly FoundTable[]): TableFingerprint[] =>
  tables.map(({ oid: _, written: __, cuts: ___, ...kept }) => kept);
