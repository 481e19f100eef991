import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { functionNames } from "../../packaging/bundle.ts";
import { parsePlan } from "../../src/plan/parse.ts";
import { namesInZip, PROJECT_DIRECTORY, packagedService, packageOf } from "./packaged-service.ts";

const names = functionNames();

/** Packaging takes 3 s alone, and half a minute beside whole drills on two cores; some tests here package twice. */
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

describe("a function's package", () => {
  let real: string;
  beforeAll(async () => {
    real = await packagedService();
  });

  it("exists for every entry file and for nothing else", async () => {
    const zips = (await readdir(real)).filter((file) => file.endsWith(".zip"));
    expect(zips.sort()).toEqual(names.map((name) => `${name}.zip`));
  });

  it("holds index.cjs and the plans, at its root, and nothing else", async () => {
    const plans = (await readdir(join(PROJECT_DIRECTORY, "drills"))).filter((file) => file.endsWith(".yml"));
    expect(plans).not.toEqual([]);
    const expected = [...plans.map((plan) => `drills/${plan.replace(".yml", ".json")}`), "index.cjs"].sort();
    for (const name of names) expect(await namesInZip(join(real, `${name}.zip`))).toEqual(expected);
  });

  /** What a Lambda parses before its first step: as packaged, unzipped. The largest is plan-drill, which asks six services. */
  const MAX_BUNDLE_BYTES = 550_000;
  /** Those that hold every kind of check: each call of theirs works for minutes, against which 50 ms more of parsing are nothing. */
  const MAX_BUNDLE_BYTES_WITH_CHECKS = 700_000;
  const WITH_CHECKS = ["capture-baseline", "prove-checks", "run-checks"];

  it("is at most 550 kB of code, and 700 kB where every kind of check is in it", async () => {
    for (const name of names) {
      const { size } = await stat(join(real, `functions/${name}/index.cjs`));
      expect(size, name).toBeGreaterThan(10_000);
      expect(size, name).toBeLessThanOrEqual(
        WITH_CHECKS.includes(name) ? MAX_BUNDLE_BYTES_WITH_CHECKS : MAX_BUNDLE_BYTES,
      );
    }
  });

  it("holds each plan as it was written, valid", async () => {
    const directory = join(real, "functions/plan-drill/drills");
    for (const file of await readdir(directory)) {
      const packaged = parsePlan(await readFile(join(directory, file), "utf8"), file);
      const source = await readFile(join(PROJECT_DIRECTORY, "drills", file.replace(".json", ".yml")), "utf8");
      expect(packaged.file).toEqual(parsePlan(source, file).file);
    }
  });
});

describe("packaging", () => {
  it("makes the same bytes twice", async () => {
    const [first, second] = await Promise.all([packageOf(hashesOf), packageOf(hashesOf)]);
    expect(Object.keys(first)).toHaveLength(names.length);
    expect(second).toEqual(first);
  });

  it("fails on a misspelt key in a plan, naming the file and the key that was meant", async () => {
    const plan = `plan: orders
source: { region: eu-west-1, clutser: orders, database: orders }
sandbox: { region: eu-central-1 }
objectives: { rto: 1h, rpo: 1d }
`;
    await expect(packageOf(hashesOf, { "orders.yml": plan })).rejects.toThrow(/drills\/orders\.yml[\s\S]*"cluster"/);
  });

  it("fails on a plan that is not called as its file is", async () => {
    const plan = `plan: orders
source: { region: eu-west-1, cluster: orders, database: orders }
sandbox: { region: eu-central-1 }
objectives: { rto: 1h, rpo: 1d }
`;
    await expect(packageOf(hashesOf, { "billing.yml": plan })).rejects.toThrow(/drills\/billing\.yml[\s\S]*"orders"/);
  });
});

async function hashesOf(directory: string): Promise<Record<string, string>> {
  const zips = (await readdir(directory)).filter((file) => file.endsWith(".zip"));
  const hashes = zips.map(async (zip) => {
    const bytes = await readFile(join(directory, zip));
    return [zip, createHash("sha256").update(bytes).digest("hex")] as const;
  });
  return Object.fromEntries(await Promise.all(hashes));
}
