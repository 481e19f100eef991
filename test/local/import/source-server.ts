import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { chooseIdentity } from "../../../src/local/postgres/identity.ts";
import { freePort } from "../../../src/local/postgres/server.ts";

/** The newest server that the machine's pg_dump can read, or why there is none. */
export type SourceBinaries = { readonly bin: string; readonly major: number } | { readonly skip: string };

/** pg_dump reads servers up to its own version, so Debian's server of that version is the source in these tests. */
export function findSourceBinaries(): SourceBinaries {
  let major: number;
  try {
    major = Number(/(\d+)/.exec(execFileSync("pg_dump", ["--version"], { encoding: "utf8" }))?.[1]);
  } catch {
    return { skip: "pg_dump is not on the PATH" };
  }
  const bin = `/usr/lib/postgresql/${major}/bin`;
  return existsSync(join(bin, "postgres"))
    ? { bin, major }
    : { skip: `no server of pg_dump's version ${major} in ${bin}` };
}

export interface SourceServer {
  readonly port: number;
  readonly password: string;
  url(database: string, user?: string, password?: string): string;
  query(database: string, sql: string): Promise<pg.QueryResult>;
  stop(): Promise<void>;
}

/** A user's own PostgreSQL, of another version than the local cloud's, with a password that needs encoding. */
export async function startSourceServer(bin: string, directory: string): Promise<SourceServer> {
  const password = "s3cr3t%pass/wörd";
  await mkdir(directory, { mode: 0o711 });
  const data = join(directory, "data");
  const passwordFile = join(directory, "password");
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  const { identity } = await chooseIdentity(join(bin, "postgres"), directory);
  await identity.adopt(directory);
  const initArguments = [
    "-D",
    data,
    "-U",
    "boss",
    "-A",
    "scram-sha-256",
    `--pwfile=${passwordFile}`,
    "-E",
    "UTF8",
    "--no-sync",
  ];
  const init = identity.command(join(bin, "initdb"), [...initArguments, "--locale=C"]);
  await promisify(execFile)(init.file, init.args);
  const port = await freePort();
  const settings = [
    `port=${port}`,
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",
    "wal_level=logical",
  ];
  const start = identity.command(join(bin, "postgres"), [
    "-D",
    data,
    ...settings.flatMap((setting) => ["-c", setting]),
  ]);
  const child = spawn(start.file, start.args, { stdio: "ignore" });
  const server: SourceServer = {
    port,
    password,
    url: (database, user = "boss", secret = password) =>
      `postgres://${user}:${encodeURIComponent(secret)}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    async query(database, sql) {
      const client = new pg.Client({ host: "127.0.0.1", port, user: "boss", password, database });
      await client.connect();
      try {
        return await client.query(sql);
      } finally {
        await client.end();
      }
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, "exit");
      child.kill("SIGQUIT");
      await exit;
    },
  };
  for (let attempt = 0; attempt < 500; attempt += 1) {
    if (
      await server.query("postgres", "select 1").then(
        () => true,
        () => false,
      )
    )
      return server;
    await sleep(20);
  }
  await server.stop();
  throw new Error("the source server did not start");
}
