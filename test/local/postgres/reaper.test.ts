import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startOf } from "../../../src/local/postgres/processes.ts";
import { makeTestRoot, openTestHost } from "./test-root.ts";

const script = fileURLToPath(new URL("./doomed-host.ts", import.meta.url));

let root: string;
let children: ChildProcess[] = [];

beforeEach(async () => {
  root = await makeTestRoot();
});

afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  children = [];
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
});

interface Doomed {
  readonly child: ChildProcess;
  readonly runDirectory: string;
  readonly server: number;
}

async function startDoomedHost(): Promise<Doomed> {
  const child = spawn(process.execPath, [script, root], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const [line] = await once(child.stdout, "data");
  const { runDirectory, dataDirectory } = JSON.parse(String(line));
  return {
    child,
    runDirectory,
    server: Number.parseInt(await readFile(join(dataDirectory, "postmaster.pid"), "utf8"), 10),
  };
}

async function within(seconds: number, condition: () => boolean | Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    if (await condition()) return true;
    await sleep(25);
  }
  return false;
}

async function isGone(path: string): Promise<boolean> {
  return stat(path).then(
    () => false,
    () => true,
  );
}

describe("the reaper", () => {
  it("leaves neither server nor data when the process that opened the host is killed", async () => {
    const doomed = await startDoomedHost();
    expect(await startOf(doomed.server)).toBeDefined();
    doomed.child.kill("SIGKILL");
    expect(await within(10, async () => (await startOf(doomed.server)) === undefined)).toBe(true);
    expect(await within(10, () => isGone(doomed.runDirectory))).toBe(true);
    expect(await readdir(root)).toContain("templates");
  });
});

describe("opening a host", () => {
  it("ends the servers and deletes the directories of a host whose reaper was killed with it", async () => {
    const doomed = await startDoomedHost();
    for (const reaper of await reapersOf(doomed.runDirectory)) process.kill(reaper, "SIGKILL");
    doomed.child.kill("SIGKILL");
    await once(doomed.child, "exit");
    await sleep(200);
    expect(await startOf(doomed.server)).toBeDefined();
    await openTestHost({ root });
    expect(await within(1, async () => (await startOf(doomed.server)) === undefined)).toBe(true);
    expect(await isGone(doomed.runDirectory)).toBe(true);
  });

  it("leaves alone what a living host, a host that is opening, and another machine's host own", async () => {
    const doomed = await startDoomedHost();
    const opening = join(root, "run", "opening");
    const foreign = join(root, "run", "foreign");
    const abandoned = join(root, "run", "abandoned");
    for (const directory of [opening, foreign, abandoned]) await mkdir(directory);
    await writeFile(
      join(foreign, "host.json"),
      JSON.stringify({ pid: 2 ** 22 + 1, start: "1", hostname: `not-${hostname()}` }),
    );
    await utimes(abandoned, 0, 0);
    await openTestHost({ root });
    const left = await readdir(join(root, "run"));
    expect(left).toEqual(expect.arrayContaining(["opening", "foreign", doomed.runDirectory.split("/").at(-1)]));
    expect(left).not.toContain("abandoned");
    expect(await startOf(doomed.server)).toBeDefined();
    doomed.child.kill("SIGKILL");
    expect(await within(10, () => isGone(doomed.runDirectory))).toBe(true);
  });
});

async function reapersOf(runDirectory: string): Promise<number[]> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found: number[] = [];
  for (const pid of pids) {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (commandLine.includes("reaper.ts") && commandLine.includes(runDirectory)) found.push(Number(pid));
  }
  return found;
}
