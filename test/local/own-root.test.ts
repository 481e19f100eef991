import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openOwnRoot } from "../../src/local/own-root.ts";
import { makeTestRoot } from "./postgres/test-root.ts";

describe("openOwnRoot", () => {
  let parent: string;
  beforeEach(async () => {
    parent = await makeTestRoot();
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));

  it("makes another directory every time, and keeps those of processes that live", async () => {
    const made = [await openOwnRoot(parent, "a"), await openOwnRoot(parent, "a")];
    expect(await readdir(parent)).toEqual(made.map((path) => basename(path)).sort());
  });

  it("removes what a process left that has ended, and what another left that had the same id", async () => {
    const mine = basename(await openOwnRoot(parent, "a"));
    const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
    await once(child, "exit");
    const ended = mine.replace(`-${process.pid}-`, `-${child.pid}-`);
    const reused = mine.replace(/^(\w+-\d+)-\d*-/, "$1-1-");
    for (const left of [ended, reused]) {
      await mkdir(join(parent, left));
      await writeFile(join(parent, left, "evidence.json"), "{}");
    }
    const next = basename(await openOwnRoot(parent, "b"));
    expect(await readdir(parent)).toEqual([mine, next].sort());
  });

  it("leaves alone what is another machine's, or nobody's", async () => {
    const mine = await openOwnRoot(parent, "a");
    await rename(mine, join(parent, basename(mine).replace(/^\w+-\d+-/, "another-1-")));
    await mkdir(join(parent, "evidence"));
    await openOwnRoot(parent, "b");
    expect(await readdir(parent)).toHaveLength(3);
  });
});
