import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type ImportProgress, importSource } from "../../../src/local/import/import-source.ts";
import { withClient } from "../../../src/local/postgres/client.ts";
import { openPostgresHost } from "../../../src/local/postgres/open-postgres-host.ts";
import type { PostgresHost } from "../../../src/local/postgres/postgres-host.ts";
import { freePort } from "../../../src/local/postgres/server.ts";
import { makeTestRoot } from "../postgres/test-root.ts";
import { findSourceBinaries, type SourceServer, startSourceServer } from "./source-server.ts";

const binaries = findSourceBinaries();
const why = "skip" in binaries ? ` (skipped: ${binaries.skip})` : "";

const USERS_DATABASE = `
  create extension citext;
  create schema "Sales Dept";
  create role auditor;
  create type public.mood as enum ('fine', 'bad');
  create table public.schema_migrations (version text primary key);
  insert into public.schema_migrations values ('20240101000000'), ('20250607080910');
  create table public.alembic_version (something_else int);
  create table "Sales Dept"."Order" (id bigserial primary key, email citext, mood public.mood, placed_at timestamptz, data jsonb, raw bytea);
  insert into "Sales Dept"."Order" (email, mood, placed_at, data, raw)
    select 'A' || n || '@example.com', 'fine', timestamptz '2026-01-01Z' + n * interval '1 minute', '{"a": [1, null]}', '\\x00ff'
    from generate_series(1, 5000) n;
  create table public.reading (at timestamp not null, value float8) partition by range (at);
  create table public.reading_2025 partition of public.reading for values from ('2025-01-01') to ('2026-01-01');
  insert into public.reading select timestamp '2025-03-01' + n * interval '1 hour', n from generate_series(1, 700) n;
  create table public.subscription_plan (id int generated always as identity, expires_at timestamptz, renewed_at timestamptz);
  insert into public.subscription_plan (expires_at, renewed_at) values ('2099-01-01Z', '2098-01-01Z');
  alter table "Sales Dept"."Order" enable row level security;
  create policy only_fine on "Sales Dept"."Order" to auditor using (mood = 'fine');
  grant select on "Sales Dept"."Order" to auditor;
  create materialized view public.order_days as select placed_at::date as day, count(*) from "Sales Dept"."Order" group by 1;
  create extension postgres_fdw;
  create server elsewhere foreign data wrapper postgres_fdw options (host 'db.example.com');
  create user mapping for boss server elsewhere options (user 'x', password 'hunter2hunter2');
  create foreign table public.remote_thing (id int) server elsewhere;
  create unlogged table public.session_cache as select generate_series(1, 10) as id;
  create table public.vehicle as select 1 as id;
  create table public.truck (axles int) inherits (public.vehicle);
  insert into public.truck values (2, 4), (3, 6);
  create publication everything for all tables;
`;

describe.skipIf("skip" in binaries)(`importSource${why}`, () => {
  let root: string;
  let host: PostgresHost;
  let source: SourceServer;
  let count = 0;

  beforeAll(async () => {
    if ("skip" in binaries) return;
    root = await makeTestRoot();
    host = await openPostgresHost({ root });
    source = await startSourceServer(binaries.bin, join(root, "source"));
    await source.query("postgres", `create database "user's data"`);
    await source.query("user's data", USERS_DATABASE);
  });

  afterAll(async () => {
    await source?.stop();
    await host?.close();
    if (root !== undefined) await rm(root, { recursive: true, force: true });
  });

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  function into(): string {
    count += 1;
    return join(host.runDirectory, `imported-${count}`);
  }

  /** The error of an import that fails, held to the rule that applies to all of them. */
  async function failure(url: string): Promise<Error> {
    const error = await importSource(url, host, into()).then(
      () => new Error("it was imported"),
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(Error);
    const everything = inspect(error, { depth: 10, showHidden: true });
    for (const secret of [source.password, encodeURIComponent(source.password), "wr0ng-s3cret"]) {
      expect(everything).not.toContain(secret);
    }
    return error as Error;
  }

  it("brings every row, type, sequence and policy into a server of the local cloud", async () => {
    const progress: ImportProgress[] = [];
    const imported = await importSource(source.url("user's data"), host, into(), {
      onProgress: (step) => progress.push(step),
    });
    expect(imported.database).toBe("user's data");
    await withClient(imported.server.connection, imported.database, async (client) => {
      const hash = `select count(*)::integer as n, sum(hashtextextended(t::text, 0))::text as hash from "Sales Dept"."Order" t`;
      const there = await source.query("user's data", hash);
      expect((await client.query(hash)).rows).toEqual(there.rows);
      expect((await client.query(`select nextval('"Sales Dept"."Order_id_seq"')::integer as n`)).rows).toEqual([
        { n: 5001 },
      ]);
      expect((await client.query("select polname from pg_policy")).rows).toEqual([{ polname: "only_fine" }]);
      expect((await client.query("select count(*)::integer as n from public.reading_2025")).rows).toEqual([{ n: 700 }]);
      expect((await client.query("select rolcanlogin from pg_roles where rolname = 'auditor'")).rows).toEqual([
        { rolcanlogin: false },
      ]);
    });
    expect(new Set(progress.map(({ phase }) => phase))).toEqual(new Set(["connect", "dump", "restore", "analyze"]));
    expect(progress).toContainEqual({ phase: "restore", table: "Sales Dept.Order" });
    await imported.server.stop();
  });

  it("leaves behind what reaches out: publications and the passwords of foreign servers", async () => {
    const imported = await importSource(source.url("user's data"), host, into());
    await withClient(imported.server.connection, imported.database, async (client) => {
      expect((await client.query("select from pg_user_mapping")).rowCount).toBe(0);
      expect((await client.query("select from pg_publication")).rowCount).toBe(0);
      expect((await client.query("select from pg_foreign_server")).rowCount).toBe(1);
    });
    expect((await readdir(host.runDirectory)).filter((name) => name.startsWith("dump-"))).toEqual([]);
    await imported.server.stop();
  });

  it("surveys the source at the moment that was copied", async () => {
    const { survey, server } = await importSource(source.url("user's data"), host, into());
    await server.stop();
    expect(survey.serverVersion).toMatch(/^\d+\.\d+$/);
    expect(survey.databaseBytes).toBeGreaterThan(1e6);
    const orders = survey.tables.find(({ name }) => name === "Order");
    expect(orders).toEqual({ schema: "Sales Dept", name: "Order", kind: "table", rows: 5000, exact: true });
    const kinds = Object.fromEntries(survey.tables.map(({ name, kind, rows }) => [name, `${kind} ${rows}`]));
    expect(kinds).toMatchObject({
      reading: "partitioned table 700",
      reading_2025: "partition 700",
      order_days: "materialized view 4",
      session_cache: "unlogged table 10",
      // As SELECT sees it, so with the trucks.
      vehicle: "table 3",
      truck: "table 2",
      remote_thing: "foreign table undefined",
    });
    expect(survey.extensions.map(({ name }) => name)).toEqual(["citext", "postgres_fdw"]);
    expect(survey.migrations).toEqual([
      { schema: "public", table: "schema_migrations", column: "version", head: "20250607080910" },
    ]);
    expect(survey.sequences).toContainEqual({
      schema: "Sales Dept",
      name: "Order_id_seq",
      lastValue: "5000",
      ownedBy: { schema: "Sales Dept", table: "Order", column: "id" },
    });
    expect(survey.freshness).toEqual({
      schema: "Sales Dept",
      table: "Order",
      column: "placed_at",
      type: "timestamp with time zone",
      newest: new Date("2026-01-04T11:20:00Z"),
    });
    expect(survey.policyRoles).toEqual(["auditor"]);
  });

  it("writes nothing to the source", async () => {
    const state =
      "select pg_current_xact_id_if_assigned(), (select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_user_tables)::text";
    const transactions = "select pg_snapshot_xmax(pg_current_snapshot())::text as next";
    const before = [
      (await source.query("user's data", state)).rows,
      (await source.query("user's data", transactions)).rows,
    ];
    const { server } = await importSource(source.url("user's data"), host, into());
    await server.stop();
    const after = [
      (await source.query("user's data", state)).rows,
      (await source.query("user's data", transactions)).rows,
    ];
    expect(after).toEqual(before);
  });

  it("says that a host is unreachable, a name unknown, a port closed", async () => {
    const closed = await failure(`postgres://boss:wr0ng-s3cret@127.0.0.1:${await freePort()}/x`);
    expect(closed.name).toBe("Drill.SourceUnreachable");
    expect(closed.message).toContain("ECONNREFUSED");
    const unknown = await failure("postgres://boss:wr0ng-s3cret@no-such-host.invalid/x");
    expect(unknown.name).toBe("Drill.SourceUnreachable");
  });

  it("says that the login is refused without repeating the password", async () => {
    expect((await failure(source.url("user's data", "boss", "wr0ng-s3cret"))).name).toBe("Drill.SourceLoginRefused");
    expect((await failure(`postgres://boss@127.0.0.1:${source.port}/postgres`)).name).toBe("Drill.SourceLoginRefused");
  });

  it("names the database that is not there", async () => {
    const error = await failure(source.url("absent"));
    expect(error.name).toBe("Drill.SourceDatabaseMissing");
    expect(error.message).toContain('"absent"');
  });

  it("refuses a database without tables", async () => {
    await source.query("postgres", "create database hollow");
    expect((await failure(source.url("hollow"))).name).toBe("Drill.SourceEmpty");
  });

  it("names the tables that the user may not read, row-level security included", async () => {
    await source.query("postgres", `create role reader login password 'wr0ng-s3cret'`);
    await source.query(
      "user's data",
      "grant usage on schema public to reader; grant select on public.reading to reader",
    );
    const error = await failure(source.url("user's data", "reader", "wr0ng-s3cret"));
    expect(error.name).toBe("Drill.SourcePermissionDenied");
    expect(error.message).toContain('"Sales Dept"."Order"');
    expect(error.message).not.toContain("public.reading,");
    await source.query("postgres", "grant pg_read_all_data to reader");
    const filtered = await failure(source.url("user's data", "reader", "wr0ng-s3cret"));
    expect(filtered.message).toMatch(/row-level security/);
  });

  it("names the extension that the local PostgreSQL does not have, and leaves no server", async () => {
    await source.query("postgres", "create database exotic");
    await source.query("exotic", "create table t (i int); create extension adminpack");
    const error = await failure(source.url("exotic"));
    expect(error.name).toBe("Drill.ExtensionUnavailable");
    expect(error.message).toContain("adminpack");
    expect(await readdir(host.runDirectory)).not.toContain(`imported-${count}`);
  });

  it("reports the first error of pg_restore without the row that it is about", async () => {
    await source.query("postgres", "create database twisted");
    await source.query("twisted", "create table t (secret text); insert into t values ('4111-1111'), ('4111-1111')");
    // Only in the copy: the source's own catalogue claims an index that its rows do not satisfy.
    await source.query(
      "twisted",
      "create function positive(text) returns bool language sql immutable as 'select true'",
    );
    await source.query("twisted", "alter table t add check (positive(secret))");
    await source.query(
      "twisted",
      `create or replace function positive(text) returns bool language sql immutable as 'select $1::int > 0'`,
    );
    const error = await failure(source.url("twisted"));
    expect(error.name).toBe("Drill.SourceImportFailed");
    expect(error.message).toMatch(/COPY failed for table "t".*invalid input syntax/);
    expect(inspect(error)).not.toContain("4111");
  });

  it("says how to install pg_dump when it is not on the PATH", async () => {
    vi.stubEnv("PATH", "/nonexistent");
    const error = await failure(source.url("user's data"));
    expect(error.name).toBe("Drill.PgDumpMissing");
    expect(error.message).toContain("apt-get install postgresql-client");
  });

  it("refuses a pg_dump that is older than the server", async () => {
    const server = await host.create(into());
    const { host: at, port, user, password } = server.connection;
    const error = await failure(`postgres://${user}:${password}@${at}:${port}/postgres`);
    expect(error.name).toBe(
      Number("major" in binaries && binaries.major) < 18 ? "Drill.PgDumpTooOld" : "Drill.SourceEmpty",
    );
    expect(inspect(error)).not.toContain(password);
    await server.stop();
  });
});
