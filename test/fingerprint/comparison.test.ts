import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Drift } from "../../src/evidence/drift.ts";
import type { DataApiDouble } from "../checks/data-api-double.ts";
import { Sandbox } from "../checks/sandbox.ts";
import { Content, type FingerprintInput } from "./content.ts";

let sandbox: Sandbox;
let content: Content;

beforeAll(async () => {
  sandbox = await Sandbox.open();
});
afterAll(() => sandbox?.close());

const TABLES = `create table item (id int primary key, name text, at timestamptz default '2026-11-01 08:00+00');
  insert into item select n, 'item ' || n from generate_series(1, 1000) n; create table other as select 1 a;`;

/** Captured, changed in between, and asked as if it had been restored. */
async function asked(
  change: string,
  input: FingerprintInput = {},
  { tables = TABLES, capturedWith = input }: { tables?: string; capturedWith?: FingerprintInput } = {},
) {
  content = new Content(sandbox);
  const database = await sandbox.database(tables);
  expect((await content.capture(database, capturedWith)).finding).toMatchObject({ outcome: "held" });
  for (const statement of change.split(";")) if (statement.trim() !== "") await sandbox.run(database, statement);
  return content.ask(database, input);
}

describe("the content of a restored database", () => {
  it("is held when every table is as it was, and says against what", async () => {
    expect(await asked("")).toMatchObject({
      outcome: "held",
      observed: "1,001 rows of 2 tables: 2 tables as they were; against the baseline of 2026-11-01T11:00:00.000Z",
    });
    const drift = await content.comparison.parts("drill").get("drift.json", Drift);
    expect(drift?.["fingerprint"]?.entries).toEqual([
      {
        key: "table public.item",
        source: expect.stringMatching(/^1,000 rows, [0-9a-f]{16}$/),
        restored: expect.any(String),
        match: true,
        coverage: "exact",
      },
      {
        key: "table public.other",
        source: expect.any(String),
        restored: expect.any(String),
        match: true,
        coverage: "exact",
      },
    ]);
    expect(drift?.["fingerprint"]?.reference).toEqual({
      kind: "baseline",
      id: "baseline",
      takenAt: "2026-11-01T11:00:00.000Z",
    });
  });

  it("is failed when rows are gone and nothing was written since: nothing but loss explains that", async () => {
    expect(await asked("delete from item where id = 7")).toMatchObject({
      outcome: "failed",
      observed: expect.stringMatching(/^public\.item has 999 rows instead of 1,000 rows; against the baseline/),
    });
  });

  it("is failed when a table did not come back", async () => {
    expect(await asked("drop table other")).toMatchObject({
      outcome: "failed",
      observed: expect.stringMatching(/^public\.other is missing \(1 row\); against/),
    });
  });

  it("is not proven for a table that was written to after the baseline, unless the plan declares that it changes", async () => {
    const change = "update item set name = 'new' where id = 3; insert into item values (1001, 'x')";
    expect(await asked(change)).toMatchObject({
      outcome: "unchecked",
      observed: expect.stringMatching(
        /^1 table of 2 can not be proven: public\.item has changed since: declare it closed or changing; against/,
      ),
    });
    expect(await asked(change, { changing: [{ table: "item", growPercent: 1 }] })).toMatchObject({
      outcome: "held",
      observed: expect.stringContaining("1 table as they were, 1 table within the bounds declared"),
    });
  });

  it("is failed when a table that may change is another without having been written to", async () => {
    const damage = `create extension pg_surgery; update item set name = 'ITEM' where id = 3;
      select heap_force_freeze('item', array_agg(ctid)) from item where id = 3; drop extension pg_surgery`;
    expect(await asked(damage, { changing: [{ table: "item", shrinkPercent: 50, growPercent: 50 }] })).toMatchObject({
      outcome: "failed",
      observed: expect.stringMatching(/^public\.item has other content in its 1,000 rows; against/),
    });
    const partitioned = `create table p (id int, name text) partition by range (id); create table item partition of p for values from (0) to (2000);
      insert into p select n, 'item ' || n from generate_series(1, 1000) n;`;
    expect(await asked(damage, { changing: [{ table: "p", growPercent: 50 }] }, { tables: partitioned })).toMatchObject(
      { outcome: "failed" },
    );
  });

  it("is failed when a table changed by more than the plan lets it", async () => {
    const grown = "insert into item select n, 'x' from generate_series(1001, 1200) n";
    expect(await asked(grown, { changing: [{ table: "item", growPercent: 10 }] })).toMatchObject({ outcome: "failed" });
    expect(await asked("delete from item where id < 3", { changing: [{ table: "item" }] })).toMatchObject({
      outcome: "failed",
    });
    expect(
      await asked("delete from item where id < 3", { changing: [{ table: "item", shrinkPercent: 1 }] }),
    ).toMatchObject({ outcome: "held" });
  });

  const closed = { closed: [{ table: "item", by: "at" }] };

  it("is held for an append-only table whose closed range is as it was, however it has grown", async () => {
    const grown = "insert into item select n, 'x', now() from generate_series(1001, 1200) n";
    expect(await asked(grown, closed)).toMatchObject({
      outcome: "held",
      observed: expect.stringContaining("1 table as they were, 1 table in the range that is closed"),
    });
  });

  it("is failed when one row of a closed range is another, even one that was written later", async () => {
    const edited = "insert into item values (1001, 'x', now()); update item set name = 'ITEM 5' where id = 5";
    expect(await asked(edited, closed)).toMatchObject({
      outcome: "failed",
      observed: expect.stringMatching(/public\.item has other content in its 1,000 rows before 2026-[^ ]+; against/),
    });
  });

  it("is not captured with a closed range by no column, or of no table", async () => {
    content = new Content(sandbox);
    const database = await sandbox.database(TABLES);
    await expect(content.capture(database, { closed: [{ table: "item", by: "att" }] })).rejects.toThrow(
      /closed range of public\.item is by "att"/,
    );
    expect((await content.capture(database, { changing: [{ table: "itme" }] })).finding).toMatchObject({
      outcome: "unchecked",
      observed: 'the plan names what the source does not have: changing names public.itme. Did you mean "public.item"?',
    });
    expect(await content.fingerprints("baseline")).toBeUndefined();
  });

  it("leaves tables out when the plan says so, and says so itself", async () => {
    expect(await asked("delete from item where id = 7", { except: ["item"] })).toMatchObject({
      outcome: "held",
      observed: expect.stringMatching(/^1 row of 1 table: .*; left out by the plan: public\.item$/),
    });
  });

  it("takes partitions that came since for what they are", async () => {
    const tables = `create table p (id int, at timestamptz) partition by range (id); create table p1 partition of p for values from (0) to (10);
      insert into p select n, '2026-10-01' from generate_series(1, 9) n;`;
    const more = "create table p2 partition of p for values from (10) to (20); insert into p values (11, now())";
    expect(await asked(more, {}, { tables })).toMatchObject({
      outcome: "unchecked",
      observed: expect.stringContaining("public.p2 is new"),
    });
    expect(await asked(more, { closed: [{ table: "p", by: "at" }] }, { tables })).toMatchObject({ outcome: "held" });
    expect(
      await asked(
        `${more}; insert into p values (12, '2026-10-02')`,
        { closed: [{ table: "p", by: "at" }] },
        { tables },
      ),
    ).toMatchObject({ outcome: "failed" });
    expect(
      await asked(
        "drop table p1; create table p2 partition of p for values from (10) to (20); insert into p select n, now() from generate_series(10, 18) n",
        { changing: [{ table: "p" }] },
        { tables },
      ),
    ).toMatchObject({ outcome: "held" });
  });

  it("says in which blocks of a large table the mismatch is", async () => {
    const tables = "create table item as select n id, repeat('x', 700) filler from generate_series(1, 40000) n;";
    const finding = await asked("delete from item where id = 30000", {}, { tables });
    expect(finding.outcome).toBe("failed");
    const [, from, to] = /, in blocks (\d+) (?:to (\d+)|on);/.exec(finding.observed) ?? [];
    // 11 rows a block.
    const block = Math.floor(30000 / 11);
    expect(Number(from)).toBeLessThanOrEqual(block);
    expect(Number(to ?? 1e9)).toBeGreaterThan(block);
    expect(Number(to ?? 3637) - Number(from)).toBeLessThan(3637);
  });

  it("names the rows by their keys when the plan asks for that, and never their values", async () => {
    const keyed = { localise: "keys" } as const;
    const finding = await asked("delete from item where id in (7, 8); update other set a = a", keyed);
    expect(finding).toMatchObject({
      outcome: "failed",
      observed: expect.stringMatching(/, by id: missing \["7"\], \["8"\]; against/),
    });
    const changed = await asked("update item set name = 'secret' where id = 5", {
      ...keyed,
      closed: [{ table: "item", by: "at" }],
      mode: "fast",
    });
    expect(changed.observed).toMatch(/, by id: changed \["5"\]; against/);
    expect(changed.observed).not.toContain("secret");
    const tables = `create table pair (a int, b text, v text, primary key (b, a)); insert into pair select n % 7, 'x' || n, 'v' from generate_series(1, 12000) n;`;
    const pair = await asked("delete from pair where b = 'x11999'", keyed, { tables });
    expect(pair.observed).toMatch(/, by b, a: missing \[a text of 6 characters, "1"\]; against/);
  });

  it("can not be compared without anything to compare with: then this drill's own is kept for the next", async () => {
    content = new Content(sandbox);
    const database = await sandbox.database(TABLES);
    expect(await content.ask(database, {}, { references: [] })).toMatchObject({
      outcome: "unchecked",
      observed: expect.stringMatching(/^there is nothing to compare 1,001 rows of 2 tables with yet/),
    });
    const drill = { kind: "drill" as const, id: "drill-0", takenAt: "2026-10-31T11:00:00.000Z", prefix: "drill" };
    expect(await content.ask(database, {}, { references: [drill] })).toMatchObject({
      outcome: "held",
      observed: expect.stringContaining("against the drill of 2026-10-31T11:00:00.000Z"),
    });
    await sandbox.run(database, "delete from item where id = 7");
    expect(await content.ask(database, {}, { references: [{ ...drill, prefix: "drill" }] })).toMatchObject({
      outcome: "failed",
    });
  });

  it("is not compared across modes", async () => {
    expect(
      await asked("delete from item where id = 7", { mode: "fast" }, { capturedWith: { mode: "strong" } }),
    ).toMatchObject({
      outcome: "unchecked",
      observed: expect.stringContaining("its fingerprints are strong, the plan's are fast"),
    });
  });

  it("is of the past where the newest reference proves the table: the source itself was changed since the older one", async () => {
    content = new Content(sandbox);
    const database = await sandbox.database(TABLES);
    const input = { closed: [{ table: "item", by: "at" }] };
    await content.capture(database, input, "older");
    await sandbox.run(database, "delete from item where id = 7");
    await sandbox.run(database, "drop table other");
    await content.capture(database, input, "baseline");
    const references = [
      { kind: "baseline" as const, id: "baseline", takenAt: "2026-11-01T11:00:00.000Z", prefix: "baseline" },
      { kind: "drill" as const, id: "older", takenAt: "2026-10-01T11:00:00.000Z", prefix: "older" },
    ];
    expect(await content.ask(database, input, { references })).toMatchObject({ outcome: "held" });
  });

  it("names in drift.json which of two references a mismatch is with", async () => {
    content = new Content(sandbox);
    const database = await sandbox.database(TABLES);
    const input: FingerprintInput = { closed: [{ table: "item", by: "at" }], mode: "fast" };
    await content.capture(database, input, "older");
    await sandbox.run(database, "update item set name = 'x' where id = 7");
    await content.capture(database, { mode: "fast" }, "baseline");
    await sandbox.run(database, "insert into item values (1001, 'new', now())");
    const references = [
      { kind: "baseline" as const, id: "newest", takenAt: "2026-11-01T11:00:00.000Z", prefix: "baseline" },
      { kind: "drill" as const, id: "older", takenAt: "2026-10-01T11:00:00.000Z", prefix: "older" },
    ];
    expect(await content.ask(database, input, { references })).toMatchObject({ outcome: "failed" });
    const drift = (await content.comparison.parts("drill").get("drift.json", Drift))?.["fingerprint"];
    expect(drift?.reference.id).toBe("newest");
    expect(drift?.entries).toMatchObject([
      { key: "table public.item", match: false, against: "older" },
      { key: "table public.other", match: true },
    ]);
    expect(drift?.entries[1]?.against).toBeUndefined();
  });

  it("is not proven for a table whose columns are others than they were", async () => {
    expect(await asked("alter table item add column note text", { changing: [{ table: "item" }] })).toMatchObject({
      outcome: "unchecked",
      observed: expect.stringContaining("public.item has other columns than it had"),
    });
    expect(await asked("alter table item drop column at", {}, { capturedWith: closed })).toMatchObject({
      outcome: "unchecked",
      observed: expect.stringContaining("public.item has other columns than it had"),
    });
  });

  it("is failed when every row is gone, and when all partitions of a table that may change are", async () => {
    expect(await asked("truncate item, other")).toMatchObject({ outcome: "failed" });
    const tables = `create table kept as select 1 a; create table p (id int) partition by range (id);
      create table p1 partition of p for values from (0) to (2000); insert into p select generate_series(1, 100);`;
    expect(await asked("drop table p1", { changing: [{ table: "p" }] }, { tables })).toMatchObject({
      outcome: "failed",
      observed: expect.stringMatching(/^public\.p has 0 rows instead of 100 rows/),
    });
    expect(await asked("delete from other", { changing: [{ table: "other", shrinkPercent: 1 }] })).toMatchObject({
      outcome: "failed",
    });
  });

  it("takes a closed range for no proof of a table that has rows outside of it alone", async () => {
    const young = "create table item as select n id, now() at from generate_series(1, 50) n";
    const change = "insert into item values (51, now())";
    expect(await asked(change, { closed: [{ table: "item", by: "at" }] }, { tables: young })).toMatchObject({
      outcome: "unchecked",
      observed: expect.stringContaining("public.item has changed since"),
    });
  });

  it("is failed when rows outside of the closed range are gone and nothing was written since", async () => {
    const tables =
      "create table item as select n id, case when n < 90 then timestamptz '2026-01-01' else now() end at from generate_series(1, 100) n";
    expect(
      await asked("delete from item where id > 95", { closed: [{ table: "item", by: "at" }] }, { tables }),
    ).toMatchObject({
      outcome: "failed",
    });
  });

  it("closes a range by dates and times without a zone only where the day is over everywhere", async () => {
    const tables = `create table by_day as select n id, current_date d from generate_series(1, 20) n;
      insert into by_day select n, current_date - 30 from generate_series(21, 40) n;
      create table by_time as select n id, (now() at time zone 'America/Los_Angeles')::timestamp t from generate_series(1, 20) n;
      insert into by_time select n, now() - interval '30 days' from generate_series(21, 40) n;`;
    const input = {
      closed: [
        { table: "by_day", by: "d" },
        { table: "by_time", by: "t" },
      ],
    };
    const change = `insert into by_day values (41, current_date); insert into by_time values (41, (now() at time zone 'America/Los_Angeles')::timestamp)`;
    const finding = await asked(change, input, { tables });
    expect(finding).toMatchObject({
      outcome: "held",
      observed: expect.stringContaining("2 tables in the range that is closed (40 of 82 rows)"),
    });
  });

  it("stays failed when it can not be said where", async () => {
    const tables = "create table item as select n id, repeat('x', 700) filler from generate_series(1, 40000) n;";
    content = new Content(sandbox);
    const database = await sandbox.database(tables);
    await content.capture(database);
    await sandbox.run(database, "delete from item where id = 30000");
    let isOver = false;
    const prepare = (api: DataApiDouble): void => {
      api.intercept = (sql) => {
        if (sql.includes("c.oid in (")) isOver = true;
        if (isOver && sql.includes("record_send"))
          throw Object.assign(new Error(), { name: "StatementTimeoutException" });
      };
    };
    expect(await content.ask(database, {}, { prepare })).toMatchObject({ outcome: "failed" });
  });

  it("is empty where there are no rows", async () => {
    expect(await asked("", {}, { tables: "create table t (a int)" })).toMatchObject({ outcome: "empty" });
  });
});
