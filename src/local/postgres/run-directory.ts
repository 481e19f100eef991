import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { endServer, type ServerProcess, startOf } from "./processes.ts";

const OWNER_FILE = "host.json";
// A directory without its owner file belongs to a host that is just opening, or that died in that moment.
const OPENING_SECONDS = 3600;
// The reaper needs up to 10 s for servers that ignore it, then deletes.
const REAPER_SECONDS = 30;

const Owner = z.object({ pid: z.int(), start: z.string(), hostname: z.string() });

/** A directory that lives as long as one host, and the process that sees to it. */
export interface RunDirectory {
  readonly path: string;
  started(server: ServerProcess): void;
  ended(pid: number): void;
  /** Ends what is still listed, deletes the directory, and waits for both (30 s at most). */
  close(): Promise<void>;
}

/** Makes `<parent>/<unique>`, guarded by a reaper, after deleting what dead hosts left under the same parent. */
export async function openRunDirectory(parent: string): Promise<RunDirectory> {
  await mkdir(parent, { recursive: true, mode: 0o711 });
  await removeStale(parent);
  const path = join(parent, `${process.pid}-${randomBytes(4).toString("hex")}`);
  await mkdir(path, { mode: 0o711 });
  const owner = { pid: process.pid, start: (await startOf(process.pid)) ?? "", hostname: hostname() };
  await writeFile(join(path, OWNER_FILE), JSON.stringify(owner), { mode: 0o600 });
  return guard(path);
}

function guard(path: string): RunDirectory {
  const script = fileURLToPath(new URL("./reaper.ts", import.meta.url));
  // Detached: a Ctrl-C in the terminal goes to the whole foreground group, and the reaper has to outlive it.
  const reaper = spawn(process.execPath, [script, path], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  const gone = once(reaper, "exit").catch(() => []);
  reaper.stdin.on("error", () => {});
  // Neither keeps this process alive: one that forgets to close its host still ends, and is then cleaned up after.
  reaper.unref();
  (reaper.stdin as unknown as { unref(): void }).unref();
  const tell = (event: object): void => {
    reaper.stdin.write(`${JSON.stringify(event)}\n`);
  };
  return {
    path,
    started: (server) => tell({ started: server }),
    ended: (pid) => tell({ ended: pid }),
    async close() {
      reaper.ref();
      reaper.stdin.end();
      if (isRunning(reaper)) await Promise.race([gone, once(AbortSignal.timeout(REAPER_SECONDS * 1000), "abort")]);
      await rm(path, { recursive: true, force: true });
    },
  };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function removeStale(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    if (!(await isStale(path))) continue;
    for (const server of await serversBelow(path)) await endServer(server);
    await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

async function isStale(path: string): Promise<boolean> {
  const text = await readFile(join(path, OWNER_FILE), "utf8").catch(() => undefined);
  if (text === undefined) {
    const made = await stat(path).catch(() => undefined);
    return made !== undefined && Date.now() - made.mtimeMs > OPENING_SECONDS * 1000;
  }
  const owner = Owner.safeParse(parseJson(text));
  // Two containers may share this directory and not each other's processes: only a host of this machine can be called dead.
  if (!owner.success || owner.data.hostname !== hostname()) return false;
  return owner.data.start !== (await startOf(owner.data.pid));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Servers whose reaper died too. The first line of `postmaster.pid` is the server's pid. */
async function serversBelow(path: string): Promise<ServerProcess[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
  const locks = entries
    .filter((entry) => entry.name === "postmaster.pid")
    .map((entry) => join(entry.parentPath, entry.name));
  const servers: ServerProcess[] = [];
  for (const lock of locks) {
    const pid = Number.parseInt(await readFile(lock, "utf8").catch(() => ""), 10);
    if (pid > 0) servers.push({ pid, dataDirectory: dirname(lock) });
  }
  return servers;
}
