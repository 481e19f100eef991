/** The functions' bundles, made once for each state of the sources: esbuild takes seconds, a drill should not wait for it twice. */
import { createHash } from "node:crypto";
import { cp, glob, mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { bundleFunctions } from "../../packaging/bundle.ts";

const PROJECT_DIRECTORY = resolve(import.meta.dirname, "../..");
/** Everything that a bundle can depend on; what never goes to Lambda is not bundled. */
const SOURCES = ["functions/*.ts", "src/**/*.ts", "packaging/bundle.ts", "package-lock.json"];
const NEVER_BUNDLED = /^src\/(local|cli|bench)\//;

/** Fills `directory` with `<function>/index.cjs`, from `cacheDirectory` when the sources are as they were. */
export async function cachedBundles(cacheDirectory: string, directory: string): Promise<void> {
  const cached = join(cacheDirectory, `functions-${await hashOfSources()}`);
  if (!(await exists(cached))) await fill(cached);
  await cp(cached, directory, { recursive: true });
}

/** Under its own name first: a command that is stopped half-way, or another one beside this, leaves no half cache. */
async function fill(cached: string): Promise<void> {
  const made = `${cached}-${process.pid}`;
  await mkdir(dirname(cached), { recursive: true });
  await bundleFunctions({ outDirectory: made });
  await rename(made, cached).catch(() => rm(made, { recursive: true, force: true }));
  for await (const stale of glob("functions-*", { cwd: dirname(cached) }))
    if (!cached.endsWith(stale)) await rm(join(dirname(cached), stale), { recursive: true, force: true });
}

async function hashOfSources(): Promise<string> {
  const files: string[] = [];
  for await (const file of glob(SOURCES, { cwd: PROJECT_DIRECTORY })) if (!NEVER_BUNDLED.test(file)) files.push(file);
  const hash = createHash("sha256");
  for (const file of files.sort()) hash.update(file).update(await readFile(join(PROJECT_DIRECTORY, file)));
  return hash.digest("hex").slice(0, 16);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
