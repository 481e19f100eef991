import type { Row } from "../aws/data-api/values.ts";
import type { DataSession } from "../aws/data-api.ts";
import type { OutOfLine } from "./question.ts";
import type { Relation } from "./relations.ts";

/** A column that holds data of its own: not dropped, not computed when it is read. */
export interface Column {
  readonly name: string;
  readonly typeOid: bigint;
  /** As it is declared, with its length: `character varying(20)`. */
  readonly type: string;
  /** Whether a value may be kept in TOAST. */
  readonly mayBeOutOfLine: boolean;
  /** Its place among the columns that an alias list names, from 1: `c1`, `c2`. */
  readonly position: number;
}

/** The columns of one table. */
export interface TableColumns {
  /** All that an alias list has to name, virtual ones included. */
  readonly aliasCount: number;
  readonly columns: readonly Column[];
}

/** A row of the answer is some 200 characters, names of 63 included: well below the Data API's 1 MiB. */
const PAGE = 3000;
/** Oids of 10 digits: a list of them is far below the 64 KiB of a statement. */
const MAX_OIDS = 1000;

/** The columns of the tables, by oid, in the table's own order. A table without columns is there, with none. */
export async function columnsOf(session: DataSession, oids: readonly bigint[]): Promise<Map<bigint, TableColumns>> {
  if (oids.length > MAX_OIDS) throw new RangeError(`The columns of at most ${MAX_OIDS} tables are asked at once.`);
  const found = new Map<bigint, { aliasCount: number; columns: Column[] }>(
    oids.map((oid) => [oid, { aliasCount: 0, columns: [] }]),
  );
  let after = { oid: 0n, number: 0n };
  for (let page: Row[] = []; oids.length > 0; ) {
    page = await session.query(listing(oids, after));
    for (const row of page) {
      const oid = row.integer(0);
      const table = found.get(oid);
      if (table === undefined) continue;
      table.aliasCount += 1;
      // A virtual column (PostgreSQL 18) has no data: it is computed from the others when it is read.
      if (row.text(5) !== "v")
        table.columns.push({
          name: row.text(2),
          typeOid: row.integer(3),
          mayBeOutOfLine: row.flag(4),
          type: row.text(6),
          position: table.aliasCount,
        });
      after = { oid, number: row.integer(1) };
    }
    if (page.length < PAGE) break;
  }
  return found;
}

const listing = (oids: readonly bigint[], after: { oid: bigint; number: bigint }): string => `
select a.attrelid::bigint::text, a.attnum::text, a.attname::text, a.atttypid::bigint::text,
  a.attlen = -1 and a.attstorage <> 'p', a.attgenerated::text, format_type(a.atttypid, a.atttypmod)
from pg_attribute a where a.attrelid in (${oids.join(", ")}) and a.attnum > 0 and not a.attisdropped
  and (a.attrelid::bigint, a.attnum) > (${after.oid}, ${after.number})
order by a.attrelid::bigint, a.attnum limit ${PAGE}`;

/** `only s.t t(c1, c2)`: the table by itself, its columns under short names, so that 1,600 of 63 characters fit a statement. */
export function aliasedTable({ sqlName }: Relation, { aliasCount }: TableColumns): string {
  const aliases = Array.from({ length: aliasCount }, (_, nth) => `c${nth + 1}`);
  return `only ${sqlName} t${aliases.length === 0 ? "" : `(${aliases.join(", ")})`}`;
}

/** How many bytes of a row are kept out of line, without reading them; undefined when no column can be. */
export function outOfLineOf(relation: Relation, table: TableColumns): OutOfLine | undefined {
  const columns = table.columns.filter(({ mayBeOutOfLine }) => mayBeOutOfLine);
  if (columns.length === 0) return undefined;
  const bytes = columns.map(({ position }) => `coalesce(pg_column_size(c${position}), 0)`).join(" + ");
  return { from: aliasedTable(relation, table), bytes };
}

/** The alias of the column of that name. */
export function aliasOf({ columns }: TableColumns, name: string): string | undefined {
  const column = columns.find((one) => one.name === name);
  return column === undefined ? undefined : `c${column.position}`;
}
