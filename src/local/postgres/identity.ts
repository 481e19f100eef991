import { execFile } from "node:child_process";
import { lchown, lstat, readdir } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { PostgresNeedsUnprivilegedUser } from "./errors.ts";

const run = promisify(execFile);

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

/** As whom the servers run. PostgreSQL refuses to be root, and `initdb` refuses a user that /etc/passwd does not know. */
export interface ServerIdentity {
  readonly kind: IdentityKind;
  command(binary: string, args: readonly string[]): Command;
  /** Hands a file or tree that this process made to the servers' user; nothing to do where they share one. */
  adopt(path: string): Promise<void>;
}

/**
 * - `self`: an ordinary user runs them as itself.
 * - `user-namespace`: root outside is nobody inside; files stay owned by us and no directory has to be opened to others.
 * - `capability`: where containers bar namespaces: nobody, who keeps the one capability that lets it pass closed directories
 *   (CAP_DAC_OVERRIDE is in Docker's default set), so the project may even stand below /root.
 * - `uid`: plain nobody (macOS): the root has to be in a directory that others may enter.
 */
export type IdentityKind = "self" | "user-namespace" | "capability" | "uid";

// nobody: 65534 on Linux, -2 on macOS.
const NOBODY = process.platform === "darwin" ? -2 : 65_534;
const PROBE_SECONDS = 10;

const shared = async (): Promise<void> => {};

const identities: readonly ServerIdentity[] = [
  { kind: "self", command: (file, args) => ({ file, args }), adopt: shared },
  {
    kind: "user-namespace",
    command: (binary, args) => ({
      file: "unshare",
      args: ["--user", `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, binary, ...args],
    }),
    adopt: shared,
  },
  {
    kind: "capability",
    command: (binary, args) => ({
      file: "setpriv",
      args: [
        `--reuid=${NOBODY}`,
        `--regid=${NOBODY}`,
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
        binary,
        ...args,
      ],
    }),
    adopt: giveToNobody,
  },
  { kind: "uid", command: (file, args) => ({ file, args, uid: NOBODY, gid: NOBODY }), adopt: giveToNobody },
];

/**
 * The first identity that can really run the server here: each is tried once with `postgres --version` and a look into the host's
 * own directory.
 *
 * @param only for tests: just this kind
 * @throws PostgresNeedsUnprivilegedUser naming what each attempt answered
 */
export async function chooseIdentity(
  postgres: string,
  directory: string,
  only?: IdentityKind,
): Promise<{ identity: ServerIdentity; version: string }> {
  const refusals: string[] = [];
  for (const identity of identities) {
    if (only === undefined ? !isWorthTrying(identity.kind) : identity.kind !== only) continue;
    try {
      return { identity, version: await probe(identity, postgres, directory) };
    } catch (error) {
      const said = error instanceof Error && "stderr" in error ? `${error.stderr || error.message}` : `${error}`;
      refusals.push(`${identity.kind}: ${said.trim().split("\n").at(-1)}`);
    }
  }
  throw new PostgresNeedsUnprivilegedUser(
    `PostgreSQL could not be run from here (${refusals.join("; ")}). Run as an ordinary user, or put the project in a directory ` +
      "that other users may enter.",
  );
}

function isWorthTrying(kind: IdentityKind): boolean {
  const isRoot = process.getuid?.() === 0;
  if (kind === "self") return !isRoot && hasPasswdEntry();
  if (kind === "user-namespace") return process.platform === "linux";
  if (kind === "capability") return isRoot && process.platform === "linux";
  return isRoot;
}

function hasPasswdEntry(): boolean {
  try {
    return userInfo().username !== "";
  } catch {
    return false;
  }
}

async function probe(identity: ServerIdentity, postgres: string, directory: string): Promise<string> {
  const version = identity.command(postgres, ["--version"]);
  const options = { timeout: PROBE_SECONDS * 1000, ...asUser(version) };
  const { stdout } = await run(version.file, version.args, options);
  const enter = identity.command("/bin/sh", ["-c", 'cd "$1"', "sh", directory]);
  await run(enter.file, enter.args, options);
  const number = /(\d+(?:\.\d+)*)/.exec(stdout)?.[1];
  if (number === undefined) throw new Error(`unexpected version: ${stdout.trim()}`);
  return number;
}

/** The part of a spawn's options that says as whom. */
export function asUser(command: Command): { uid?: number; gid?: number } {
  return {
    ...(command.uid === undefined ? {} : { uid: command.uid }),
    ...(command.gid === undefined ? {} : { gid: command.gid }),
  };
}

async function giveToNobody(path: string): Promise<void> {
  await lchown(path, NOBODY, NOBODY);
  if (!(await lstat(path)).isDirectory()) return;
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  for (const entry of entries) await lchown(join(entry.parentPath, entry.name), NOBODY, NOBODY);
}
