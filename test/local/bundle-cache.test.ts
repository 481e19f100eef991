import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { functionNames } from "../../packaging/bundle.ts";
import { cachedBundles } from "../../src/local/bundle-cache.ts";
import { makeTestRoot } from "./postgres/test-root.ts";

describe("cachedBundles", () => {
  let root: string;
  beforeEach(async () => {
    root = await makeTestRoot();
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it("bundles every function once, and copies it from then on", async () => {
    const cache = join(root, "cache");
    await cachedBundles(cache, join(root, "first"));
    // Bundling again would make a directory beside the cached one, if only for a moment.
    const { mtimeMs } = await stat(cache);
    await cachedBundles(cache, join(root, "second"));
    expect(await readdir(join(root, "second"))).toEqual(functionNames());
    expect((await stat(cache)).mtimeMs).toBe(mtimeMs);
    const [first, second] = await Promise.all(
      ["first", "second"].map((directory) => readFile(join(root, directory, "run-checks/index.cjs"), "utf8")),
    );
    expect(second).toBe(first);
  });

  it("keeps only what belongs to the present sources", async () => {
    const cache = join(root, "cache");
    await mkdir(join(cache, "functions-0123456789abcdef"), { recursive: true });
    await mkdir(join(cache, "demo-0123456789abcdef"), { recursive: true });
    await cachedBundles(cache, join(root, "functions"));
    const kept = await readdir(cache);
    expect(kept).toHaveLength(2);
    expect(kept).toContain("demo-0123456789abcdef");
    expect(kept).not.toContain("functions-0123456789abcdef");
  });
});
