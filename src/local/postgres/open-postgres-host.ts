import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdir, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { findBinaries, type PostgresBinaries } from "./binaries.ts";
import { type CopyOptions, copyTree } from "./copy-tree.ts";
import { PathRefused, PostgresInitFailed } from "./errors.ts";
import { asUser, chooseIdentity, type IdentityKind } from "./identity.ts";
import { belowRoot } from "./own-directory.ts";
import { newPassword, writePasswords } from "./password.ts";
import type { PostgresHost, PostgresServer } from "./postgres-host.ts";
import { openRunDirectory } from "./run-directory.ts";
import { freePort, type ServerSurroundings, startServer } from "./server.ts";
import { initdbArguments } from "./server-settings.ts";
import { takeSnapshot } from "./snapshot.ts";

const INITDB_SECONDS = 60;
// Where the servers run as another user they have to get through; the data directories themselves are closed.
const PASSABLE = 0o711;
// Left by a server that runs, or that was stopped without a chance to remove it.
const SERVER_STATE = new Set(["postmaster.pid", "postmaster.opts"]);

export interface PostgresHostOptions {
  /** Everything is written below it; made when absent. Several hosts, in several processes, may share one. */
  readonly root: string;
  /** For tests: the package whose PostgreSQL is run, when it is another version than the local cloud's own. */
  readonly binaries?: string;
  /** For tests: the port to try next. */
  readonly pickPort?: () => Promise<number>;
  /** For tests: run the servers in this way only. */
  readonly runAs?: IdentityKind;
}

/**
 * Opens a place for real PostgreSQL servers (see PostgresHost). Works as an ordinary user and as root, on Linux and macOS.
 *
 * @throws PostgresBinariesMissing, PostgresNeedsUnprivilegedUser
 */
export async function openPostgresHost(options: PostgresHostOptions): Promise<PostgresHost> {
  const binaries = await findBinaries(options.binaries);
  await mkdir(options.root, { recursive: true, mode: PASSABLE });
  const root = await realpath(options.root);
  const run = await openRunDirectory(join(root, "run"));
  try {
    const logDirectory = join(run.path, "logs");
    await mkdir(logDirectory, { mode: 0o700 });
    const { identity, version } = await chooseIdentity(binaries.postgres, run.path, options.runAs);
    const pickPort = options.pickPort ?? freePort;
    return new EmbeddedHost(root, binaries, version, {
      postgres: binaries.postgres,
      identity,
      run,
      logDirectory,
      pickPort,
    });
  } catch (error) {
    await run.close();
    throw error;
  }
}

class EmbeddedHost implements PostgresHost {
  readonly runDirectory: string;
  readonly version: string;
  readonly #root: string;
  readonly #binaries: PostgresBinaries;
  readonly #surroundings: ServerSurroundings;
  readonly #servers = new Map<string, PostgresServer>();
  #template: Promise<string> | undefined;

  constructor(root: string, binaries: PostgresBinaries, version: string, surroundings: ServerSurroundings) {
    this.#root = root;
    this.#binaries = binaries;
    this.#surroundings = surroundings;
    this.version = version;
    this.runDirectory = surroundings.run.path;
  }

  async create(dataDirectory: string): Promise<PostgresServer> {
    const to = await this.#planned(dataDirectory);
    this.#template ??= makeTemplate(this.#root, this.#binaries.initdb, this.version, this.#surroundings);
    await copyTree(await this.#template, to);
    return this.start(to);
  }

  async start(dataDirectory: string): Promise<PostgresServer> {
    const directory = await belowRoot(this.#root, dataDirectory);
    if (this.#servers.has(directory)) throw new PathRefused(`A server runs on ${directory} already.`);
    const server = await startServer(this.#surroundings, directory);
    const listed: PostgresServer = {
      ...server,
      stop: async (options) => {
        await server.stop(options);
        if (this.#servers.get(directory) === listed) this.#servers.delete(directory);
      },
    };
    this.#servers.set(directory, listed);
    return listed;
  }

  async snapshot(server: PostgresServer, snapshotDirectory: string): Promise<number> {
    const to = await this.#planned(snapshotDirectory);
    try {
      return await takeSnapshot(server, to);
    } catch (error) {
      await rm(to, { recursive: true, force: true });
      throw error;
    }
  }

  copy(fromDirectory: string, toDirectory: string): Promise<void> {
    return this.#copied(fromDirectory, toDirectory, {});
  }

  share(fromDirectory: string, toDirectory: string): Promise<void> {
    return this.#copied(fromDirectory, toDirectory, { isShared: true });
  }

  async #copied(fromDirectory: string, toDirectory: string, how: Pick<CopyOptions, "isShared">): Promise<void> {
    const from = await belowRoot(this.#root, fromDirectory);
    const to = await this.#planned(toDirectory);
    if (this.#servers.has(from)) {
      throw new PathRefused(
        `A server runs on ${from}: a plain copy would be torn. Take a snapshot, or stop the server first.`,
      );
    }
    await copyTree(from, to, { ...how, skip: (path) => SERVER_STATE.has(path) });
  }

  async remove(directory: string): Promise<void> {
    const path = await belowRoot(this.#root, directory);
    if (this.runDirectory === path || this.runDirectory.startsWith(`${path}/`)) {
      throw new PathRefused(`${path} holds the run directory of this host: close the host instead.`);
    }
    for (const [at, server] of this.#servers) {
      if (at === path || at.startsWith(`${path}/`)) await server.stop();
    }
    // A thousand small files: one call instead of as many ways to another thread.
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.stop()));
    await this.#surroundings.run.close();
  }

  /** A path below the root at which nothing stands yet; its parents are made. */
  async #planned(directory: string): Promise<string> {
    const path = await belowRoot(this.#root, directory);
    if ((await stat(path).catch(() => undefined)) !== undefined) throw new PathRefused(`${path} exists already.`);
    await mkdir(dirname(path), { recursive: true, mode: PASSABLE });
    return path;
  }
}

/** One `initdb` for each root, version and set of arguments; hosts that open at the same moment agree on the first to finish. */
async function makeTemplate(
  root: string,
  initdb: string,
  version: string,
  surroundings: ServerSurroundings,
): Promise<string> {
  const args = initdbArguments(version);
  const hash = createHash("sha256").update(JSON.stringify(args)).digest("hex").slice(0, 12);
  const template = join(root, "templates", `postgres-${version}-${hash}`);
  if (await isDirectory(template)) return template;
  await mkdir(dirname(template), { recursive: true, mode: 0o700 });
  const building = join(surroundings.run.path, `template-${randomBytes(4).toString("hex")}`);
  await runInitdb(initdb, args, building, surroundings);
  await rename(building, template).catch(async (error: unknown) => {
    if (!(await isDirectory(template))) throw error;
  });
  return template;
}

async function runInitdb(
  initdb: string,
  args: readonly string[],
  directory: string,
  { identity, run }: ServerSurroundings,
): Promise<void> {
  const password = newPassword();
  const passwordFile = join(run.path, `${randomBytes(4).toString("hex")}.pwfile`);
  await mkdir(directory, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  await identity.adopt(directory);
  await identity.adopt(passwordFile);
  const command = identity.command(initdb, ["-D", directory, `--pwfile=${passwordFile}`, ...args]);
  const environment = { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" };
  const options = { ...asUser(command), env: environment, timeout: INITDB_SECONDS * 1000 };
  const running = promisify(execFile)(command.file, command.args, options);
  const { pid } = running.child;
  if (pid !== undefined) run.started({ pid, dataDirectory: directory });
  try {
    await running;
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? `${error.stderr}`.trim() : `${error}`;
    throw new PostgresInitFailed(`initdb could not make ${directory}: ${said}`, { cause: error });
  } finally {
    if (pid !== undefined) run.ended(pid);
    await rm(passwordFile, { force: true });
  }
  await writePasswords(directory, [password]);
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
