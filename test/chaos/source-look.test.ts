import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fillSource, SOURCE } from "../../src/chaos/source.ts";
import { lookAtSource } from "../../src/chaos/source-look.ts";
import { withClient } from "../../src/local/postgres/client.ts";
import { openPostgresHost } from "../../src/local/postgres/open-postgres-host.ts";
import type { PostgresHost, PostgresServer } from "../../src/local/postgres/postgres-host.ts";

const ROOT = resolve(import.meta.dirname, "../../.restore-drill");

describe("lookAtSource", () => {
  let host: PostgresHost;
  let source: PostgresServer;
  beforeAll(async () => {
    await mkdir(ROOT, { recursive: true });
    host = await openPostgresHost({ root: ROOT });
    source = await host.create(join(host.runDirectory, "source"));
    await fillSource(source.connection);
  });
  afterAll(() => host?.close());

  const look = () => lookAtSource(source.connection);
  const run = (sql: string) => withClient(source.connection, SOURCE.database, (client) => client.query(sql));

  it("says the same of a source that is only read, also after statistics were taken", async () => {
    const before = await look();
    await run("select count(*) from purchase");
    await run("vacuum analyze");
    expect(await look()).toBe(before);
  });

  it.each([
    ["a row", "update customer set note = 'y' where id = 9"],
    ["a role", "create role drill_reader"],
    ["a grant", "grant select on customer to drill_reader"],
    ["a setting of a role", "alter role drill_reader set statement_timeout = 1"],
    ["a setting of the database", `alter database ${SOURCE.database} set work_mem = '8MB'`],
    ["an index", "create index on purchase (amount)"],
    ["a replication slot", "select pg_create_physical_replication_slot('left')"],
  ])("sees %s", async (_what, sql) => {
    const before = await look();
    await run(sql);
    expect(await look()).not.toBe(before);
  });

  it("sees a session that stays, and none that ends", async () => {
    const before = await look();
    const staying = withClient(source.connection, SOURCE.database, (client) => client.query("select pg_sleep(30)"));
    staying.catch(() => {});
    await pause(300);
    expect(await look()).not.toBe(before);
    await run("select pg_terminate_backend(pid) from pg_stat_activity where query like 'select pg_sleep%'");
    await expect(staying).rejects.toThrow();
    expect(await look()).toBe(before);
  });
});
