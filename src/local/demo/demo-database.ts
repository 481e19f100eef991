import { createHash } from "node:crypto";
import { mkdir, readFile, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type pg from "pg";
import { withClient } from "../postgres/client.ts";
import type { PostgresConnection, PostgresHost, PostgresServer } from "../postgres/postgres-host.ts";
import { DEMO_DATABASE } from "./facts.ts";

const GENERATING = ["tables.sql", "rows.sql", "constraints.sql"] as const;
// A cache that has lain for longer resumes after a gap, as a service that was down would: 7 days of minutes at most.
const BEATS_LIMIT = 10_080;

export interface DemoOptions {
  /** The present, as far as the demo's rows are concerned. Default: now. */
  readonly at?: Date;
}

/**
 * A started server with the demo order system (see `facts.ts`), generated in a few seconds. Everything but the moments, which
 * lead up to `at`, is the same every time.
 */
export async function createDemoDatabase(
  host: PostgresHost,
  dataDirectory: string,
  { at = new Date() }: DemoOptions = {},
): Promise<PostgresServer> {
  const server = await host.create(dataDirectory);
  await withClient(server.connection, "postgres", (client) => client.query(`create database ${DEMO_DATABASE}`));
  const statements = await Promise.all(GENERATING.map(readSql));
  await withClient(server.connection, DEMO_DATABASE, async (client) => {
    await client.query("select set_config('demo.anchor', $1, false)", [at.toISOString()]);
    for (const sql of statements) await client.query(sql);
    await client.query("vacuum (freeze, analyze)");
  });
  return server;
}

/**
 * The demo database on `dataDirectory`, refreshed to `at`. Generated the first time and kept, stopped, in `cacheDirectory` (below the
 * host's root) under a name that changes with the generating SQL and the PostgreSQL version; copied from there ever after.
 */
export async function demoDatabase(
  host: PostgresHost,
  cacheDirectory: string,
  dataDirectory: string,
  options: DemoOptions = {},
): Promise<PostgresServer> {
  const cached = join(cacheDirectory, `demo-${await cacheKey(host)}`);
  if (!(await exists(cached))) await fillCache(host, cached, options);
  await host.copy(cached, dataDirectory);
  const server = await host.start(dataDirectory);
  await refreshDemo(server.connection, options.at ?? new Date());
  return server;
}

/** Brings the demo to the present: beats, orders, payments, events. Harmless when repeated. */
export async function refreshDemo(connection: PostgresConnection, at: Date): Promise<void> {
  const newestOrders = await readSql("newest-orders.sql");
  await withClient(connection, DEMO_DATABASE, async (client) => {
    await client.query("begin");
    await client.query(
      "select shop.ensure_event_month($1::timestamptz - days * interval '1 day') from unnest('{0,2}'::int[]) days",
      [at.toISOString()],
    );
    await client.query(newestOrders, [at.toISOString()]);
    await beat(client, at);
    await client.query("commit");
  });
}

/** Inserts the beats of the minutes since the last one up to `at` (7 days at most), and answers how many. */
export async function touchHeartbeat(connection: PostgresConnection, at: Date): Promise<number> {
  return withClient(connection, DEMO_DATABASE, (client) => beat(client, at));
}

async function beat(client: pg.Client, at: Date): Promise<number> {
  const inserted = await client.query(
    `insert into shop.heartbeat
     select minute, 'node-' || 1 + extract(epoch from minute)::bigint / 60 % 3
     from generate_series(date_trunc('minute', $1::timestamptz) - ($2 - 1) * interval '1 minute', $1, interval '1 minute') minute
     where minute > (select coalesce(max(beat_at), '-infinity') from shop.heartbeat)`,
    [at.toISOString(), BEATS_LIMIT],
  );
  return inserted.rowCount ?? 0;
}

async function fillCache(host: PostgresHost, cached: string, options: DemoOptions): Promise<void> {
  const building = join(host.runDirectory, `building-demo-${process.hrtime.bigint()}`);
  const server = await createDemoDatabase(host, building, options);
  await server.stop({ clean: true });
  await mkdir(dirname(cached), { recursive: true });
  await rename(building, cached).catch(async (error: unknown) => {
    // Another process has filled the cache meanwhile.
    if (!(await exists(cached))) throw error;
    await host.remove(building);
  });
}

async function cacheKey(host: PostgresHost): Promise<string> {
  const hash = createHash("sha256").update(host.version);
  for (const sql of await Promise.all(GENERATING.map(readSql))) hash.update("\0").update(sql);
  return hash.digest("hex").slice(0, 16);
}

async function readSql(name: string): Promise<string> {
  return readFile(new URL(`./${name}`, import.meta.url), "utf8");
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
