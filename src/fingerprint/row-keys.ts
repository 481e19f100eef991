import * as z from "zod/mini";
import { StatementFailed } from "../aws/data-api/statement-failed.ts";
import type { DataSession } from "../aws/data-api.ts";
import { aliasedTable, columnsOf, type TableColumns } from "../reading/columns.ts";
import type { Relation } from "../reading/relations.ts";
import { rowHash } from "./hash-sql.ts";
import type { Wanted } from "./take-fingerprints.ts";
import { type TypeForm, typeForms } from "./type-forms.ts";

/** `keys.json`: of each table with a primary key, every key and a hash of its row, in no order. */
export const RowKeys = z.record(
  z.string(),
  z.object({ key: z.array(z.string()), rows: z.array(z.tuple([z.string(), z.string()])) }),
);
export type RowKeys = z.infer<typeof RowKeys>;

/** A key and a hash are some 100 characters in a document that is indented for people: 50,000 of them are 5 MB. */
export const MAX_KEYED_ROWS = 50_000;
/** Half of the Data API's 1 MiB, at 100 characters a row. */
const PAGE = 5000;
const LEAST_PAGE = 50;

/** The primary keys of tables, each as its columns' places among the aliases. A table without one is not there. */
async function primaryKeysOf(
  session: DataSession,
  oids: readonly bigint[],
  columns: ReadonlyMap<bigint, TableColumns>,
): Promise<Map<bigint, { readonly names: string[]; readonly aliases: string[] }>> {
  const keys = new Map<bigint, { names: string[]; aliases: string[] }>();
  if (oids.length === 0) return keys;
  const rows = await session.query(
    `select i.indrelid::bigint::text, a.attname::text from pg_index i
     cross join lateral unnest(i.indkey::int2[]) with ordinality k(attnum, place)
     join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
     where i.indisprimary and i.indisvalid and i.indrelid in (${oids.join(", ")}) order by i.indrelid, k.place`,
  );
  for (const row of rows) {
    const oid = row.integer(0);
    const column = columns.get(oid)?.columns.find(({ name }) => name === row.text(1));
    if (column === undefined) continue;
    const key = keys.get(oid) ?? { names: [], aliases: [] };
    keys.set(oid, { names: [...key.names, column.name], aliases: [...key.aliases, `c${column.position}`] });
  }
  return keys;
}

/**
 * Every key of a table with the hash of its row, in pages below the Data API's 1 MiB. Keys are JSON arrays of text, so that every kind of key
 * is written and compared the same way. Undefined when the time is up.
 */
async function readKeys(
  { session, hasTime, binds }: KeyMeans,
  from: string,
  { key, hash }: { readonly key: readonly string[]; readonly hash: string },
  columns: readonly string[],
): Promise<[string, string][] | undefined> {
  const found: [string, string][] = [];
  let after = "(0,0)";
  let size = PAGE;
  for (let isMore = true; isMore; ) {
    if (!hasTime()) return undefined;
    const page = await read(size).catch((error: unknown) => {
      if (size <= LEAST_PAGE || !isTooMuch(error)) throw error;
      return undefined;
    });
    if (page === undefined) {
      size = Math.max(LEAST_PAGE, Math.floor(size / 4));
      continue;
    }
    for (const row of page) found.push([row.text(1), row.text(2)]);
    after = page.at(-1)?.text(0) ?? after;
    isMore = page.length === size;
  }
  return found;

  function read(rows: number) {
    return session.query(
      `select tid::text, jsonb_build_array(${key.map((alias) => `${alias}::text`).join(", ")})::text, ${hash} from (
        select ctid tid, ${columns.join(", ")} from ${from} where ctid > '${after}'::tid order by ctid limit ${rows}) r order by tid`,
      binds,
    );
  }
}

/** Rows that are wide, or far out of line: fewer of them are asked at once. */
const isTooMuch = (error: unknown): boolean =>
  error instanceof StatementFailed && (error.fault === "too-large" || error.fault === "timeout");

export interface KeyMeans {
  readonly session: DataSession;
  hasTime(): boolean;
  /** The key of strong fingerprints, where they are. */
  readonly binds: Readonly<Record<string, string>>;
}

/**
 * Reads the keys of each table that has a primary key, as long as all of them together are no more rows than `most`. A table whose rows can not
 * be read that way has none. Undefined when the time is up.
 */
export async function takeRowKeys(
  means: KeyMeans,
  wanted: Pick<Wanted, "mode" | "columnOrder">,
  tables: readonly { readonly relation: Relation; readonly rows: bigint }[],
  most: bigint,
): Promise<RowKeys | undefined> {
  const { session } = means;
  const oids = tables.map(({ relation }) => relation.oid);
  const columns = await columnsOf(session, oids);
  const keys = await primaryKeysOf(session, oids, columns);
  const types = [...columns.values()].flatMap((table) => table.columns.map(({ typeOid }) => typeOid));
  const forms = await typeForms(session, types);
  const taken: RowKeys = {};
  let left = most;
  for (const { relation, rows } of [...tables].sort((a, b) => (a.rows < b.rows ? -1 : 1))) {
    const table = columns.get(relation.oid);
    const key = keys.get(relation.oid);
    if (table === undefined || key === undefined || rows > left) continue;
    left -= rows;
    const hash = shortHash(table, forms, wanted);
    const names = table.columns.map(({ position }) => `c${position}`);
    try {
      const read = await readKeys(means, aliasedTable(relation, table), { key: key.aliases, hash }, names);
      if (read === undefined) return undefined;
      taken[relation.name] = { key: key.names, rows: read };
    } catch (error) {
      if (!(error instanceof StatementFailed) || error.fault === "unavailable") throw error;
    }
  }
  return taken;
}

/** 128 bits of it tell two contents of one row apart. */
function shortHash(
  table: TableColumns,
  forms: ReadonlyMap<bigint, TypeForm>,
  wanted: Pick<Wanted, "mode" | "columnOrder">,
): string {
  const hash = rowHash(table, forms, wanted);
  return wanted.mode === "fast" ? `(${hash})::text` : `encode(substring(${hash} for 16), 'hex')`;
}

/** Rows by their keys: gone, added, and with another content. */
export interface KeyDifference {
  readonly missing: string[];
  readonly added: string[];
  readonly changed: string[];
}

export function differenceOf(
  before: readonly (readonly [string, string])[],
  after: readonly (readonly [string, string])[],
): KeyDifference {
  const known = new Map(before);
  const found = new Map(after);
  return {
    missing: before.flatMap(([key]) => (found.has(key) ? [] : [key])),
    added: after.flatMap(([key]) => (known.has(key) ? [] : [key])),
    changed: after.flatMap(([key, hash]) => (known.has(key) && known.get(key) !== hash ? [key] : [])),
  };
}
