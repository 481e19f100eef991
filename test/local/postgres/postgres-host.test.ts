import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withClient } from "../../../src/local/postgres/client.ts";
import { PathRefused, PostgresStartFailed } from "../../../src/local/postgres/errors.ts";
import { openPostgresHost } from "../../../src/local/postgres/open-postgres-host.ts";
import type { PostgresHost, PostgresServer } from "../../../src/local/postgres/postgres-host.ts";
import { freePort } from "../../../src/local/postgres/server.ts";
import { makeTestRoot } from "./test-root.ts";

let root: string;
let host: PostgresHost;
let names = 0;

beforeAll(async () => {
  root = await makeTestRoot();
  host = await openPostgresHost({ root });
});

afterAll(async () => {
  await host.close();
  await rm(root, { recursive: true, force: true });
});

function newPath(): string {
  names += 1;
  return join(host.runDirectory, `database-${names}`);
}

async function ask(server: PostgresServer, sql: string): Promise<unknown> {
  return withClient(server.connection, "postgres", async (client) => {
    const result = await client.query<unknown[]>({ text: sql, rowMode: "array" });
    return result.rows[0]?.[0];
  });
}

describe("a created server", () => {
  it("listens on the loopback address only, with data checksums and UTC", async () => {
    const server = await host.create(newPath());
    expect(await ask(server, "show listen_addresses")).toBe("127.0.0.1");
    expect(await ask(server, "show unix_socket_directories")).toBe("");
    expect(await ask(server, "show data_checksums")).toBe("on");
    expect(await ask(server, "show timezone")).toBe("UTC");
    expect(await ask(server, "show server_version")).toContain(host.version);
  });

  it("has a password that no other server has, and asks for it", async () => {
    const [one, two] = await Promise.all([host.create(newPath()), host.create(newPath())]);
    expect(one.connection.password).not.toBe(two.connection.password);
    const intruder: PostgresServer = { ...one, connection: two.connection };
    const wrong = { ...one.connection, password: two.connection.password };
    await expect(ask({ ...intruder, connection: wrong }, "select 1")).rejects.toMatchObject({ code: "28P01" });
  });

  it("keeps what was committed through an immediate stop and through a clean one", async () => {
    const first = await host.create(newPath());
    await ask(first, "create table kept as select generate_series(1, 1000) n");
    await first.stop();
    const second = await host.start(first.dataDirectory);
    expect(await ask(second, "select count(*) from kept")).toBe("1000");
    expect(await readFile(second.logFile, "utf8")).toContain("automatic recovery");
    await second.stop({ clean: true });
    const third = await host.start(first.dataDirectory);
    expect(await ask(third, "select count(*) from kept")).toBe("1000");
    expect(await readFile(third.logFile, "utf8")).not.toContain("automatic recovery");
  });

  it("is given another port when the first is taken", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((listening) => taken.once("listening", listening));
    const address = taken.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const ports = [address.port, address.port];
    const elsewhere = await openPostgresHost({ root, pickPort: async () => ports.pop() ?? freePort() });
    try {
      const server = await elsewhere.create(join(elsewhere.runDirectory, "clash"));
      expect(server.connection.port).not.toBe(address.port);
      expect(await ask(server, "select 1")).toBe(1);
    } finally {
      await elsewhere.close();
      taken.close();
    }
  });

  it("gives up after five taken ports, with the server's own words", async () => {
    const running = await host.create(newPath());
    const elsewhere = await openPostgresHost({ root, pickPort: async () => running.connection.port });
    try {
      const failing = elsewhere.create(join(elsewhere.runDirectory, "clash"));
      await expect(failing).rejects.toThrow(PostgresStartFailed);
      await expect(failing).rejects.toThrow(/could not create any TCP\/IP sockets/);
    } finally {
      await elsewhere.close();
    }
  });
});

describe("the host's directory", () => {
  it("refuses every path that is not below its root", async () => {
    const server = await host.create(newPath());
    for (const outside of ["/tmp/elsewhere", join(root, "..", "elsewhere"), root, `${root}-sibling`]) {
      await expect(host.create(outside)).rejects.toThrow(PathRefused);
      await expect(host.start(outside)).rejects.toThrow(PathRefused);
      await expect(host.snapshot(server, outside)).rejects.toThrow(PathRefused);
      await expect(host.copy(outside, newPath())).rejects.toThrow(PathRefused);
      await expect(host.copy(server.dataDirectory, outside)).rejects.toThrow(PathRefused);
      await expect(host.remove(outside)).rejects.toThrow(PathRefused);
    }
  });

  it("refuses a path below its root that leads out through a link", async () => {
    const link = newPath();
    await symlink("/tmp", link);
    await expect(host.remove(join(link, "anything"))).rejects.toThrow(PathRefused);
    await expect(host.create(join(link, "anything"))).rejects.toThrow(PathRefused);
  });

  it("refuses to copy what a server writes to, to overwrite, and to remove its own run directory", async () => {
    const server = await host.create(newPath());
    await expect(host.copy(server.dataDirectory, newPath())).rejects.toThrow(/Take a snapshot/);
    await expect(host.create(server.dataDirectory)).rejects.toThrow(/exists already/);
    await expect(host.start(server.dataDirectory)).rejects.toThrow(/runs on/);
    await expect(host.remove(host.runDirectory)).rejects.toThrow(/close the host/);
  });

  it("keeps a shared tree when the other is removed, and lets nobody who writes to a copy write to it", async () => {
    const [first, twin, copy] = [newPath(), newPath(), newPath()];
    await mkdir(join(first, "base"), { recursive: true });
    await writeFile(join(first, "base/1"), "rows");
    await host.share(first, twin);
    await host.copy(twin, copy);
    await writeFile(join(copy, "base/1"), "other rows");
    await host.remove(first);
    expect(await readFile(join(twin, "base/1"), "utf8")).toBe("rows");
  });

  it("stops the server whose directory is removed", async () => {
    const server = await host.create(newPath());
    await host.remove(server.dataDirectory);
    await expect(ask(server, "select 1")).rejects.toThrow(/ECONNREFUSED/);
    expect(await readdir(host.runDirectory)).not.toContain(server.dataDirectory.split("/").at(-1));
  });
});
