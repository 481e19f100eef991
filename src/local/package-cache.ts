/** The service's package, made once for each state of the sources: it takes seconds, a drill should not wait for it twice. */
import { createHash, randomUUID } from "node:crypto";
import { glob, mkdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join, resolve } from "node:path";
import { packageService } from "../../packaging/package-service.ts";

const PROJECT_DIRECTORY = resolve(import.meta.dirname, "../..");
/** Everything that a package can depend on; what never goes to Lambda is not bundled. */
const SOURCES = [
  "serverless.yml",
  "package-lock.json",
  "{functions,src,packaging}/**/*.{ts,mjs}",
  "{infrastructure,statemachines,drills}/**/*.{yml,yaml,json}",
];
const NEVER_PACKAGED = /^src\/(local|cli|bench|chaos)\//;
/** Nobody reads a package for longer: whole test files on a slow machine take minutes. */
const UNUSED_SECONDS = 3600;

/** In one process, whoever asks for a package that is being made waits for it. */
const making = new Map<string, Promise<void>>();

/**
 * The directory that holds what `serverless package` wrote for the present sources, made in `cacheDirectory` when it is not there. It is
 * shared with other processes: read it, never write to it.
 */
export async function cachedPackage(
  cacheDirectory: string,
  makePackage: (service: string) => Promise<string> = packageService,
): Promise<string> {
  const cached = join(resolve(cacheDirectory), `package-${await hashOfSources()}`);
  const isMade = await touched(cached);
  if (isMade) return cached;
  const made = making.get(cached) ?? fill(cached, makePackage).finally(() => making.delete(cached));
  making.set(cached, made);
  await made;
  return cached;
}

/** Under a name of its own first: a command that is stopped half-way, or another one beside this, leaves no half package. */
async function fill(cached: string, makePackage: (service: string) => Promise<string>): Promise<void> {
  const service = `${cached}-${randomUUID()}`;
  try {
    await mkdir(resolve(cached, ".."), { recursive: true });
    await rename(await makePackage(service), cached).catch(async (error: unknown) => {
      // Another process was faster.
      if (!(await touched(cached))) throw error;
    });
  } finally {
    await rm(service, { recursive: true, force: true });
  }
  await removeUnused(resolve(cached, ".."));
}

async function removeUnused(cacheDirectory: string): Promise<void> {
  for await (const name of glob("package-*", { cwd: cacheDirectory })) {
    const path = join(cacheDirectory, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > UNUSED_SECONDS * 1000) await rm(path, { recursive: true, force: true });
  }
}

/** Whether it is there; and if so, that it is used. */
async function touched(path: string): Promise<boolean> {
  const now = new Date();
  return utimes(path, now, now).then(
    () => true,
    () => false,
  );
}

async function hashOfSources(): Promise<string> {
  const files: string[] = [];
  for await (const file of glob(SOURCES, { cwd: PROJECT_DIRECTORY })) if (!NEVER_PACKAGED.test(file)) files.push(file);
  const hash = createHash("sha256");
  for (const file of files.sort()) hash.update(file).update(await readFile(join(PROJECT_DIRECTORY, file)));
  return hash.digest("hex").slice(0, 16);
}
