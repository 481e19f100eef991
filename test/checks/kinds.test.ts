import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, askOne, type CheckInput, Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;
let shop: string;

beforeAll(async () => {
  sandbox = await Sandbox.open();
  shop = await sandbox.database(`
    create schema sales;
    create table orders (id bigserial primary key, placed_at timestamptz not null, day date, local_time timestamp, total numeric);
    insert into orders (placed_at, day, local_time, total)
      select '2026-11-01 11:30+00'::timestamptz - n * interval '1 minute', '2026-10-31', '2026-11-01 11:00', n from generate_series(0, 999) n;
    create table sales."Order ""x"" Items" (id int primary key);
    insert into sales."Order ""x"" Items" values (1), (2);
    create table nothing (id int, at timestamptz);
    create table measured (id int, at date) partition by range (id);
    create table measured_1 partition of measured for values from (0) to (10);
    create table measured_2 partition of measured for values from (10) to (20);
    insert into measured select n, '2026-10-01' from generate_series(0, 19) n;
    create table parent (id int); create table child () inherits (parent);
    insert into parent values (1); insert into child values (2), (3);
    create view recent as select * from orders where id > 990;
    create table migrations (version text, applied int);
    insert into migrations values ('9', 1), ('10', 2);
    create table names (version text); insert into names values ('v1'), ('v2');
    create extension pgcrypto;
  `);
});
afterAll(() => sandbox.close());

describe("a rows check", () => {
  it.each<[string, number]>([
    ["orders", 1000],
    ["public.orders", 1000],
    ['sales."Order ""x"" Items"', 2],
    ["measured", 20],
    ["parent", 3],
    ["recent", 10],
  ])("counts %s as select count(*) would", async (table, equals) => {
    expect(await askOne(sandbox, shop, { kind: "rows", table, expect: { equals } })).toMatchObject({
      name: `rows ${table}`,
      outcome: "held",
      observed: `${equals.toLocaleString("en-US")} rows`,
    });
  });

  it("fails when rows are missing, and says how many there are", async () => {
    const check: CheckInput = { kind: "rows", table: "orders", expect: { between: [1001, 2000] } };
    expect(await askOne(sandbox, shop, check)).toMatchObject({
      outcome: "failed",
      expected: "between 1,001 and 2,000 rows",
      observed: "1,000 rows",
    });
  });

  it("fails when the table did not come back", async () => {
    expect(await askOne(sandbox, shop, { kind: "rows", table: 'Orders."Gone"', expect: { atLeast: 1 } })).toMatchObject(
      {
        outcome: "failed",
        observed: 'orders."Gone" is not in the restored database',
      },
    );
  });

  it("holds on no rows only when none were asked for", async () => {
    const of = async (expectation: Extract<CheckInput, { kind: "rows" }>["expect"]) =>
      (await askOne(sandbox, shop, { kind: "rows", table: "nothing", expect: expectation })).outcome;
    expect([await of({ equals: 0 }), await of({ atMost: 5 }), await of({ atLeast: 1 })]).toEqual([
      "held",
      "empty",
      "failed",
    ]);
  });

  // A third of a gigabyte is written first.
  it("counts a table too large for one statement by ranges of blocks, in as many slices as it takes", {
    timeout: 180_000,
  }, async () => {
    // One row a block: two partitions of 20,000 blocks, 328 MB in all, and a third that is empty.
    const database = await sandbox.database(`create table large (id int, filler text) partition by range (id);
      create table large_1 partition of large for values from (0) to (20000) with (fillfactor = 10);
      create table large_2 partition of large for values from (20000) to (40000) with (fillfactor = 10);
      create table large_3 partition of large for values from (40000) to (50000);
      insert into large select n, repeat('x', 900) from generate_series(0, 39999) n; delete from large where id % 1000 = 7`);
    const check: CheckInput = { kind: "rows", table: "large", expect: { equals: 39_960 } };
    const whole = await ask(sandbox, database, [check]);
    expect(whole.planned[0]).toMatchObject({ outcome: "held", observed: "39,960 rows" });
    expect(whole.api.statements).not.toContain('select count(*)::text from "public"."large"');
    const sliced = await ask(sandbox, database, [check], { remainingMs: () => 10 });
    expect(sliced.answers.filter(({ done }) => done === 1).length).toBeGreaterThan(5);
    expect(sliced.planned[0]).toMatchObject({ outcome: "held", observed: "39,960 rows" });
  });

  it("does not count rows that are kept in another database", async () => {
    const database =
      await sandbox.database(`create extension postgres_fdw; create server elsewhere foreign data wrapper postgres_fdw;
      create foreign table far (id int) server elsewhere`);
    expect(await askOne(sandbox, database, { kind: "rows", table: "far", expect: { atLeast: 1 } })).toMatchObject({
      outcome: "unchecked",
      observed: expect.stringContaining("is a foreign table"),
    });
  });
});

describe("a freshness check", () => {
  const of = (column: string, within: string, table = "orders") =>
    askOne(sandbox, shop, { kind: "freshness", table, column, within });

  it("counts back from the recovery point, not from now", async () => {
    expect(await of("placed_at", "30m")).toMatchObject({
      outcome: "held",
      newestAt: "2026-11-01T11:30:00.000Z",
      expected: "newest placed_at at most 30 minutes before the recovery point",
      observed: "2026-11-01T11:30:00.000Z, 30 minutes before the recovery point",
    });
  });

  it("fails on data that is too old, and still says how old", async () => {
    expect(await of("placed_at", "29m")).toMatchObject({ outcome: "failed", newestAt: "2026-11-01T11:30:00.000Z" });
  });

  it("takes times without a zone and dates as UTC, and says so", async () => {
    expect(await of("local_time", "2h")).toMatchObject({
      newestAt: "2026-11-01T11:00:00.000Z",
      observed: expect.stringContaining("(timestamp without time zone, taken as UTC)"),
    });
    expect(await of("day", "2d")).toMatchObject({ outcome: "held", newestAt: "2026-10-31T00:00:00.000Z" });
  });

  it("has nothing to look at in an empty table", async () => {
    const result = await of("at", "1h", "nothing");
    expect(result.outcome).toBe("empty");
    expect(result.newestAt).toBeUndefined();
  });

  it("fails on a missing column and can not ask one that is no time", async () => {
    expect(await of("gone", "1h")).toMatchObject({ outcome: "failed", fault: "missing" });
    expect(await of("total", "1h")).toMatchObject({ outcome: "unchecked" });
  });

  it("does not take a column that has no newest value for one that is missing", async () => {
    const database = await sandbox.database("create table t (yes boolean); insert into t values (true)");
    const check: CheckInput = { kind: "freshness", table: "t", column: "yes", within: "1h" };
    expect(await askOne(sandbox, database, check)).toMatchObject({
      outcome: "unchecked",
      fault: "invalid",
      observed: "could not be asked: function max(boolean) does not exist (SQLState 42883)",
    });
  });

  it("does not take future times and infinity for freshness", async () => {
    const database = await sandbox.database(`create table t (at timestamptz, ends timestamptz);
      insert into t values ('2026-11-01 12:04Z', '2027-01-01Z'), ('infinity', 'infinity')`);
    const [slack, future] = (
      await ask(sandbox, database, [
        { kind: "freshness", name: "slack", table: "t", column: "at", within: "1h" },
        { kind: "freshness", name: "future", table: "t", column: "ends", within: "1h" },
      ])
    ).planned;
    expect(slack).toMatchObject({ outcome: "held", newestAt: "2026-11-01T12:04:00.000Z" });
    expect(future).toMatchObject({ outcome: "unchecked", observed: expect.stringContaining("no time of writing") });
    expect(future?.newestAt).toBeUndefined();
  });
});

describe("a check of what is present", () => {
  it("lists the tables that are not there", async () => {
    const missing = Array.from({ length: 12 }, (_, n) => `gone_${n}`);
    const present = ["orders", 'sales."Order ""x"" Items"', "recent", "measured"];
    expect(await askOne(sandbox, shop, { kind: "tables", present })).toMatchObject({ outcome: "held" });
    const result = await askOne(sandbox, shop, { kind: "tables", present: [...present, ...missing] });
    expect(result).toMatchObject({ outcome: "failed", expected: "16 tables present" });
    expect(result.observed).toBe(`missing: ${missing.slice(0, 10).join(", ")} and 2 others`);
  });

  it("does not take an index for a table", async () => {
    expect(await askOne(sandbox, shop, { kind: "tables", present: ["orders_pkey"] })).toMatchObject({
      outcome: "failed",
    });
  });

  it("names the extensions that are not installed", async () => {
    expect(await askOne(sandbox, shop, { kind: "extensions", present: ["pgcrypto"] })).toMatchObject({
      outcome: "held",
    });
    expect(await askOne(sandbox, shop, { kind: "extensions", present: ["pgcrypto", "o'ther"] })).toMatchObject({
      outcome: "failed",
      observed: "missing: o'ther",
    });
  });
});

describe("a migration check", () => {
  const of = (check: Partial<Extract<CheckInput, { kind: "migration" }>>) =>
    askOne(sandbox, shop, {
      kind: "migration",
      table: "migrations",
      column: "version",
      expect: { equals: "10" },
      ...check,
    });

  it("orders versions of digits as numbers", async () => {
    expect(await of({})).toMatchObject({ outcome: "held", observed: "version 10" });
    expect(await of({ expect: { atLeast: "9" } })).toMatchObject({ outcome: "held" });
    expect(await of({ expect: { atLeast: "11" } })).toMatchObject({
      outcome: "failed",
      expected: "version 11 or later",
    });
  });

  it("orders other versions as text, or by the column it is told", async () => {
    expect(await of({ table: "names", expect: { equals: "v2" } })).toMatchObject({ outcome: "held" });
    expect(await of({ orderBy: "applied", expect: { equals: "10" } })).toMatchObject({ outcome: "held" });
  });

  it("fails on a table without migrations, and on a missing one", async () => {
    expect(await of({ table: "nothing", column: "id" })).toMatchObject({
      outcome: "failed",
      observed: expect.stringContaining("empty"),
    });
    expect(await of({ table: "gone" })).toMatchObject({ outcome: "failed", fault: "missing" });
  });
});

describe("the checks of the catalog", () => {
  const STRUCTURE = `create table a (id serial primary key, n int check (n > 0)); create table "B" (id int primary key references a);
    insert into a (n) select 1 from generate_series(1, 10);`;

  it("hold on a sound database", async () => {
    const database = await sandbox.database(STRUCTURE);
    const { planned } = await ask(sandbox, database, [
      { kind: "indexes" },
      { kind: "constraints" },
      { kind: "sequences" },
    ]);
    expect(planned.map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ["indexes", "held"],
      ["constraints", "held"],
      ["sequences", "held"],
    ]);
  });

  it("have nothing to look at in an empty database", async () => {
    const { planned } = await ask(sandbox, await sandbox.database(), [
      { kind: "indexes" },
      { kind: "constraints" },
      { kind: "sequences" },
    ]);
    expect(planned.map(({ outcome }) => outcome)).toEqual(["empty", "empty", "empty"]);
  });

  it("name an index that is not valid", async () => {
    const database = await sandbox.database(
      `${STRUCTURE} update pg_index set indisvalid = false where indexrelid = '"B_pkey"'::regclass`,
    );
    expect(await askOne(sandbox, database, { kind: "indexes" })).toMatchObject({
      outcome: "failed",
      observed: 'not valid: public."B_pkey" (of 2)',
    });
  });

  it("name a constraint that was never validated or is not enforced", async () => {
    const database = await sandbox.database(`${STRUCTURE} alter table a add constraint small check (n < 100) not valid;
      alter table a add constraint loose check (n < 200) not enforced`);
    const result = await askOne(sandbox, database, { kind: "constraints" });
    expect(result.outcome).toBe("failed");
    expect(result.observed).toMatch(/^not validated or not enforced: loose on (public\.)?a, small on (public\.)?a/);
  });
});

describe("a sequences check", () => {
  it("fails for a serial, an identity and a default that are behind their column", async () => {
    const database = await sandbox.database(`
      create table a (id serial); insert into a select nextval('a_id_seq') from generate_series(1, 10); select setval('a_id_seq', 9);
      create table b ("Id" bigint generated always as identity); insert into b overriding system value values (1);
      create sequence shared; create table c (n int default nextval('shared')); insert into c values (5)`);
    const result = await askOne(sandbox, database, { kind: "sequences" });
    expect(result).toMatchObject({ outcome: "failed" });
    expect(
      result.observed
        .split(", public.")
        .map((part) => part.replace("behind: public.", ""))
        .sort(),
    ).toEqual([
      "a.id is at 10, its sequence at 9",
      "b.Id is at 1, its sequence at 1",
      "c.n is at 5, its sequence at 1",
    ]);
  });

  it("holds for empty tables, descending and cycling sequences, and partitions", async () => {
    const database = await sandbox.database(`
      create table a (id serial);
      create sequence down increment -1; create table b (n int default nextval('down')); insert into b values (default), (default);
      create sequence round maxvalue 3 cycle; create table c (n int default nextval('round')); insert into c select from generate_series(1, 4);
      create table d (id serial) partition by range (id); create table d1 partition of d for values from (0) to (10); insert into d values (default)`);
    expect(await askOne(sandbox, database, { kind: "sequences" })).toMatchObject({
      outcome: "held",
      observed: "3 sequences at or beyond the column",
    });
  });

  it("asks hundreds of sequences in few statements", async () => {
    const tables = Array.from({ length: 250 }, (_, n) => `create table t${n} (id serial)`).join(";");
    const { planned, api } = await ask(sandbox, await sandbox.database(`${tables}; insert into t249 values (1)`), [
      { kind: "sequences" },
    ]);
    expect(planned[0]).toMatchObject({
      outcome: "failed",
      observed: "behind: public.t249.id is at 1, its sequence at 1",
    });
    expect(api.calls()).toBeLessThan(20);
  });

  const FEEDS = Array.from({ length: 150 }, (_, n) => `create table t${n} (id serial)`).join(";");
  const timeOut = (): never => {
    throw Object.assign(new Error("timed out"), { name: "StatementTimeoutException" });
  };

  it("stops asking after ten timeouts in a row", async () => {
    const { planned, api } = await ask(sandbox, await sandbox.database(FEEDS), [{ kind: "sequences" }], {
      prepare: (api) => {
        api.intercept = (sql) => (sql.includes("last_value") ? timeOut() : undefined);
      },
    });
    expect(planned[0]).toMatchObject({
      outcome: "unchecked",
      fault: "timeout",
      observed: "10 statements in a row were not answered in time, the rest was not asked",
    });
    expect(api.statements.filter((sql) => sql.includes("last_value"))).toHaveLength(10);
  });

  it("still fails for a sequence found behind before the time was up", async () => {
    const database = await sandbox.database(`${FEEDS}; insert into t3 values (7)`);
    let isLate = false;
    const { planned } = await ask(sandbox, database, [{ kind: "sequences" }], {
      now: () => new Date(isLate ? "2026-11-03T00:00:00Z" : "2026-11-01T15:00:00Z"),
      prepare: (api) => {
        api.intercept = (sql) => {
          if (sql.includes("last_value")) isLate = true;
        };
      },
    });
    expect(planned[0]).toMatchObject({
      outcome: "failed",
      observed: "behind: public.t3.id is at 7, its sequence at 1; the drill's time was up",
    });
  });
});

describe("a sql check", () => {
  const of = (sql: string, expectation: Extract<CheckInput, { kind: "sql" }>["expect"]) =>
    askOne(sandbox, shop, { kind: "sql", name: "question", sql, expect: expectation });

  it.each<[string, Extract<CheckInput, { kind: "sql" }>["expect"]]>([
    ["select count(*) from orders;", { equals: 1000 }],
    ["-- why\n/* and */ (select 1)", { between: [1, 1] }],
    ["select 9007199254740993", { atLeast: 9007199254740992 }],
    ["select 1.50::numeric", { equals: 1.5 }],
    ["select true", { equals: true }],
    ["select gen_random_uuid()::text is not null", { equals: "true" }],
    ["select '\\x00ff'::bytea", { equals: "\\x00ff" }],
    ["select 1 where false", { noRows: true }],
    ["with x as (select 5 n) select n from x", { atMost: 5 }],
    ["values ('a::b:c')", { equals: "a::b:c" }],
  ])("holds for %s", async (sql, expectation) => {
    expect(await of(sql, expectation)).toMatchObject({ outcome: "held", sql });
  });

  it("compares integers exactly, beyond what a float holds", async () => {
    expect(await of("select 9007199254740993", { equals: 9007199254740992 })).toMatchObject({ outcome: "failed" });
  });

  it("tells of a text that the plan does not name only that it is one", async () => {
    const result = await of("select repeat('x', 500)", { equals: "y" });
    expect(result).toMatchObject({ outcome: "failed", expected: 'exactly "y"', observed: "a text of 500 characters" });
    expect(await of("select 'shipped'", { equals: "shipped" })).toMatchObject({ outcome: "held", observed: "shipped" });
    expect(await of("select 'secret' from orders", { noRows: true })).toMatchObject({
      outcome: "failed",
      observed: "1,000 rows",
    });
  });

  it("can not compare more than one value, and has nothing to compare in none", async () => {
    expect(await of("select id from orders limit 2", { equals: 1 })).toMatchObject({
      outcome: "unchecked",
      observed: expect.stringContaining("2 rows of 1 column"),
    });
    expect(await of("select 1, 2", { equals: 1 })).toMatchObject({
      outcome: "unchecked",
      observed: expect.stringContaining("1 row of 2 columns"),
    });
    expect(await of("select id from nothing", { equals: 1 })).toMatchObject({ outcome: "empty" });
    expect(await of("select null", { equals: 1 })).toMatchObject({ outcome: "failed", observed: "null" });
  });

  it.each([
    ["delete from orders", "refused-write"],
    ["with gone as (delete from orders returning 1) select count(*) from gone", "refused-write"],
    ["select lo_create(0)", "refused-write"],
    ["commit", "invalid"],
    ["/* x */ set transaction read write", "invalid"],
    ["select 1; select 2", "invalid"],
    ["selec 1", "invalid"],
    ["select pg_read_file('PG_VERSION')", "denied"],
  ])("does not run %s", async (sql, fault) => {
    expect(await of(sql, { equals: 1 })).toMatchObject({ outcome: "unchecked", fault });
    expect(await sandbox.run(shop, "select count(*)::text from orders")).toEqual([["1000"]]);
  });

  it("fails when what it asks about is not there", async () => {
    for (const sql of [
      "select count(*) from gone",
      "select gone from orders",
      "select gone()",
      "select 1 from gone.orders",
    ]) {
      expect(await of(sql, { equals: 1 })).toMatchObject({
        outcome: "failed",
        fault: "missing",
        observed: expect.stringContaining("does not exist"),
      });
    }
  });

  it.each(["select max(true)", "select 1 from orders where id = 'a'::text", "select pg_catalog.sum('x'::text)"])(
    "can not ask %s, which is a mistake in the check and no loss",
    async (sql) => {
      expect(await of(sql, { equals: 1 })).toMatchObject({ outcome: "unchecked", fault: "invalid" });
    },
  );

  it("does not repeat row data that an error message holds", async () => {
    const result = await of("select 'card 4111'::text::int", { equals: 1 });
    expect(result).toMatchObject({ outcome: "unchecked", fault: "invalid" });
    expect(result.observed).not.toContain("4111");
  });

  it("counts rows where they are, of whatever size, and says what to do about one value over 1 MiB", async () => {
    const large = "select repeat('x', 1000) from generate_series(1, 2100)";
    expect(await of(large, { noRows: true })).toMatchObject({ outcome: "failed", observed: "2,100 rows" });
    expect(await of("select repeat('x', 2000000)", { equals: 1 })).toMatchObject({
      outcome: "unchecked",
      fault: "too-large",
      observed: expect.stringContaining("aggregate"),
    });
  });

  it("is cancelled by the database when it takes too long", async () => {
    const check: CheckInput = { kind: "sql", name: "slow", sql: "select pg_sleep(30)::text", expect: { equals: "" } };
    const result = await askOne(sandbox, shop, check, { session: { statementSeconds: 0.3 } });
    expect(result).toMatchObject({ outcome: "unchecked", fault: "timeout" });
    expect(result.seconds).toBeLessThan(5);
  });

  it("does not carry its settings over to the next check", async () => {
    const setting = "select set_config('statement_timeout', '0', false)";
    const { planned } = await ask(sandbox, shop, [
      { kind: "sql", name: "sets", sql: setting, expect: { equals: "0" } },
      { kind: "sql", name: "sees", sql: "select current_setting('statement_timeout')", expect: { equals: "44s" } },
    ]);
    expect(planned.map(({ outcome }) => outcome)).toEqual(["held", "held"]);
  });
});

describe("a name with a colon, which the Data API would take for a placeholder", () => {
  it.each<[string, CheckInput]>([
    ["rows", { kind: "rows", table: '"a:b \\ c"', expect: { equals: 1 } }],
    ["tables", { kind: "tables", present: ['"a:b \\ c"'] }],
    ["freshness", { kind: "freshness", table: '"a:b \\ c"', column: "x:at", within: "1d" }],
    ["grants", { kind: "grants", present: [{ role: "drill", on: '"a:b \\ c"', may: ["select"] }] }],
  ])("is asked for as it is by %s", async (_kind, check) => {
    const database = await sandbox.database(
      `create table "a:b \\ c" as select timestamptz '2026-11-01 11:00+00' "x:at"; grant select on "a:b \\ c" to drill`,
    );
    expect(await askOne(sandbox, database, check)).toMatchObject({ outcome: "held" });
  });
});
