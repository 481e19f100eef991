import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { openClient } from "./client.ts";
import { PostgresStartFailed } from "./errors.ts";
import { asUser, type ServerIdentity } from "./identity.ts";
import { readPasswords, replacePassword } from "./password.ts";
import type { PostgresConnection, PostgresServer, StopOptions } from "./postgres-host.ts";
import type { RunDirectory } from "./run-directory.ts";
import { HOST_USER, serverArguments } from "./server-settings.ts";

// A free port can be taken between being found and being bound; five in a row means that something else is wrong.
const PORT_ATTEMPTS = 5;
const POLL_MILLISECONDS = 15;
// Recovery replays at least 50 MB of WAL a second: this is gigabytes of it.
const START_SECONDS = 120;
const FIRST_ANSWER_SECONDS = 3;
const FAST_STOP_SECONDS = 60;
const QUIT_SECONDS = 10;
const LOG_TAIL_LINES = 8;

export interface ServerSurroundings {
  readonly postgres: string;
  readonly identity: ServerIdentity;
  readonly run: RunDirectory;
  readonly logDirectory: string;
  readonly pickPort: () => Promise<number>;
}

interface Attempt {
  readonly child: ChildProcess;
  readonly exited: Promise<undefined>;
  readonly port: number;
  readonly dataDirectory: string;
  readonly logFile: string;
}

/**
 * A server that answers, on a free port of 127.0.0.1, with a password of its own.
 *
 * @throws PostgresStartFailed with the end of the server's log
 */
export async function startServer(surroundings: ServerSurroundings, dataDirectory: string): Promise<PostgresServer> {
  await surroundings.identity.adopt(dataDirectory);
  for (let attempt = 1; ; attempt += 1) {
    const launched = await launch(surroundings, dataDirectory);
    try {
      const connection = await firstConnection(launched);
      return { dataDirectory, connection, logFile: launched.logFile, stop: (options) => stop(launched, options) };
    } catch (error) {
      await stop(launched);
      const portWasTaken = (await logOf(launched)).includes("could not create any TCP/IP sockets");
      if (!portWasTaken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  listener.close();
  await once(listener, "close");
  if (address === null || typeof address === "string") throw new PostgresStartFailed("127.0.0.1 has no free port.");
  return address.port;
}

async function launch(surroundings: ServerSurroundings, dataDirectory: string): Promise<Attempt> {
  const { postgres, identity, run, logDirectory, pickPort } = surroundings;
  const port = await pickPort();
  const logFile = join(logDirectory, `${basename(dataDirectory)}-${port}.log`);
  const log = await open(logFile, "a", 0o600);
  try {
    const command = identity.command(postgres, serverArguments(dataDirectory, port));
    const child = spawn(command.file, command.args, {
      ...asUser(command),
      // A session of its own: Ctrl-C must not stop the databases before the drill has been torn down.
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
      // Nothing of ours: PGDATA, PGPORT and LC_* would be read by the server.
      env: { PATH: process.env["PATH"], LC_ALL: "C" },
    });
    await once(child, "spawn");
    const exited = once(child, "exit").then(() => undefined);
    child.unref();
    const { pid } = child;
    if (pid !== undefined) {
      run.started({ pid, dataDirectory });
      child.once("exit", () => run.ended(pid));
    }
    return { child, exited, port, dataDirectory, logFile };
  } finally {
    await log.close();
  }
}

async function firstConnection(launched: Attempt): Promise<PostgresConnection> {
  const client = await connectWhenReady(launched);
  try {
    const password = await replacePassword(client, launched.dataDirectory);
    return { host: "127.0.0.1", port: launched.port, user: HOST_USER, password };
  } finally {
    await client.end().catch(() => {});
  }
}

async function connectWhenReady(launched: Attempt): Promise<pg.Client> {
  const passwords = await readPasswords(launched.dataDirectory);
  const deadline = Date.now() + START_SECONDS * 1000;
  for (let attempt = 0; Date.now() < deadline; attempt += 1) {
    await sleep(POLL_MILLISECONDS);
    if (hasExited(launched.child)) throw await startFailure("stopped before it answered", launched);
    const password = passwords[attempt % passwords.length] ?? "";
    const connecting = tryConnecting({ host: "127.0.0.1", port: launched.port, user: HOST_USER, password });
    const client = await Promise.race([connecting, launched.exited]);
    if (client === undefined) {
      void connecting.then((late) => late?.end());
      continue;
    }
    if (await serves(client, launched.dataDirectory)) return client;
    await client.end().catch(() => {});
  }
  throw await startFailure(`did not answer within ${START_SECONDS} s`, launched);
}

async function tryConnecting(connection: PostgresConnection): Promise<pg.Client | undefined> {
  try {
    return await openClient(connection, "postgres", { connectSeconds: FIRST_ANSWER_SECONDS });
  } catch {
    // Refused, still starting up, or the second of two passwords: the server's log tells, should it never come.
    return undefined;
  }
}

/** Another host's server may have won the port, and know the same password if both were copied from one cache. */
async function serves(client: pg.Client, dataDirectory: string): Promise<boolean> {
  const answer = await client
    .query<{ dir: string }>("select current_setting('data_directory') as dir")
    .catch(() => undefined);
  return answer?.rows[0]?.dir === dataDirectory;
}

/** SIGINT is PostgreSQL's fast shutdown (with a checkpoint), SIGQUIT its immediate one (recovery at the next start). */
async function stop(launched: Attempt, options: StopOptions = {}): Promise<void> {
  if (options.clean && (await signalAndWait(launched, "SIGINT", FAST_STOP_SECONDS))) return;
  if (await signalAndWait(launched, "SIGQUIT", QUIT_SECONDS)) return;
  await signalAndWait(launched, "SIGKILL", QUIT_SECONDS);
}

async function signalAndWait({ child, exited }: Attempt, signal: NodeJS.Signals, seconds: number): Promise<boolean> {
  if (hasExited(child)) return true;
  child.kill(signal);
  const timer = new AbortController();
  const timeout = sleep(seconds * 1000, undefined, { signal: timer.signal }).catch(() => {});
  await Promise.race([exited, timeout]);
  timer.abort();
  return hasExited(child);
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function startFailure(what: string, launched: Attempt): Promise<PostgresStartFailed> {
  const tail = (await logOf(launched)).trim().split("\n").slice(-LOG_TAIL_LINES).join("\n");
  return new PostgresStartFailed(`The PostgreSQL server on ${launched.dataDirectory} ${what}. Its log ends:\n${tail}`);
}

async function logOf({ logFile }: Attempt): Promise<string> {
  return readFile(logFile, "utf8").catch(() => "");
}
