import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sandbox } from "../checks/sandbox.ts";
import { Content } from "./content.ts";

let sandbox: Sandbox;
let content: Content;

beforeAll(async () => {
  sandbox = await Sandbox.open();
  content = new Content(sandbox);
});
afterAll(() => sandbox?.close());

const tablesOf = async (sql: string) => {
  const { fingerprints } = await content.capture(await sandbox.database(sql));
  return fingerprints?.tables.map(({ table, rows }) => [table, rows]);
};

/** 30 MB in some 4,000 blocks. */
const LARGE = "create table large as select n, repeat('x', 700) filler from generate_series(1, 40000) n;";

describe("the tables of a fingerprint", () => {
  it("are each partition and each child by itself, once", async () => {
    expect(
      await tablesOf(`create table p (id int, at date) partition by range (id); create table p1 partition of p for values from (0) to (10);
        create table p2 (at date, id int); alter table p attach partition p2 for values from (10) to (20); insert into p values (1, '2026-01-01'), (11, '2026-01-02');
        create table parent (id int); create table child (more text) inherits (parent); insert into parent values (1), (2); insert into child values (3, 'x')`),
    ).toEqual([
      ["public.p1", "1"],
      ["public.p2", "1"],
      ["public.parent", "2"],
      ["public.child", "1"],
    ]);
  });

  it("may have odd names, no columns, no rows, and 1,600 columns of the longest names", async () => {
    const wide = Array.from({ length: 1600 }, (_, n) => `"${`column "" ${n}`.padEnd(64, "x")}" smallint`);
    expect(
      await tablesOf(`create table "Odd ""t""; drop" ("select" int, "T" int, ctid_ int, h int, t int, c1 int); insert into "Odd ""t""; drop" values (1, 2, 3, 4, 5, 6);
        create table "a:b \\ :c" ("x:y" int, "\\:z" text); insert into "a:b \\ :c" values (1, 'x');
        create table bare (); insert into bare default values; insert into bare default values; create table none (id int);
        create table wide (${wide.join(", ")}); insert into wide default values`),
    ).toEqual([
      ['public."Odd ""t""; drop"', "1"],
      ['public."a:b \\ :c"', "1"],
      ["public.bare", "2"],
      ["public.none", "0"],
      ["public.wide", "1"],
    ]);
  });

  it("are materialised views too; what has no rows of its own, or none in a backup, is said", async () => {
    const { fingerprints } = await content.capture(
      await sandbox.database(`create table t as select 1 a; create view v as select * from t; create materialized view m as select * from t;
        create materialized view unfilled as select 1 with no data; create unlogged table u as select 1 a;
        create extension postgres_fdw; create server elsewhere foreign data wrapper postgres_fdw; create foreign table f (a int) server elsewhere`),
    );
    expect(fingerprints?.tables.map(({ table }) => table)).toEqual(["public.t", "public.m"]);
    expect(fingerprints?.unhashed).toEqual([
      { table: "public.unfilled", why: "not populated" },
      { table: "public.u", why: "unlogged: no backup holds its rows" },
      { table: "public.f", why: "foreign: its rows are kept elsewhere" },
    ]);
  });

  it("have the columns that hold data: generated and identity ones, not dropped and not virtual ones", async () => {
    const rows = "insert into t (a) select generate_series(1, 9)";
    const base = "create table t (a int, i int generated always as identity, s int generated always as (a + 1) stored";
    const plain = await content.sums(await sandbox.database(`${base}); ${rows}`));
    const more = await content.sums(
      await sandbox.database(
        `${base}, v int generated always as (a * 2) virtual, d int); ${rows}; alter table t drop column d`,
      ),
    );
    expect(more).toEqual(plain);
  });

  it("are summed the same however many statements it took", async () => {
    const database = await sandbox.database(LARGE);
    const whole = await content.sums(database, { mode: "fast" });
    const { statements } = content.comparison;
    expect(statements.filter((sql) => sql.includes('"large"')).length).toBeGreaterThan(4);
    const [[direct = ""] = []] = await sandbox.run(
      database,
      "select count(*) || ' ' || sum(hash_record_extended(row(record_send(row(n, filler))), 0)) from large",
    );
    expect(whole["public.large"]).toBe(`${direct}:0`);
  });

  it("are summed the same when every slice ends after one statement, and when each is killed", async () => {
    const database = await sandbox.database(
      `${LARGE} ${Array.from({ length: 12 }, (_, n) => `create table t${n} as select ${n} a`).join(";")}`,
    );
    const whole = (await content.capture(database, {}, "one")).fingerprints;
    const sums = (of: typeof whole) => of?.tables.map(({ table, rows, hash }) => [table, rows, hash]);
    const short = (await content.capture(database, {}, "one", { endEveryReached: true })).fingerprints;
    expect(content.comparison.slices).toBeGreaterThan(3);
    expect(sums(short)).toEqual(sums(whole));
    const killed = (await content.capture(database, {}, "one", { killEveryReached: true })).fingerprints;
    expect(content.comparison.slices).toBeGreaterThan(5);
    expect(sums(killed)).toEqual(sums(whole));
  });

  it("are weighed when much of them is in TOAST, so that no statement meets what it can not read in time", async () => {
    // 8 rows a block and 1 MB of TOAST a row: chunks of 64 blocks would be of 500 MB each.
    const database = await sandbox.database(
      `create table heavy (id int, filler char(900), body text); alter table heavy alter body set storage external;
       insert into heavy select n, 'f', repeat(md5(n::text), 32768) from generate_series(1, 60) n;
       insert into heavy select n, 'f', 'light' from generate_series(61, 6000) n`,
    );
    const { fingerprints } = await content.capture(database, { mode: "fast" }, "heavy");
    expect(fingerprints?.tables[0]?.rows).toBe("6000");
    const chunks = content.comparison.statements.filter((sql) => sql.includes("record_send"));
    expect(content.comparison.statements.some((sql) => sql.includes("pg_column_size"))).toBe(true);
    // The first statement reads about half a megabyte, so less than one block of eight heavy rows.
    expect(chunks[0]).toMatch(/ctid >= '\(0,0\)'::tid and ctid < '\(0,[2-9]\)'::tid/);
  });
});
