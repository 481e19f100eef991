import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findSourceBinaries, type SourceServer, startSourceServer } from "../local/import/source-server.ts";
import { makeTestRoot } from "../local/postgres/test-root.ts";
import { PROJECT, processesOf, run } from "./command.ts";
import { DrillDocument } from "./document-shape.ts";

const binaries = findSourceBinaries();
const why = "skip" in binaries ? ` (skipped: ${binaries.skip})` : "";

const DATABASE = `restore-drill's Ünï "x"`;

const ODDITIES = `
  create extension citext;
  create schema "Sales Dept";
  create table "Sales Dept"."Order" (id bigserial primary key, email citext, "Created At" timestamptz, created_at timestamptz);
  insert into "Sales Dept"."Order" (email, created_at) select n || '@example.com', now() - n * interval '1 s' from generate_series(1, 3000) n;
  create table "select" (x int); create table "say ""hi""" (x int); create table "new\nline" (x int); create table "a.b" (x int);
  create table "100%" (x int); insert into "100%" values (1);
  create table reading (at date not null) partition by range (at);
  create table "Reading 2025" partition of reading for values from ('2025-01-01') to ('2026-01-01');
  insert into reading select date '2025-03-01' + n from generate_series(1, 70) n;
  create materialized view stale as select * from "100%"; insert into "100%" values (2);
  create table django_migrations (id serial primary key, name text);
  insert into django_migrations (name) values ('0002_second'), ('0001_of_another_app');
`;

/** Whatever a client could have changed: every row, every counter of writes, and the next transaction's number. */
const STATE = `
  select (select md5(string_agg(t::text, '' order by id)) from "Sales Dept"."Order" t) as rows,
    (select sum(n_tup_ins + n_tup_upd + n_tup_del)::text from pg_stat_user_tables) as writes,
    (select string_agg(relname::text, ',' order by oid) from pg_class) as catalog,
    (select last_value::text from "Sales Dept"."Order_id_seq") as sequence,
    pg_snapshot_xmax(pg_current_snapshot())::text as next_transaction`;

describe.skipIf("skip" in binaries)(`--source${why}`, () => {
  let directory: string;
  let source: SourceServer;

  beforeAll(async () => {
    if ("skip" in binaries) return;
    directory = await makeTestRoot();
    source = await startSourceServer(binaries.bin, join(directory, "source"));
    // The server's own housekeeping would count as a change.
    await source.query("postgres", "alter system set autovacuum = off");
    await source.query("postgres", "select pg_reload_conf()");
    await source.query("postgres", `create database "${DATABASE.replaceAll('"', '""')}"`);
    await source.query(DATABASE, ODDITIES);
  });
  afterAll(async () => {
    await source?.stop();
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  });

  it("drills a user's own database, whatever its names, and changes nothing in it", { timeout: 180_000 }, async () => {
    const before = (await source.query(DATABASE, STATE)).rows;
    const { code, stdout, stderr } = await run(["--json", "--source", source.url(DATABASE)], directory);
    const document = DrillDocument.parse(JSON.parse(stdout));
    // What this database does not have, or has no amcheck for, is optional.
    expect(
      document.checks.filter(({ outcome }) => outcome !== "held").map(({ name, outcome }) => [name, outcome]),
    ).toEqual([
      ["heap", "unchecked"],
      ["foreign-keys", "empty"],
      ["row-security", "empty"],
      ["large-objects", "empty"],
    ]);
    expect({ code, stderr, verdict: document.verdict }).toEqual({ code: 0, stderr: "", verdict: "passed" });
    const names = document.checks.map(({ name }) => name);
    for (const table of [
      '"Sales Dept"."Order"',
      "public.select",
      'public."say ""hi"""',
      'public."new\nline"',
      'public."a.b"',
    ])
      expect(names).toContain(`rows ${table}`);
    expect(names).toContain('freshness "Sales Dept"."Order"');
    expect(names).toContain("migration public.django_migrations");
    expect(document.rpoSeconds).toBeGreaterThan(0);
    for (const file of document.evidence) expect(await readFile(file, "utf8")).not.toContain(source.password);
    expect((await source.query(DATABASE, STATE)).rows).toEqual(before);
    expect(await processesOf(join(directory, ".restore-drill/run"))).toEqual([]);
  });

  it("refuses a plan that asks another database than the source", async () => {
    const planFile = join(PROJECT, "drills/orders.yml");
    const { code, stdout, stderr } = await run(["--source", source.url(DATABASE), "--plan", planFile], directory);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`source.database is "shop", and the database of --source is "${DATABASE}"`);
  });
});
