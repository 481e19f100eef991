import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createDemoDatabase,
  demoDatabase,
  refreshDemo,
  touchHeartbeat,
} from "../../../src/local/demo/demo-database.ts";
import {
  DEMO_AUDIT_HEAD,
  DEMO_DATABASE,
  DEMO_EXTENSIONS,
  DEMO_SCHEMA_VERSION,
  DEMO_TABLES,
} from "../../../src/local/demo/facts.ts";
import { withClient } from "../../../src/local/postgres/client.ts";
import { openPostgresHost } from "../../../src/local/postgres/open-postgres-host.ts";
import type { PostgresHost, PostgresServer } from "../../../src/local/postgres/postgres-host.ts";
import { makeTestRoot } from "../postgres/test-root.ts";

const generatedAt = new Date("2026-03-31T23:30:00Z");

let root: string;
let host: PostgresHost;
let server: PostgresServer;

beforeAll(async () => {
  root = await makeTestRoot();
  host = await openPostgresHost({ root });
  server = await createDemoDatabase(host, join(host.runDirectory, "demo"), { at: generatedAt });
});

afterAll(async () => {
  await host.close();
  await rm(root, { recursive: true, force: true });
});

async function rows(sql: string, from = server): Promise<unknown[][]> {
  return withClient(from.connection, DEMO_DATABASE, async (client: pg.Client) => {
    return (await client.query<unknown[]>({ text: sql, rowMode: "array" })).rows;
  });
}

async function fingerprint(from: PostgresServer): Promise<string[]> {
  const hashes: string[] = [];
  for (const { name } of DEMO_TABLES) {
    const [row] = await rows(`select sum(hash_record_extended(row(record_send(t)), 0))::text from ${name} t`, from);
    hashes.push(`${name} ${row?.[0]}`);
  }
  return hashes;
}

describe("createDemoDatabase", () => {
  it("makes the rows that the facts promise, about 300,000 of them", async () => {
    for (const { name, rows: expected } of DEMO_TABLES) {
      expect([name, (await rows(`select count(*)::integer from ${name}`))[0]?.[0]]).toEqual([name, expected]);
    }
    expect(DEMO_TABLES.reduce((sum, table) => sum + table.rows, 0)).toBeGreaterThan(300_000);
    expect(await rows("select max(version) from shop.schema_migrations")).toEqual([[DEMO_SCHEMA_VERSION]]);
    const extensions = await rows("select extname from pg_extension");
    expect(extensions).toEqual(expect.arrayContaining(DEMO_EXTENSIONS.map((name) => [name])));
  });

  it("makes the same content again when asked at the same moment", async () => {
    const again = await createDemoDatabase(host, join(host.runDirectory, "again"), { at: generatedAt });
    expect(await fingerprint(again)).toEqual(await fingerprint(server));
    await again.stop();
  });

  it("has valid indexes, checked constraints, sequences past their columns, and monthly partitions around the moment", async () => {
    expect(await rows("select indexrelid::regclass from pg_index where not indisvalid")).toEqual([]);
    expect(await rows("select conname from pg_constraint where not convalidated")).toEqual([]);
    const [order] = await rows(`select (select last_value from shop.order_id_seq) >= max(id) from shop."order"`);
    expect(order).toEqual([true]);
    const partitions = await rows(
      "select inhrelid::regclass::text from pg_inherits where inhparent = 'shop.event'::regclass",
    );
    expect(partitions.flat()).toEqual(
      expect.arrayContaining(["shop.event_2026_03", "shop.event_2026_04", "shop.event_2026_01"]),
    );
  });

  it("has an audit chain that holds and ends in the head that the facts name", async () => {
    const broken = await rows(`select seq from (
      select seq, prev_hash, lag(self_hash) over (order by seq) as before, self_hash,
             sha256(shop.audit_preimage(seq, at, actor, action, objects, prev_hash)) as computed from shop.audit_log) s
      where self_hash <> computed or prev_hash is distinct from before`);
    expect(broken).toEqual([]);
    const head = await rows(
      "select seq::integer, encode(self_hash, 'hex') from shop.audit_log order by seq desc limit 1",
    );
    expect(head).toEqual([[DEMO_AUDIT_HEAD.seq, DEMO_AUDIT_HEAD.selfHash]]);
    await expect(rows("delete from shop.audit_log")).rejects.toThrow(/append-only/);
  });

  it("stays under 120 MB", async () => {
    expect(Number((await rows("select pg_database_size(current_database())"))[0]?.[0])).toBeLessThan(80e6);
  });
});

describe("demoDatabase", () => {
  it("is generated once, then copied, and fresh each time", async () => {
    const cache = join(root, "cache");
    const start = performance.now();
    const first = await demoDatabase(host, cache, join(host.runDirectory, "first"), { at: generatedAt });
    const generatedSeconds = (performance.now() - start) / 1000;
    await first.stop();
    const later = new Date(generatedAt.getTime() + 45 * 60_000);
    const again = performance.now();
    const second = await demoDatabase(host, cache, join(host.runDirectory, "second"), { at: later });
    expect((performance.now() - again) / 1000).toBeLessThan(generatedSeconds / 2);
    expect(await readdir(cache)).toHaveLength(1);
    const [newest] = await rows(
      `select (select max(beat_at) from shop.heartbeat), (select max(placed_at) from shop."order")`,
      second,
    );
    expect(newest).toEqual([new Date("2026-04-01T00:15:00Z"), new Date("2026-04-01T00:15:00Z")]);
    const [added] = await rows(`select count(*)::integer - 30000 from shop."order"`, second);
    expect(added).toEqual([9]);
  });
});

describe("refreshing the demo", () => {
  it("adds the beats since the last one, once, with no gap", async () => {
    expect(await touchHeartbeat(server.connection, new Date(generatedAt.getTime() + 150_000))).toBe(2);
    expect(await touchHeartbeat(server.connection, new Date(generatedAt.getTime() + 150_000))).toBe(0);
    const gaps =
      await rows(`select beat_at from (select beat_at, lag(beat_at) over (order by beat_at) as before from shop.heartbeat) s
      where beat_at - before <> interval '1 minute'`);
    expect(gaps).toEqual([]);
  });

  it("bounds what it adds after a long rest, and makes the partitions that it needs", async () => {
    const nextYear = new Date("2027-02-28T12:00:00Z");
    expect(await touchHeartbeat(server.connection, nextYear)).toBe(10_080);
    await refreshDemo(server.connection, nextYear);
    const [orders] = await rows(`select count(*)::integer from shop."order"`);
    expect(orders).toEqual([30_300]);
    const [events] = await rows("select count(*)::integer from shop.event where at > '2027-01-01'");
    expect(events).toEqual([300]);
  });
});
