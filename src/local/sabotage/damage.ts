/** Damage done to a restored server before anything is asked of it. Each finds its own victim, so that any database can be damaged. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { withClient } from "../postgres/client.ts";
import type { RestoredServer } from "../services/rds/core.ts";

/** The page in the middle of the file is overwritten past its header, so that only its checksum tells. */
const PAGE_BYTES = 8192;
const PAGE_HEADER_BYTES = 24;

const USER_TABLES = `
  select c.oid::regclass::text as name, pg_relation_filepath(c.oid) as path, pg_relation_size(c.oid)::bigint as bytes
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and n.nspname !~ '^(pg_|information_schema)'
  order by pg_relation_size(c.oid) desc, c.oid`;

interface Table {
  readonly name: string;
  readonly path: string;
  readonly bytes: string;
}

/** A server as far as it is asked. */
type Asked = Pick<RestoredServer, "connection">;
type Damage = (database: string, server: RestoredServer) => Promise<void>;

/** A fifth of the largest table's rows, picked at random, is deleted, foreign keys notwithstanding. */
export const loseRows = (database: string, server: Asked): Promise<void> =>
  asSuperuser(database, server, async (client) => {
    const table = await largestTable(client);
    await client.query(
      `delete from ${table.name} where ctid in (select ctid from ${table.name} tablesample bernoulli (20))`,
    );
    await client.query(`delete from ${table.name} where ctid = (select min(ctid) from ${table.name})`);
  });

/** Every table is there, and empty. */
export const loseAllRows: Damage = (database, server) =>
  asSuperuser(database, server, async (client) => {
    const { rows } = await client.query<Table>(USER_TABLES);
    if (rows.length > 0) await client.query(`truncate ${rows.map(({ name }) => name).join(", ")} cascade`);
  });

/** One page of the largest table is overwritten in its file, as a failing disk would. */
export const corruptPage: Damage = async (database, server) => {
  const table = await asSuperuser(database, server, largestTable);
  await server.stop();
  const file = await open(join(server.dataDirectory, table.path), "r+");
  try {
    const page = Math.floor(Number(table.bytes) / PAGE_BYTES / 2);
    await file.write(Buffer.alloc(64, 0xa5), 0, 64, page * PAGE_BYTES + PAGE_HEADER_BYTES + 4096);
  } finally {
    await file.close();
  }
  await server.start();
};

/** The index that a failed CREATE INDEX CONCURRENTLY leaves: there, and not valid. */
export const invalidateIndex: Damage = (database, server) =>
  asSuperuser(database, server, async (client) => {
    const table = await largestTable(client);
    await client.query(
      `update pg_index set indisvalid = false
       where indexrelid = (select min(indexrelid) from pg_index where indrelid = $1::regclass)`,
      [table.name],
    );
  });

/**
 * One letter of one value becomes another, in a row that looks as old as it was: no transaction, count, index or checksum tells. The text
 * that is changed is one that no index holds and no constraint reads.
 */
export const alterOneLetter: Damage = (database, server) =>
  asSuperuser(database, server, async (client) => {
    const { rows } = await client.query<{ table: string; column: string }>(PLAIN_TEXT_COLUMN);
    const [victim] = rows;
    if (victim === undefined) throw new Error("There is no plain text to damage: choose another sabotage.");
    const { table, column } = victim;
    await client.query("create extension if not exists pg_surgery");
    const changed = await client.query<{ place: string }>(
      `update only ${table} t set ${column} = overlay(${column} placing case when left(${column}, 1) = 'x' then 'y' else 'x' end from 1 for 1)
       where ctid = (select ctid from only ${table} where length(${column}) > 0 limit 1) returning ctid::text place`,
    );
    await client.query(`select heap_force_freeze($1::regclass, array[$2::tid])`, [table, changed.rows[0]?.place]);
    await client.query("drop extension pg_surgery");
  });

const PLAIN_TEXT_COLUMN = `
  select c.oid::regclass::text as "table", quote_ident(a.attname) as "column"
  from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
  where c.relkind = 'r' and n.nspname !~ '^(pg_|information_schema)' and a.attnum > 0 and not a.attisdropped
    and a.atttypid in ('text'::regtype, 'varchar'::regtype) and c.reltuples > 0
    and not exists (select from pg_index i where i.indrelid = c.oid and a.attnum = any (i.indkey))
    and not exists (select from pg_constraint k where k.conrelid = c.oid and a.attnum = any (k.conkey))
  order by c.reltuples desc, c.oid, a.attnum limit 1`;

async function largestTable(client: pg.Client): Promise<Table> {
  const { rows } = await client.query<Table>(`${USER_TABLES} limit 1`);
  const [table] = rows;
  if (table === undefined) throw new Error("There is no table to damage: choose another sabotage.");
  return table;
}

async function asSuperuser<Answer>(
  database: string,
  server: Asked,
  work: (client: pg.Client) => Promise<Answer>,
): Promise<Answer> {
  return withClient(server.connection, database, async (client) => {
    await client.query("set session_replication_role = replica");
    return work(client);
  });
}
