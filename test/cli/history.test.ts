import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localHistory, openerOf, pageBelow, summariseHistory } from "../../src/cli/history.ts";
import { historyWith, pastDrill } from "../index/sample-fleet.ts";
import { makeTestRoot } from "../local/postgres/test-root.ts";
import { SAMPLE_PLAN } from "../plan/sample-plan.ts";

let root: string;
beforeAll(async () => {
  root = await makeTestRoot();
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** As a drill leaves it on the disk. */
async function leave(database: string, plan: string, drillId: string): Promise<void> {
  const file = { ...SAMPLE_PLAN.file, plan, source: { ...SAMPLE_PLAN.file.source, cluster: database } };
  const drill = { ...pastDrill(0), drillId, plan, endedAt: new Date().toISOString() };
  for (const [name, document] of [
    [`${drillId}/plan.json`, { plan: file }],
    ["history.json", historyWith(database, [drill])],
  ] as const) {
    const path = join(root, "evidence", database, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, JSON.stringify(document));
  }
}

describe("the history of local drills", () => {
  it("is nothing before the first drill, and makes nothing", async () => {
    expect(await localHistory(root)).toBeUndefined();
    expect(existsSync(join(root, "evidence"))).toBe(false);
  });

  it("has every database that was drilled here, by the plan it was last drilled with, and writes the page", async () => {
    await leave("orders-production", "orders", "20261121-143205-3f9a2b1c");
    await leave("billing", "billing", "20261121-153205-3f9a2b1c");
    const index = await localHistory(root);
    const stated = index?.databases.map(({ database, state }) => `${database} ${state}`).sort();
    expect(stated).toEqual(["billing proven", "orders-production proven"]);
    expect(await readFile(pageBelow(root), "utf8")).toContain("<b>All 2 databases</b> are proven as promised");
    const words = index === undefined ? "" : summariseHistory(index, "evidence/index.html");
    expect(words).toMatch(/proven.*orders-production.*promised until \d{4}-/);
    expect(words).toContain("All databases  evidence/index.html");
  });

  it("tells databases apart whose plans have one name, and asks for no account", async () => {
    for (const database of ["shop", "blog"]) await leave(database, "your-database", "20261121-143205-3f9a2b1c");
    const index = await localHistory(root);
    expect(index?.former).toEqual([]);
    expect(index?.plans.filter(({ plan }) => plan === "your-database").map(({ database }) => database)).toHaveLength(2);
    const page = await readFile(pageBelow(root), "utf8");
    expect(page).toContain("Local drills of all databases");
    expect(page).toContain('class="first passed"');
  });
});

describe("the browser", () => {
  it.each([
    ["darwin", {}, "open"],
    ["linux", { DISPLAY: ":0" }, "xdg-open"],
    ["linux", { WAYLAND_DISPLAY: "wayland-0" }, "xdg-open"],
    ["linux", {}, undefined],
    ["darwin", { CI: "true" }, undefined],
    ["win32", {}, undefined],
  ] as const)("on %s with %j is opened by %s", (platform, env, command) => {
    expect(openerOf(platform, env)).toBe(command);
  });
});
