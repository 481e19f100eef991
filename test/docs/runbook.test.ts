import { glob, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const PROJECT = resolve(import.meta.dirname, "../..");

describe("docs/runbook.md", () => {
  it("explains every error that is thrown on purpose, and every one the state machine ends with", async () => {
    const runbook = await readFile(resolve(PROJECT, "docs/runbook.md"), "utf8");
    const named = new Set<string>();
    for await (const file of glob("{src/**/*.ts,statemachines/*.json}", { cwd: PROJECT })) {
      const text = await readFile(resolve(PROJECT, file), "utf8");
      for (const [, name = ""] of text.matchAll(/"(Drill\.\w+)"/g)) named.add(name);
    }
    named.delete("Drill.Passed");
    expect(named.size).toBeGreaterThan(20);
    expect([...named].filter((name) => !runbook.includes(`\`${name}\``))).toEqual([]);
  });
});
