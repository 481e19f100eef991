import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askOne, type CheckInput, Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await Sandbox.open();
  await sandbox.run("postgres", "create role app; create role reader; create role clerk; grant reader to clerk");
});
afterAll(() => sandbox.close());

const asked = async (sql: string, check: CheckInput) => askOne(sandbox, await sandbox.database(sql), check);

describe("a row-security check", () => {
  const TABLES = `create table notes (owner text); alter table notes enable row level security; create policy own on notes using (owner = current_user);
    create table "Open" (id int);`;

  it("holds when tables with policies have row security on", async () => {
    expect(await asked(TABLES, { kind: "row-security", tables: ["public.Notes"] })).toMatchObject({
      outcome: "held",
      expected: "row security on for every table with policies, and for public.Notes",
      observed: "row security on for 1 table with policies",
    });
  });

  it("fails for a table whose policies are not in force", async () => {
    const sql = `${TABLES} alter table notes disable row level security`;
    expect(await asked(sql, { kind: "row-security" })).toMatchObject({
      outcome: "failed",
      expected: "row security on for every table with policies",
      observed: "public.notes has policies that are not in force",
    });
  });

  it("fails for a named table that lost its policy, never had one, or is gone", async () => {
    const sql = `${TABLES} drop policy own on notes`;
    expect(await asked(sql, { kind: "row-security", tables: ["notes", '"Open"', "gone"] })).toMatchObject({
      outcome: "failed",
      observed: 'public.notes has no policy, public."Open" has no policy, public.gone is not in the restored database',
    });
  });

  it("has nothing to look at without policies and names", async () => {
    expect(await asked('create table "Open" (id int)', { kind: "row-security" })).toMatchObject({
      outcome: "empty",
      observed: "no table has a policy, and the check names none",
    });
  });
});

describe("a grants check", () => {
  const TABLES = `create table orders (id int); grant select, insert on orders to app; grant select on orders to reader;
    create table prices (id int); grant select on prices to public;`;
  const of = (...present: Extract<CheckInput, { kind: "grants" }>["present"]): CheckInput => ({
    kind: "grants",
    present,
  });

  it("holds for what is granted to the role, to one it is a member of, or to everyone", async () => {
    const check = of(
      { role: "app", on: "orders", may: ["select", "insert"] },
      { role: "clerk", on: "public.orders", may: ["select"] },
      { role: "clerk", on: "prices", may: ["select"] },
      { role: "public", on: "prices", may: ["select"] },
    );
    expect(await asked(TABLES, check)).toMatchObject({
      outcome: "held",
      expected:
        "app may select, insert on public.orders, clerk may select on public.orders, clerk may select on public.prices, public may select on public.prices",
      observed: "5 privileges granted",
    });
  });

  it("names what a role may not do any more", async () => {
    const check = of({ role: "app", on: "orders", may: ["select", "insert", "delete"] });
    expect(await asked(`${TABLES} revoke select on orders from app`, check)).toMatchObject({
      outcome: "failed",
      observed: "app may not select, delete on public.orders",
    });
  });

  it("fails for a role or a table that did not come back", async () => {
    const check = of(
      { role: "auditor", on: "orders", may: ["select"] },
      { role: "auditor", on: "prices", may: ["select"] },
      { role: "app", on: '"Gone"', may: ["select"] },
    );
    expect(await asked(TABLES, check)).toMatchObject({
      outcome: "failed",
      observed: 'there is no role auditor, public."Gone" is not in the restored database',
    });
  });
});

describe("an outbound check", () => {
  // No slot is made, and nothing is connected to: the address is nobody's.
  const ACTING = `create extension postgres_fdw; create server "Billing" foreign data wrapper postgres_fdw options (host 'db.internal');
    create subscription feed connection 'host=192.0.2.1 password=geheim' publication p with (connect = false, slot_name = none);
    create publication mine for all tables;`;
  const CRON = `create schema cron; create table cron.job (jobid bigint, active boolean, command text); insert into cron.job values (3, true, 'x'), (4, false, 'y');
    insert into pg_extension select 90000, 'pg_cron', 10, 'cron'::regnamespace, false, '1', null, null;`;

  it("holds where nothing acts on other systems", async () => {
    expect(await asked("create publication mine for all tables", { kind: "outbound" })).toMatchObject({
      outcome: "held",
      expected: "nothing that acts beyond the database",
      observed: "nothing acts beyond the database",
    });
  });

  it("names what would, without its address, and leaves out what is disabled", async () => {
    const disabled = await asked(ACTING, { kind: "outbound" });
    expect(disabled).toMatchObject({
      outcome: "failed",
      observed: "acts beyond the database: foreign server Billing",
    });
    const database = await sandbox.database(`${ACTING.replace("feed", "feed2")} ${CRON}`);
    await sandbox.run(database, "update pg_subscription set subenabled = true where subname = 'feed2'");
    const result = await askOne(sandbox, database, { kind: "outbound" });
    await sandbox.run(database, "update pg_subscription set subenabled = false");
    expect(result).toMatchObject({
      outcome: "failed",
      observed: "acts beyond the database: foreign server Billing, subscription feed2, cron job 3",
    });
  });

  it("holds for what is allowed by name", async () => {
    const check: CheckInput = { kind: "outbound", allow: ["foreign server Billing", "cron job 3"] };
    expect(
      await asked(
        `create extension postgres_fdw; create server "Billing" foreign data wrapper postgres_fdw; ${CRON}`,
        check,
      ),
    ).toMatchObject({
      outcome: "held",
      expected: "nothing that acts beyond the database but foreign server Billing, cron job 3",
      observed: "allowed: foreign server Billing, cron job 3",
    });
  });

  it("finds a replication slot, and a transaction that was prepared and never ended", async () => {
    await sandbox.run("postgres", "alter system set max_prepared_transactions = 2");
    await sandbox.whileStopped(async () => {});
    const database = await sandbox.database("select pg_create_physical_replication_slot('replica'); create table t ()");
    await sandbox.run(database, "begin; insert into t default values; prepare transaction 'pay 7'");
    const result = await askOne(sandbox, database, { kind: "outbound" });
    await sandbox.run(database, "rollback prepared 'pay 7'");
    await sandbox.run(database, "select pg_drop_replication_slot('replica')");
    expect(result.observed).toBe("acts beyond the database: prepared transaction pay 7, replication slot replica");
  });

  it("is unchecked where jobs are behind row security that the role does not pass", async () => {
    const sql = `${CRON} alter table cron.job enable row level security; create policy own on cron.job using (false);`;
    await sandbox.run("postgres", "alter role drill nobypassrls");
    const result = await asked(sql, { kind: "outbound" });
    await sandbox.run("postgres", "alter role drill bypassrls");
    expect(result).toMatchObject({ outcome: "unchecked" });
    expect(result.observed).toMatch(/^cron jobs could not be asked: the drill's role may not read it: .*bypassrls/);
  });
});
