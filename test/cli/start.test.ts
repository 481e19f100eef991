import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const START = resolve(import.meta.dirname, "../../src/cli/start.mjs");

/** Starts the command on a Node that says that it is of that version. */
function startedOn(version: string) {
  const script = `Object.defineProperty(process.versions, "node", { value: "${version}" });
    process.argv = ["node", "start.mjs", "--sabotage", "list"]; await import(${JSON.stringify(START)});`;
  return spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
}

describe("the command on another Node than its own", () => {
  it("says which Node it needs and how to get it, and does not exit as a failed recovery", () => {
    const { status, stdout, stderr } = startedOn("20.20.2");
    expect(stderr).toMatch(/needs Node 22\.18 or newer and runs on 20\.20\.2.*npm ci/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });

  it("runs on one that reads TypeScript", () => {
    const { status, stdout } = startedOn("24.0.0");
    expect(stdout).toContain("missing-rows");
    expect(status).toBe(0);
  });
});
