/** The service's package, made once for each state of the sources: it takes seconds, a drill should not wait for it twice. */
import { createHash, randomUUID } from "node:crypto";
import { glob, mkdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join, resolve } from "node:path";
import { packageService } from "../../packaging/package-service.ts";

const PROJECT_DIRECTORY = resolve(import.meta.dirname, "../..");
/** Everything that a package can depend on; what never goes to Lambda is not bundled. */
const SOURCES = [
  "serverless.yml",
  // esbuild reads both: how modules are resolved, and what has no side effects.
  "{package,package-lock,tsconfig}.json",
  "{functions,src,packaging}/**/*.{ts,mjs}",
  "{infrastructure,statemachines,drills}/**/*.{yml,yaml,json}",
];
const NEVER_PACKAGED = /^src\/(local|cli|bench|chaos|year)\//;
/** Nobody reads a package for longer: whole test files on a slow machine take minutes. */
const UNUSED_SECONDS = 3600;

/** One that is made while somebody edits is thrown away: nobody saves a file every nine seconds for long. */
const MAX_PACKAGINGS = 5;

/** In one process, whoever asks for a package that is being made waits for it. Answers whether it was made. */
const making = new Map<string, Promise<boolean>>();

/** What the cache depends on, which tests stand in for. */
interface Packaging {
  readonly makePackage: (service: string) => Promise<string>;
  readonly hashSources: () => Promise<string>;
}

/**
 * The directory that holds what `serverless package` wrote for the present sources, made in `cacheDirectory` when it is not there. It is
 * shared with other processes: read it, never write to it. Throws when the sources change as often as they are packaged.
 */
export async function cachedPackage(
  cacheDirectory: string,
  { makePackage = packageService, hashSources = hashOfSources }: Partial<Packaging> = {},
): Promise<string> {
  const nameOfPresent = async (): Promise<string> => join(resolve(cacheDirectory), `package-${await hashSources()}`);
  for (let packagings = 0; packagings < MAX_PACKAGINGS; packagings += 1) {
    const cached = await nameOfPresent();
    if (await touched(cached)) return cached;
    const isPresent = async (): Promise<boolean> => (await nameOfPresent()) === cached;
    const made = making.get(cached) ?? fill(cached, makePackage, isPresent).finally(() => making.delete(cached));
    making.set(cached, made);
    if (await made) return cached;
  }
  throw new Error(`The sources changed during each of ${MAX_PACKAGINGS} packagings. Try again when nobody edits them.`);
}

/**
 * Under a name of its own first: a command that is stopped half-way, or another one beside this, leaves no half package. Answers false, and
 * keeps nothing, when the sources are others by then: nobody knows which of them the package is of.
 */
async function fill(
  cached: string,
  makePackage: Packaging["makePackage"],
  isPresent: () => Promise<boolean>,
): Promise<boolean> {
  const service = `${cached}-${randomUUID()}`;
  try {
    await mkdir(resolve(cached, ".."), { recursive: true });
    const made = await makePackage(service);
    if (!(await isPresent())) return false;
    await rename(made, cached).catch(async (error: unknown) => {
      // Another process was faster.
      if (!(await touched(cached))) throw error;
    });
  } finally {
    await rm(service, { recursive: true, force: true });
  }
  await removeUnused(resolve(cached, ".."));
  return true;
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
