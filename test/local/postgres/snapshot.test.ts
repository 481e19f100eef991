import { mkdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { describe, expect, it } from "vitest";
import { openClient, withClient } from "../../../src/local/postgres/client.ts";
import type { PostgresServer } from "../../../src/local/postgres/postgres-host.ts";
import { openTestHost } from "./test-root.ts";

const ACCOUNTS = 2000;
const TRANSFER = `with moved as (select $1::int as giver, $2::int as taker, $3::bigint as amount)
  , gave as (update account set balance = balance - amount, note = md5(random()::text) from moved where id = giver)
  , took as (update account set balance = balance + amount from moved where id = taker)
  insert into transfer (giver, taker, amount) select giver, taker, amount from moved`;

/** Moves money until told to stop, with checkpoints between, so that WAL is recycled while the copy runs. */
async function keepWriting(server: PostgresServer, stop: AbortSignal): Promise<number> {
  const clients = await Promise.all([openClient(server.connection), openClient(server.connection)]);
  let transfers = 0;
  const writer = async (client: pg.Client): Promise<void> => {
    while (!stop.aborted) {
      const giver = 1 + Math.floor(Math.random() * ACCOUNTS);
      await client.query(TRANSFER, [giver, 1 + (giver % ACCOUNTS), 1 + (giver % 7)]);
      transfers += 1;
      if (transfers % 400 === 0) await client.query("checkpoint");
    }
  };
  await Promise.all(clients.map(writer));
  await Promise.all(clients.map((client) => client.end()));
  return transfers;
}

async function one(server: PostgresServer, sql: string): Promise<unknown> {
  return withClient(server.connection, "postgres", async (client) => {
    return (await client.query<unknown[]>({ text: sql, rowMode: "array" })).rows[0]?.[0];
  });
}

describe("snapshot", () => {
  it("restores to a consistent moment although the source is written to all the time", async () => {
    const host = await openTestHost();
    const source = await host.create(join(host.runDirectory, "source"));
    await one(source, "create extension amcheck");
    await one(source, "create table account (id int primary key, balance bigint not null, note text)");
    await one(source, `insert into account select n, 1000, repeat('x', 900) from generate_series(1, ${ACCOUNTS}) n`);
    await one(source, "create table transfer (id bigserial primary key, giver int, taker int, amount bigint)");
    const stop = new AbortController();
    const writing = keepWriting(source, stop.signal);
    for (const round of [1, 2, 3]) {
      const before = Number(await one(source, "select count(*) from transfer"));
      const bytes = await host.snapshot(source, join(host.runDirectory, `snapshot-${round}`));
      const after = Number(await one(source, "select count(*) from transfer"));
      await host.copy(join(host.runDirectory, `snapshot-${round}`), join(host.runDirectory, `restored-${round}`));
      const restored = await host.start(join(host.runDirectory, `restored-${round}`));

      expect(bytes).toBeGreaterThan(20e6);
      expect(await readFile(restored.logFile, "utf8")).toContain("completed backup recovery");
      expect(await one(restored, "select sum(balance) from account")).toBe(String(ACCOUNTS * 1000));
      const seen = Number(await one(restored, "select count(*) from transfer"));
      expect(seen).toBeGreaterThanOrEqual(before);
      expect(seen).toBeLessThanOrEqual(after);
      expect(after).toBeGreaterThan(before);
      const balances = `select count(*) from account a where balance <> 1000
        - (select coalesce(sum(amount), 0) from transfer where giver = a.id)
        + (select coalesce(sum(amount), 0) from transfer where taker = a.id)`;
      await one(restored, "create index on transfer (giver); create index on transfer (taker)").catch(() => undefined);
      expect(await one(restored, balances)).toBe("0");
      expect(await one(restored, "select count(*) from verify_heapam('account')")).toBe("0");
      await one(restored, "select bt_index_check('account_pkey', true)");
      await restored.stop();
    }
    stop.abort();
    await writing;
  });

  it("gives a restored server its own password, and lets it and its source go separate ways", async () => {
    const host = await openTestHost();
    const source = await host.create(join(host.runDirectory, "source"));
    await one(source, "create table fact as select 'before' as word");
    await host.snapshot(source, join(host.runDirectory, "snapshot"));
    await one(source, "update fact set word = 'source'");
    await host.copy(join(host.runDirectory, "snapshot"), join(host.runDirectory, "restored"));
    const restored = await host.start(join(host.runDirectory, "restored"));
    expect(await one(restored, "select word from fact")).toBe("before");
    await one(restored, "update fact set word = 'restored'");
    expect(await one(source, "select word from fact")).toBe("source");
    expect(restored.connection.password).not.toBe(source.connection.password);
    await host.remove(source.dataDirectory);
    expect(await one(restored, "select word from fact")).toBe("restored");
  });

  it("leaves no half-made snapshot when it fails", async () => {
    const host = await openTestHost();
    const source = await host.create(join(host.runDirectory, "source"));
    const outside = join(host.runDirectory, "tablespace");
    await mkdir(outside, { mode: 0o700 });
    await one(source, "create table fact as select 1");
    await one(source, `create tablespace elsewhere location '${outside}'`);
    const to = join(host.runDirectory, "snapshot");
    await expect(host.snapshot(source, to)).rejects.toThrow(/tablespaces/);
    await expect(stat(to)).rejects.toThrow(/ENOENT/);
    await rm(outside, { recursive: true, force: true });
  });
});
