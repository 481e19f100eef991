import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { catalog } from "../../src/checks/kinds/catalog.ts";
import { Drift } from "../../src/evidence/drift.ts";
import { Catalog } from "../../src/structure/catalog.ts";
import { baselineAt, Comparison } from "./comparing.ts";
import { ask, Sandbox } from "./sandbox.ts";

const CHECK = { kind: "catalog", required: true } as const;
const STRUCTURE = `create table orders (id bigserial primary key, total numeric default 0);
  create index orders_total_idx on orders (total); grant select on orders to pg_monitor;
  create table schema_migrations (version text primary key); insert into schema_migrations values ('20251024')`;
const BASELINE = { references: [baselineAt("base")] };
const SINCE = "since the baseline of 2026-11-01T11:00:00.000Z";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await Sandbox.open();
});
afterAll(() => sandbox.close());

/** A baseline of the structure, and what a drill says of the database after the change. */
async function drillAfter(change: string, edit: (catalog: Catalog) => Catalog = (known) => known) {
  const database = await sandbox.database(STRUCTURE);
  const comparison = new Comparison(sandbox, catalog);
  const captured = await comparison.capture(database, CHECK, "base");
  const known = await comparison.parts("base").get("catalog.json", Catalog);
  if (known === undefined) throw new Error("nothing was captured");
  await comparison.parts("base").leave("catalog.json", edit(known));
  if (change !== "") await sandbox.run(database, change);
  return { captured, comparison, finding: await comparison.ask(database, CHECK, "drill", BASELINE) };
}

describe("a catalog check", () => {
  it("has nothing to compare with at first, and keeps what it saw for the next drill", async () => {
    const database = await sandbox.database(STRUCTURE);
    const comparison = new Comparison(sandbox, catalog);
    expect(await comparison.ask(database, CHECK, "one", BASELINE)).toEqual({
      outcome: "unchecked",
      observed: expect.stringMatching(
        /^\d+ entries of structure; nothing to compare with yet: this drill's own structure is kept for the next one$/,
      ),
    });
    const references = [baselineAt("base"), { ...baselineAt("one"), kind: "drill" as const }];
    expect(await comparison.ask(database, CHECK, "two", { references })).toEqual({
      outcome: "held",
      observed: expect.stringMatching(
        /^\d+ entries of structure, the same as in the drill of 2026-11-01T11:00:00.000Z$/,
      ),
    });
  });

  it("holds for a database that is as the baseline saw it", async () => {
    const { captured, finding } = await drillAfter("");
    expect(captured).toMatchObject({ outcome: "held" });
    expect(finding).toMatchObject({ outcome: "held" });
  });

  it("fails for what is lost, and says what", async () => {
    const { finding, comparison } = await drillAfter(
      "drop index orders_total_idx; revoke select on orders from pg_monitor; alter table orders alter total set default 1",
    );
    expect(finding).toEqual({
      outcome: "failed",
      observed: `3 differences ${SINCE}: removed grant to pg_monitor on public.orders; removed index public.orders_total_idx on public.orders; changed column public.orders.total: "default 0" -> "default 1"`,
    });
    const drift = await comparison.parts("drill").get("drift.json", Drift);
    expect(drift?.["catalog"]?.reference).toEqual({
      kind: "baseline",
      id: "base",
      takenAt: "2026-11-01T11:00:00.000Z",
    });
    expect(drift?.["catalog"]?.entries).toHaveLength(3);
    expect(drift?.["catalog"]?.entries).toContainEqual({
      key: "column public.orders.total",
      source: "numeric; default 0",
      restored: "numeric; default 1",
      match: false,
    });
  });

  it("lists ten differences and counts the others", async () => {
    const tables = Array.from({ length: 15 }, (_, n) => `create table t${n} ()`).join(";");
    const { finding } = await drillAfter(tables);
    expect(finding.observed).toMatch(/^15 differences .*; 5 more added$/);
  });

  it("holds when migrations ran in between, and lists what they changed", async () => {
    const { finding } = await drillAfter(
      "drop index orders_total_idx; insert into schema_migrations values ('20251103')",
    );
    expect(finding).toEqual({
      outcome: "held",
      observed: `1 difference ${SINCE}, explained by migrations 20251024 -> 20251103: removed index public.orders_total_idx on public.orders`,
    });
  });

  it("takes the plan's own table of migrations for an explanation, where no known tool keeps it", async () => {
    const database = await sandbox.database(
      "create table t (id int); create table ours (done int, tag text); insert into ours values (9, 'b'), (10, 'a')",
    );
    const change = "alter table t add column more int; insert into ours values (11, 'c')";
    const check = { ...CHECK, migrations: { table: "ours", column: "tag", orderBy: "done" } };
    const comparison = new Comparison(sandbox, catalog);
    await comparison.capture(database, check, "base");
    await sandbox.run(database, change);
    expect(await comparison.ask(database, check, "drill", BASELINE)).toEqual({
      outcome: "held",
      observed: expect.stringContaining("explained by migrations a -> c: added column"),
    });
    expect(await comparison.ask(database, CHECK, "drill", BASELINE)).toMatchObject({ outcome: "failed" });
  });

  it("says when the plan's table of migrations, or its column, is not there", async () => {
    const database = await sandbox.database(STRUCTURE);
    const comparison = new Comparison(sandbox, catalog);
    for (const migrations of [
      { table: "nope", column: "version" },
      { table: "schema_migrations", column: "verzion" },
    ])
      await expect(comparison.capture(database, { ...CHECK, migrations }, "base")).rejects.toMatchObject({
        fault: "missing",
      });
  });

  it("takes a head that the table of migrations does not hold any more for one that went back, whatever it is called", async () => {
    const text =
      "create table t (id int); create table _prisma_migrations (migration_name text, finished_at timestamptz)";
    const database = await sandbox.database(
      `${text}; insert into _prisma_migrations values ('a', '2026-01-01'), ('b', '2026-02-01')`,
    );
    const comparison = new Comparison(sandbox, catalog);
    await comparison.capture(database, CHECK, "base");
    await sandbox.run(
      database,
      "alter table t add column more int; delete from _prisma_migrations where migration_name = 'b'",
    );
    expect(await comparison.ask(database, CHECK, "drill", BASELINE)).toMatchObject({
      outcome: "failed",
      observed: expect.stringContaining("migrations went back b -> a"),
    });
  });

  it("takes no migrations for an explanation that went back, or whose table is lost", async () => {
    const back = "drop index orders_total_idx; update schema_migrations set version = '20251001'";
    expect((await drillAfter(back)).finding).toMatchObject({
      outcome: "failed",
      observed: expect.stringContaining(", and migrations went back 20251024 -> 20251001: "),
    });
    expect((await drillAfter("drop table schema_migrations")).finding).toMatchObject({ outcome: "failed" });
  });

  it("can not tell differences from another way of printing when the major version is another", async () => {
    const asOlder = (known: Catalog): Catalog => ({ ...known, engineVersion: "14.9" });
    expect((await drillAfter("", asOlder)).finding).toMatchObject({ outcome: "held" });
    expect((await drillAfter("drop index orders_total_idx", asOlder)).finding).toMatchObject({
      outcome: "unchecked",
      observed: expect.stringContaining("PostgreSQL 14 and 18 print some of the same structure otherwise"),
    });
  });

  it("starts again in the next slice when this one has no time left", async () => {
    const database = await sandbox.database(STRUCTURE);
    const comparison = new Comparison(sandbox, catalog);
    let looks = 0;
    const hasTime = (): boolean => {
      looks += 1;
      return looks !== 5;
    };
    expect(await comparison.ask(database, CHECK, "drill", { hasTime })).toMatchObject({ outcome: "unchecked" });
    expect(comparison.slices).toBe(2);
    expect(await comparison.parts("drill").get("catalog.json", Catalog)).toBeDefined();
  });

  it("is asked by a drill like every other check, and leaves the next one its own search_path", async () => {
    const { planned } = await ask(sandbox, await sandbox.database(STRUCTURE), [
      CHECK,
      {
        kind: "sql",
        name: "path",
        sql: "select current_setting('search_path')",
        expect: { equals: '"$user", public' },
      },
    ]);
    expect(planned).toMatchObject([
      {
        name: "catalog",
        outcome: "unchecked",
        expected: "the structure that was there before, or changed by migrations alone",
      },
      { name: "path", outcome: "held" },
    ]);
  });
});
