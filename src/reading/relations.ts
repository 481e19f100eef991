import type { Row } from "../aws/data-api/values.ts";
import type { DataSession } from "../aws/data-api.ts";
import { displayName, quoteTable } from "./identifiers.ts";

/** A table that holds rows itself: an ordinary table, a partition, a materialised view. */
export interface Relation {
  readonly oid: bigint;
  readonly sqlName: string;
  readonly name: string;
  readonly blocks: number;
  /** With its TOAST. */
  readonly bytes: number;
  readonly kind: string;
  /** Rows that an extension brought say nothing about the user's. */
  readonly isOfExtension: boolean;
  /** What its rows are in. Another one after VACUUM FULL or CLUSTER, in which no row stands where it stood. */
  readonly file?: string;
}

/** The columns that `relationOf` reads, from `pg_class c` joined with `pg_namespace n`. */
export const RELATION_COLUMNS = `c.oid::bigint::text, n.nspname::text, c.relname::text,
  (coalesce(pg_relation_size(c.oid), 0) / current_setting('block_size')::int)::text, coalesce(pg_table_size(c.oid), 0)::text, c.relkind::text,
  exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`;

export function relationOf(row: Row): Relation {
  const identifier = { schema: row.text(1), table: row.text(2) };
  return {
    oid: row.integer(0),
    sqlName: quoteTable(identifier),
    name: displayName(identifier),
    blocks: Number(row.text(3)),
    bytes: Number(row.text(4)),
    kind: row.text(5),
    isOfExtension: row.flag(6),
  };
}

/** The schemas that belong to PostgreSQL itself, for a `where` on `pg_namespace n`. */
export const USER_SCHEMAS = `n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'`;

/** The tables with these oids, as they are now; those that are gone are left out. */
export async function relationsOf(session: DataSession, oids: readonly bigint[]): Promise<Relation[]> {
  if (oids.length === 0) return [];
  const rows = await session.query(
    `select ${RELATION_COLUMNS} from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid in (${oids.join(", ")})`,
  );
  return rows.map(relationOf);
}

/** What all tables take on disk, with their TOAST: how much there is to read. */
export async function bytesOfTables(session: DataSession): Promise<number> {
  const [row] = await session.query(
    `select coalesce(sum(pg_table_size(c.oid)), 0)::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'm') and c.relpersistence = 'p' and ${USER_SCHEMAS}`,
  );
  return Number(row?.text(0) ?? 0);
}
