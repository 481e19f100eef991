import { open } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AskOptions, ask, askOne, type CheckInput, Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await Sandbox.open();
});
afterAll(() => sandbox.close());

const asked = async (sql: string, check: CheckInput, options: AskOptions = {}) =>
  askOne(sandbox, await sandbox.database(sql), check, options);

/** Deletes as no application could: without the triggers that keep foreign keys. */
const unguarded = (sql: string): string =>
  `set session_replication_role = replica; ${sql}; set session_replication_role = origin;`;

/** Lets every statement that matches time out. */
const timeOutAt = (pattern: RegExp): AskOptions => ({
  prepare: (api) => {
    api.intercept = (sql) => {
      if (pattern.test(sql)) throw Object.assign(new Error("timed out"), { name: "StatementTimeoutException" });
    };
  },
});

/** Writes bytes into a table's file. The page's checksum stays as it was. */
async function damage(database: string, table: string, offset: number, bytes: Buffer): Promise<void> {
  const [[path = ""] = []] = await sandbox.run(database, `select pg_relation_filepath('${table}')`);
  await sandbox.whileStopped(async (dataDirectory) => {
    const file = await open(join(dataDirectory, path), "r+");
    await file.write(bytes, 0, bytes.length, offset);
    await file.close();
  });
}

const AMCHECK = `create schema "Check"; create extension amcheck schema "Check"; grant usage on schema "Check" to drill;
  grant execute on all functions in schema "Check" to drill;`;

/** About 900 blocks of 8 kB: too large for a batch. */
const LARGE = "create table large as select n, repeat('x', 700) filler from generate_series(1, 9000) n;";

describe("a foreign-keys check", () => {
  const SHOP = `create table customers (id int primary key); insert into customers select generate_series(1, 100);
    create table orders (id int primary key, customer int references customers); insert into orders select n, n from generate_series(1, 100) n;
    insert into orders values (101, null);`;

  it("holds for rows that refer to what is there, and for nulls", async () => {
    const result = await asked(SHOP, { kind: "foreign-keys" });
    expect(result).toMatchObject({
      outcome: "held",
      expected: "no row that refers to a missing one",
      observed: "1 foreign key without an orphan",
    });
  });

  it("names the constraint, the table and how many rows are orphans, and no value", async () => {
    const result = await asked(`${SHOP} ${unguarded("delete from customers where id > 97")}`, { kind: "foreign-keys" });
    expect(result).toMatchObject({
      outcome: "failed",
      observed: "orphans: orders_customer_fkey on public.orders: 3 rows",
    });
  });

  it("looks at those that were never validated, and says so", async () => {
    const result = await asked(
      `create table a (id int primary key); create table b (a int); insert into b values (1);
      alter table b add constraint "Refers" foreign key (a) references a not valid`,
      { kind: "foreign-keys" },
    );
    expect(result.observed).toBe('orphans: "Refers" on public.b (never validated): 1 row');
  });

  it("follows MATCH SIMPLE and MATCH FULL in what a null means", async () => {
    const result = await asked(
      `create table a (x int, y int, primary key (x, y)); insert into a values (1, 1);
      create table simple (x int, y int, foreign key (x, y) references a); insert into simple values (1, 1), (9, null), (null, null);
      create table whole (x int, y int, foreign key (x, y) references a match full); insert into whole values (1, 1), (null, null);
      ${unguarded("insert into simple values (9, 9), (1, 2); insert into whole values (9, 9), (1, null), (null, 9)")}`,
      { kind: "foreign-keys" },
    );
    expect(result.observed).toMatch(/^orphans: /);
    expect(result.observed).toContain("simple_x_y_fkey on public.simple: 2 rows");
    expect(result.observed).toContain("whole_x_y_fkey on public.whole: 3 rows");
  });

  it("asks each of partitions, of both sides, once", async () => {
    const result = await asked(
      `create table a (id int primary key) partition by range (id); create table a1 partition of a for values from (0) to (10);
      create table a2 partition of a for values from (10) to (20); insert into a values (1), (11);
      create table b (id int, a int references a, boss int) partition by range (id);
      create table b1 partition of b for values from (0) to (10); create table b2 (boss int, gone int, id int, a int);
      alter table b2 drop gone; alter table b attach partition b2 for values from (10) to (20);
      alter table b1 add unique (id); alter table b1 add constraint boss foreign key (boss) references b1 (id);
      insert into b values (1, 1, 1), (11, 11, null); ${unguarded("insert into b values (12, 5, null), (2, 1, 9)")}`,
      { kind: "foreign-keys" },
    );
    const parts = result.observed.replace("orphans: ", "").split(", ").sort();
    expect(parts).toEqual(["b_a_fkey on public.b2: 1 row", "boss on public.b1: 1 row"]);
  });

  it("compares as the constraint does: types, collations and operators of its own", async () => {
    const result = await asked(
      `create schema ext; create extension citext schema ext;
      create table a (id ext.citext primary key, n bigint unique, c text collate "POSIX" unique); insert into a values ('One', 1, 'Two');
      create table b (id ext.citext references a, n int references a (n), c text collate "C" references a (c)); insert into b values ('ONE', 1, 'Two')`,
      { kind: "foreign-keys" },
    );
    expect(result).toMatchObject({ outcome: "held", observed: "3 foreign keys without an orphan" });
  });

  it("holds a time against all rows that cover it together", async () => {
    const result = await asked(
      `create extension btree_gist; create table a (id int, during daterange, primary key (id, during without overlaps));
      insert into a values (1, '[2026-01-01,2026-02-01)'), (1, '[2026-02-01,2026-03-01)');
      create table b (a int, during daterange, constraint covered foreign key (a, period during) references a (id, period during));
      insert into b values (1, '[2026-01-10,2026-02-10)'); ${unguarded("insert into b values (1, '[2026-02-10,2026-03-10)')")}`,
      { kind: "foreign-keys" },
    );
    expect(result.observed).toBe("orphans: covered on public.b: 1 row");
  });

  const WIDE = `${LARGE} create table keys (id int primary key); insert into keys select generate_series(1, 9000);
    alter table large add constraint far foreign key (n) references keys;`;

  it("goes through a table in ranges of blocks when the whole is not answered in time, and adds up what it finds", async () => {
    const database = await sandbox.database(`${WIDE} ${unguarded("delete from keys where id % 3000 = 0")}`);
    const { planned, api } = await ask(sandbox, database, [{ kind: "foreign-keys" }], {
      ...timeOutAt(/nth.*not exists/s),
      remainingMs: () => 10,
    });
    expect(planned[0]?.observed).toBe("orphans: far on public.large: 3 rows");
    expect(api.statements.filter((sql) => /ctid.*not exists/s.test(sql)).length).toBeGreaterThan(2);
  });

  it("leaves unchecked what its budget did not reach, unless it samples", async () => {
    const tables = Array.from({ length: 120 }, (_, n) => `create table t${n} (a int references a)`).join(";");
    const database = await sandbox.database(`create table a (id int primary key); ${tables}`);
    const { planned } = await ask(sandbox, database, [
      { kind: "foreign-keys", name: "none", budget: "0s" },
      { kind: "foreign-keys", name: "full", budget: "0.001s" },
      { kind: "foreign-keys", name: "sampled", budget: "0.001s", coverage: "sampled" },
      { kind: "foreign-keys", name: "no sample", budget: "0s", coverage: "sampled" },
    ]);
    const rest = "the rest was not asked within the check's budget of";
    expect(planned.map(({ outcome, observed }) => [outcome, observed])).toEqual([
      ["unchecked", `none of 120 foreign keys asked; ${rest} 0 s`],
      ["unchecked", `100 of 120 foreign keys without an orphan; ${rest} 0.001 s`],
      ["held", "100 of 120 foreign keys without an orphan"],
      ["unchecked", `none of 120 foreign keys asked; ${rest} 0 s`],
    ]);
  });

  it("stops after ten statements in a row that were not answered in time", async () => {
    const tables = Array.from({ length: 120 }, (_, n) => `create table t${n} (a int references a)`).join(";");
    const database = await sandbox.database(`create table a (id int primary key); ${tables}`);
    const { planned, api } = await ask(sandbox, database, [{ kind: "foreign-keys" }], timeOutAt(/not exists/));
    expect(planned[0]).toMatchObject({ outcome: "unchecked", fault: "timeout" });
    expect(planned[0]?.observed).toMatch(
      /^none of 120 foreign keys asked; could not be asked: t\d+_a_fkey on public\.t\d+ \(not answered within .*; 10 statements in a row were not answered in time, the rest was not asked$/,
    );
    expect(api.statements.filter((sql) => sql.includes("not exists"))).toHaveLength(10);
  });

  it("samples in an order that the drill seeds", async () => {
    const tables = Array.from({ length: 30 }, (_, n) => `create table t${n} (a int references a)`).join(";");
    const database = await sandbox.database(`create table a (id int primary key); ${tables}`);
    const { planned, api } = await ask(sandbox, database, [{ kind: "foreign-keys" }]);
    expect(planned[0]?.observed).toBe("30 foreign keys without an orphan");
    const statement = api.statements.find((sql) => sql.includes("not exists")) ?? "";
    const order = [...statement.matchAll(/"t(\d+)" t /g)].map(([, n]) => Number(n));
    expect(order).toHaveLength(30);
    expect(order).not.toEqual([...order].sort((a, b) => a - b));
  });

  it("is unchecked where the role may not read, and names the rest", async () => {
    const sql = `${SHOP} create table hidden (customer int references customers); alter table hidden enable row level security;`;
    await sandbox.run("postgres", "alter role drill nobypassrls");
    const result = await asked(sql, { kind: "foreign-keys" });
    await sandbox.run("postgres", "alter role drill bypassrls");
    expect(result).toMatchObject({ outcome: "unchecked" });
    expect(result.observed).toMatch(
      /^1 of 2 foreign keys without an orphan; could not be asked: hidden_customer_fkey on public.hidden \(.*bypassrls/,
    );
  });

  it("has nothing to look at without foreign keys", async () => {
    expect(await asked("create table a (id int)", { kind: "foreign-keys" })).toMatchObject({
      outcome: "empty",
      observed: "no foreign keys in the database",
    });
  });

  it("still fails for what it found before the drill's time was up", async () => {
    let isLate = false;
    const result = await asked(
      `${WIDE} ${unguarded("delete from keys where id = 1")}`,
      { kind: "foreign-keys" },
      {
        now: () => new Date(isLate ? "2026-11-03T00:00:00Z" : "2026-11-01T15:00:00Z"),
        prepare: (api) => {
          api.intercept = (sql) => {
            if (/nth.*not exists/s.test(sql)) throw Object.assign(new Error(), { name: "StatementTimeoutException" });
            if (sql.includes("not exists")) isLate = true;
          };
        },
      },
    );
    expect(result).toMatchObject({
      outcome: "failed",
      observed: "orphans: far on public.large: 1 row; 0 of 1 foreign key asked, then the drill's time was up",
    });
  });
});

describe("an index-contents check", () => {
  const TABLE = `create function half(n int) returns int language sql immutable as 'select n / 2';
    create table t (id int primary key, name text, gone boolean default false, tags int[]);
    insert into t select n, 'name ' || n, n % 2 = 0, array[n] from generate_series(1, 500) n;
    create index by_name on t (lower(name) text_pattern_ops desc); create index by_half on t (half(id));
    create index gone on t (id desc nulls last) where gone; create index tags on t (tags) include (name); create index by_c on t (name collate "C");
    create table blobs (id int primary key, body text); alter table blobs alter body set storage external;
    insert into blobs select n, repeat('x', 5000) from generate_series(1, 5) n;
    create materialized view "Seen" as select id from t; create unique index on "Seen" (id);
    create table p (id int primary key) partition by range (id); create table p1 partition of p for values from (0) to (10); insert into p values (1);`;
  /** Rows that an index never heard of, as one that was restored without its last pages. */
  const missed = (index: string, insert: string): string =>
    `update pg_index set indisready = false, indisvalid = false where indexrelid = '${index}'::regclass; ${insert};
    update pg_index set indisready = true, indisvalid = true where indexrelid = '${index}'::regclass;`;
  const TWO_ROWS = "insert into t (id, name, gone) values (1001, 'late', true), (1002, 'later', true)";

  it("holds for every B-tree, those of TOAST, partitions and materialised views with them, by amcheck", async () => {
    expect(await asked(`${TABLE} ${AMCHECK}`, { kind: "index-contents" })).toMatchObject({
      outcome: "held",
      expected: "every B-tree index in line with its table",
      // 6 of t, its TOAST's, 1 of blobs and its TOAST's, Seen's, p1's.
      observed: "11 B-tree indexes in order and with an entry for every row, by amcheck",
    });
  });

  it("holds by counts where amcheck is not there, and says that this is less", async () => {
    expect(await asked(TABLE, { kind: "index-contents" })).toMatchObject({
      outcome: "held",
      observed: "11 B-tree indexes with as many entries as their tables have rows (by count only; amcheck sees more)",
    });
  });

  it.each([
    ["by amcheck", AMCHECK, /lacks matching index tuple/],
    ["by counts", "", /500 entries found for 502 rows/],
  ])("names an index that lacks an entry, %s", async (_, amcheck, said) => {
    const sql = `${TABLE} ${amcheck} ${missed("by_name", TWO_ROWS)}`;
    const result = await asked(sql, { kind: "index-contents" });
    expect(result).toMatchObject({ outcome: "failed", fault: "corrupt" });
    expect(result.observed).toMatch(/^index and table disagree: public\.by_name \(/);
    expect(result.observed).toMatch(said);
    expect(result.observed).not.toContain("late");
  });

  it("counts a partial index by its predicate", async () => {
    const result = await asked(`${TABLE} ${missed("gone", TWO_ROWS)}`, { kind: "index-contents" });
    expect(result.observed).toBe("index and table disagree: public.gone (250 entries found for 252 rows)");
  });

  it("counts by predicates and expressions that hold what the Data API would take for a placeholder", async () => {
    const database = await sandbox.database(`create table t (at timestamp, n int[], "a:b" text);
      insert into t select '2026-01-01 12:30', array[n, n], E'x\\\\:' from generate_series(1, 20) n;
      create index late on t (at) where at >= '2026-01-01 12:30:00'; create index slice on t ((n[1:1])); create index odd on t (("a:b" || ':c')) where "a:b" = E'x\\\\:';`);
    const { planned, api } = await ask(sandbox, database, [{ kind: "index-contents" }]);
    // The TOAST's as well.
    expect(planned[0]).toMatchObject({ outcome: "held", observed: expect.stringMatching(/^4 B-tree indexes/) });
    const counted = api.statements.filter((sql) => sql.includes("is_index"));
    expect(counted.join("\n")).not.toMatch(/(?<!:):\w/);
  });

  it("finds an expression that computes another value than it did, which no count sees", async () => {
    const changed = `${TABLE} create or replace function half(n int) returns int language sql immutable as 'select n / 3';`;
    expect(await asked(`${changed} ${AMCHECK}`, { kind: "index-contents" })).toMatchObject({
      outcome: "failed",
      observed: expect.stringContaining("public.by_half"),
    });
    expect(await asked(changed, { kind: "index-contents" })).toMatchObject({ outcome: "held" });
  });

  it("goes on behind a bad index, and names them all", async () => {
    const sql = `${TABLE} ${AMCHECK} ${missed("by_name", TWO_ROWS)} ${missed("by_half", "insert into t (id) values (2000)")}`;
    const { observed } = await asked(sql, { kind: "index-contents" });
    expect(observed).toContain("public.by_name");
    expect(observed).toContain("public.by_half");
    expect(observed).not.toContain("public.by_c");
  });

  it("counts a large table in ranges of blocks, and its index in one statement", async () => {
    const sql = `${LARGE} create index by_n on large (n) where n > 10;`;
    const options = { remainingMs: () => 10 };
    expect(await asked(sql, { kind: "index-contents" }, options)).toMatchObject({ outcome: "held" });
    const bad = `${sql} ${missed("by_n", "insert into large values (10000, 'x')")}`;
    expect((await asked(bad, { kind: "index-contents" }, options)).observed).toBe(
      "index and table disagree: public.by_n (8,990 entries found for 8,991 rows)",
    );
  });

  it("counts an index that amcheck can not read through in time", async () => {
    const one = `create table a (id int primary key); insert into a values (1); ${AMCHECK}`;
    expect(await asked(one, { kind: "index-contents" }, timeOutAt(/bt_index_check\(\d/))).toMatchObject({
      outcome: "held",
      observed: "1 B-tree index with as many entries as their tables have rows (by count only; amcheck sees more)",
    });
  });

  it("is unchecked for an index that PostgreSQL does not answer by: a twin of another", async () => {
    const sql =
      "create table a (id int); insert into a values (1); create index one on a (id); create index two on a (id);";
    const result = await asked(sql, { kind: "index-contents" });
    expect(result).toMatchObject({ outcome: "unchecked" });
    expect(result.observed).toMatch(
      /^1 of 2 B-tree indexes .*\(by count only; amcheck sees more\); could not be asked: public\.(one|two) \(PostgreSQL would count another/,
    );
  });

  it("leaves its settings behind with its own transaction", async () => {
    const database = await sandbox.database(TABLE);
    const { planned } = await ask(sandbox, database, [
      { kind: "index-contents" },
      { kind: "sql", name: "after", sql: "select current_setting('enable_seqscan')", expect: { equals: "on" } },
    ]);
    expect(planned.map(({ outcome }) => outcome)).toEqual(["held", "held"]);
  });

  it("has nothing to look at without an index", async () => {
    expect(await asked("create table a (id int)", { kind: "index-contents" })).toMatchObject({ outcome: "empty" });
  });
});

describe("a heap check", () => {
  const TABLE = `create table t as select n, 'name ' || n from generate_series(1, 1000) n; create table bare ();
    create table blobs (body text); alter table blobs alter body set storage external; insert into blobs values (repeat('x', 5000));
    create materialized view seen as select 1;`;

  it("holds for tables, materialised views and TOAST", async () => {
    expect(await asked(`${TABLE} ${AMCHECK}`, { kind: "heap" })).toMatchObject({
      outcome: "held",
      expected: "every page of every table sound",
      // t and its TOAST, bare, blobs and its TOAST, seen.
      observed: "6 tables sound, block by block (TOAST and materialised views count as tables)",
    });
  });

  it("names table, block and offset of a tuple whose header is damaged, without a value", async () => {
    const database = await sandbox.database(`${TABLE} ${AMCHECK} create extension pageinspect`);
    await sandbox.run("postgres", "alter role drill set ignore_checksum_failure = on");
    const items = "select lp_off from heap_page_items(get_raw_page('t', 1)) where lp = 3";
    const [[lp = ""] = []] = await sandbox.run(database, items);
    // The tuple's xmin: a transaction that is still to come.
    await damage(database, "t", 8192 + Number(lp), Buffer.from([1, 1, 1, 1]));
    const result = await askOne(sandbox, database, { kind: "heap" });
    await sandbox.run("postgres", "alter role drill reset ignore_checksum_failure");
    expect(result).toMatchObject({ outcome: "failed", fault: "corrupt" });
    expect(result.observed).toMatch(
      /^corrupt: public\.t \(block 1 offset 3: xmin N equals or exceeds next valid transaction ID N:N\)$/,
    );
    expect(result.observed).not.toContain("name");
  });

  it("finds the block that can not be read in a large table, in ranges", async () => {
    const database = await sandbox.database(`${LARGE} ${AMCHECK}`);
    await damage(database, "large", 300 * 8192 + 100, Buffer.alloc(100, 0x5a));
    const result = await askOne(sandbox, database, { kind: "heap" }, { remainingMs: () => 10 });
    expect(result).toMatchObject({ outcome: "failed", fault: "corrupt" });
    expect(result.observed).toMatch(/^corrupt: public\.large \(block 300: the data can not be read: invalid page/);
  });

  it("is unchecked without amcheck, or without the right to use it, and says what to do", async () => {
    expect(await asked(TABLE, { kind: "heap" })).toMatchObject({
      outcome: "unchecked",
      observed:
        "the extension amcheck is not there: create it on the source and grant execute on verify_heapam to the drill's role, and the next recovery point has both",
    });
    expect(await asked(`${TABLE} create extension amcheck`, { kind: "heap" })).toMatchObject({
      outcome: "unchecked",
      fault: "denied",
      observed:
        "the drill's role may not execute amcheck's verify_heapam: grant it on the source, with usage on schema public",
    });
  });

  it("has nothing to look at without tables", async () => {
    expect(await asked(AMCHECK, { kind: "heap" })).toMatchObject({ outcome: "empty" });
  });
});

describe("a collations check", () => {
  const TABLE = `create collation german (provider = icu, locale = 'de'); create table t (a text collate german, b text, c int);
    create index by_a on t (a);`;

  it("holds at the recorded version", async () => {
    expect(await asked(TABLE, { kind: "collations" })).toMatchObject({
      outcome: "held",
      expected: "every collation in use at the version that the database was made with",
      observed: "2 collations at the version recorded",
    });
  });

  it("names what a changed collation orders, indexes first", async () => {
    const sql = `${TABLE} update pg_collation set collversion = '1.2.3' where collname = 'german'`;
    const { outcome, observed } = await asked(sql, { kind: "collations" });
    expect(outcome).toBe("failed");
    expect(observed).toMatch(
      /^changed: german was 1\.2\.3 and is \d[\d.]* \(orders index public\.by_a, column public\.t\.a\); reindex/,
    );
  });

  it("names what the database's changed default orders", async () => {
    const sql = `${TABLE} update pg_database set datcollversion = '0' where datname = current_database()`;
    const { outcome, observed } = await asked(sql, { kind: "collations" });
    expect(outcome).toBe("failed");
    expect(observed).toMatch(/^changed: the database's default was 0 and is 1 \(orders column public\.t\.b\)/);
  });

  it("is unchecked where no version was recorded", async () => {
    const sql = `${TABLE} update pg_collation set collversion = null where collname = 'german'`;
    expect(await asked(sql, { kind: "collations" })).toMatchObject({
      outcome: "unchecked",
      observed: "no version was recorded to compare with: german (orders index public.by_a, column public.t.a)",
    });
  });

  it("holds for what can not change, and has nothing to look at without text", async () => {
    expect(await asked('create table t (a text collate "C")', { kind: "collations" })).toMatchObject({
      outcome: "held",
    });
    expect(await asked("create table t (a int)", { kind: "collations" })).toMatchObject({ outcome: "empty" });
  });
});

describe("a large-objects check", () => {
  const OBJECTS = `select lo_from_bytea(n, convert_to(repeat('x', n::int), 'utf8')) from generate_series(20001, 20200) n;
    select lo_from_bytea(30000, convert_to(repeat('x', 3000000), 'utf8')); select lo_create(30001);`;
  const GRANT = `do $$ begin for n in 20001..20200 loop execute format('grant select on large object %s to drill', n); end loop; end $$;
    grant select on large object 30000, 30001 to public;`;

  it("reads each to its end, large ones in pieces", async () => {
    const database = await sandbox.database(`${OBJECTS} ${GRANT}`);
    const { planned, api } = await ask(sandbox, database, [{ kind: "large-objects", expect: { equals: 202 } }], {
      remainingMs: () => 10,
    });
    expect(planned[0]).toMatchObject({
      outcome: "held",
      expected: "exactly 202 large objects, every one readable",
      observed: "202 large objects read, 8 MB",
    });
    expect(api.statements.every((sql) => !sql.includes("lo_get(m.oid)"))).toBe(true);
  });

  it("fails when there are not as many as there should be", async () => {
    const sql = `${OBJECTS} ${GRANT} select lo_unlink(20007)`;
    expect(await asked(sql, { kind: "large-objects", expect: { atLeast: 202 } })).toMatchObject({
      outcome: "failed",
      observed: "201 large objects",
    });
  });

  it("names the one that can not be read, and reads the others", async () => {
    const database = await sandbox.database(`${OBJECTS} ${GRANT}`);
    const where = "select (min(ctid)::text::point)[0]::text from pg_largeobject where loid = 30000 and pageno = 600";
    const [[block = ""] = []] = await sandbox.run(database, where);
    await damage(database, "pg_largeobject", Number(block) * 8192 + 4000, Buffer.alloc(100, 0x5a));
    const result = await askOne(sandbox, database, { kind: "large-objects" });
    expect(result).toMatchObject({ outcome: "failed", fault: "corrupt" });
    // Small ones share its page.
    expect(result.observed).toMatch(/^large objects [\d, ]*30000: the data can not be read: invalid page/);
    expect(result.observed).not.toContain("20001");
  });

  it("is unchecked for those that the role may not read", async () => {
    expect(
      await asked(`${OBJECTS} ${GRANT} revoke select on large object 30000 from public`, { kind: "large-objects" }),
    ).toMatchObject({
      outcome: "unchecked",
      fault: "denied",
      observed: expect.stringMatching(/^the drill's role may not read 1 of 202 large objects: grant it select/),
    });
  });

  it("has nothing to look at without large objects, unless there should be none", async () => {
    const database = await sandbox.database();
    const none: CheckInput = { kind: "large-objects", name: "none", expect: { equals: 0 } };
    const { planned } = await ask(sandbox, database, [{ kind: "large-objects" }, none]);
    expect(planned.map(({ outcome }) => outcome)).toEqual(["empty", "held"]);
  });
});

describe("an unlogged check", () => {
  const TABLE = `create table kept (id int); create unlogged table cache (id serial); create unlogged sequence "Numbers";`;

  it("names what no backup holds, a sequence with its table", async () => {
    expect(await asked(TABLE, { kind: "unlogged" })).toMatchObject({
      outcome: "failed",
      expected: "nothing unlogged",
      observed: 'unlogged, so what was in it is in no backup: sequence public."Numbers", public.cache',
    });
  });

  it("holds for what is allowed, and where all is logged", async () => {
    expect(await asked(TABLE, { kind: "unlogged", allow: ["Cache", 'public."Numbers"'] })).toMatchObject({
      outcome: "held",
      observed: '2 unlogged relations, allowed: public."Numbers", public.cache',
    });
    expect(await asked("create table kept (id int)", { kind: "unlogged" })).toMatchObject({
      outcome: "held",
      observed: "every table and sequence is logged",
    });
  });

  it("has nothing to look at without tables", async () => {
    expect(await asked("", { kind: "unlogged" })).toMatchObject({ outcome: "empty" });
  });
});
