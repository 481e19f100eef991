/** Directories that no process needs for longer than it lives, and that one which is killed leaves behind. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { startOf } from "./postgres/processes.ts";

/** Two containers may share a directory and not each other's processes: only a process of this machine can be called ended. */
const MACHINE = createHash("sha256").update(hostname()).digest("hex").slice(0, 6);
const OWNED = new RegExp(`^${MACHINE}-(?<pid>\\d+)-(?<start>\\d*)-`);

/** Makes a directory below `parent` for this process, after removing those of processes that have ended. */
export async function openOwnRoot(parent: string, name: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  await removeEnded(parent);
  const start = (await startOf(process.pid)) ?? "";
  return mkdtemp(join(parent, `${MACHINE}-${process.pid}-${start}-${name}-`));
}

async function removeEnded(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const { pid, start } = OWNED.exec(name)?.groups ?? {};
    if (pid === undefined || (await startOf(Number(pid))) === start) continue;
    await rm(join(parent, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}
