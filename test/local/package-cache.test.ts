import { mkdir, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cachedPackage } from "../../src/local/package-cache.ts";
import { makeTestRoot } from "./postgres/test-root.ts";

describe("cachedPackage", () => {
  let root: string;
  let packagings: number;
  beforeEach(async () => {
    root = await makeTestRoot();
    packagings = 0;
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const packaging = async (service: string): Promise<string> => {
    packagings += 1;
    await mkdir(join(service, "out"), { recursive: true });
    await writeFile(join(service, "out/template.json"), `{"packaging": ${packagings}}`);
    return join(service, "out");
  };

  it("packages once, and answers the same directory from then on", async () => {
    const first = await cachedPackage(root, { makePackage: packaging });
    expect(await cachedPackage(root, { makePackage: packaging })).toBe(first);
    expect(await readFile(join(first, "template.json"), "utf8")).toBe('{"packaging": 1}');
    expect(packagings).toBe(1);
  });

  it("packages once for all who ask at the same time", async () => {
    const made = await Promise.all([1, 2, 3].map(() => cachedPackage(root, { makePackage: packaging })));
    expect(new Set(made).size).toBe(1);
    expect(packagings).toBe(1);
  });

  it("takes the package of another process that was faster", async () => {
    const makePackage = async (service: string): Promise<string> => {
      const out = await packaging(service);
      // What the other one renamed there in the meantime.
      const cached = service.replace(/-[0-9a-f-]{36}$/, "");
      await mkdir(cached);
      await writeFile(join(cached, "template.json"), "the other's");
      return out;
    };
    const first = await cachedPackage(root, { makePackage });
    expect(await readFile(join(first, "template.json"), "utf8")).toBe("the other's");
    expect(await readdir(root)).toHaveLength(1);
  });

  it("throws away what was packaged while the sources changed, and packages what they are now", async () => {
    let sources = "before";
    const makePackage = async (service: string): Promise<string> => {
      if (packagings === 0) sources = "after";
      return packaging(service);
    };
    const made = await cachedPackage(root, { makePackage, hashSources: async () => sources });
    expect(await readdir(root)).toEqual(["package-after"]);
    expect(await readFile(join(made, "template.json"), "utf8")).toBe('{"packaging": 2}');
  });

  it("gives up on sources that never stand still", async () => {
    const hashSources = async (): Promise<string> => String(packagings);
    await expect(cachedPackage(root, { makePackage: packaging, hashSources })).rejects.toThrow("during each of 5");
    expect(await readdir(root)).toEqual([]);
  });

  it("leaves nothing of a packaging that failed, and packages the next time", async () => {
    const failing = async (service: string): Promise<string> => {
      await mkdir(service);
      throw new Error("no such plan");
    };
    await expect(cachedPackage(root, { makePackage: failing })).rejects.toThrow("no such plan");
    expect(await readdir(root)).toEqual([]);
    await cachedPackage(root, { makePackage: packaging });
    expect(packagings).toBe(1);
  });

  it("removes packages of other sources that nobody has used for an hour, and nothing else", async () => {
    const anHourAgo = new Date(Date.now() - 3_601_000);
    for (const name of ["package-0123456789abcdef", "package-fedcba9876543210", "demo-0123456789abcdef"])
      await mkdir(join(root, name));
    await utimes(join(root, "package-0123456789abcdef"), anHourAgo, anHourAgo);
    await utimes(join(root, "demo-0123456789abcdef"), anHourAgo, anHourAgo);
    await cachedPackage(root, { makePackage: packaging });
    const kept = await readdir(root);
    expect(kept).toHaveLength(3);
    expect(kept).not.toContain("package-0123456789abcdef");
  });
});
