import { constants } from "node:fs";
import { copyFile, mkdir, opendir, stat } from "node:fs/promises";
import { join } from "node:path";

// libuv's pool has four threads; a few more requests keep it busy without opening every file at once.
const COPIES_AT_ONCE = 8;

export interface CopyOptions {
  /** Leaves an entry out; given its path relative to the tree, with `/`. A skipped directory is not created. */
  readonly skip?: (path: string) => boolean;
  /** A database that is written to drops files during the copy: its WAL knows, so they may be absent. */
  readonly toleratesVanishing?: boolean;
}

/**
 * Copies a directory tree of ordinary files, by reflink where the file system can. `to` must not exist.
 * Resolves to the bytes copied.
 */
export async function copyTree(from: string, to: string, options: CopyOptions = {}): Promise<number> {
  await mkdir(to, { mode: 0o700 });
  const files: string[] = [];
  await makeDirectories(from, to, "", options, files);
  let bytes = 0;
  const copyNext = async (): Promise<void> => {
    for (let file = files.pop(); file !== undefined; file = files.pop()) {
      const copied = await copyOne(join(from, file), join(to, file), options.toleratesVanishing ?? false);
      bytes += copied;
    }
  };
  await Promise.all(Array.from({ length: COPIES_AT_ONCE }, copyNext));
  return bytes;
}

async function makeDirectories(
  from: string,
  to: string,
  at: string,
  options: CopyOptions,
  files: string[],
): Promise<void> {
  try {
    for await (const entry of await opendir(join(from, at))) {
      const path = at === "" ? entry.name : `${at}/${entry.name}`;
      if (options.skip?.(path)) continue;
      if (entry.isDirectory()) {
        await mkdir(join(to, path), { mode: 0o700 });
        await makeDirectories(from, to, path, options, files);
      } else if (entry.isFile()) {
        files.push(path);
      } else {
        throw new Error(`${join(from, path)} is neither a file nor a directory: tablespaces are not supported here.`);
      }
    }
  } catch (error) {
    if (!(options.toleratesVanishing && isGone(error))) throw error;
  }
}

async function copyOne(from: string, to: string, mayVanish: boolean): Promise<number> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    return (await stat(to)).size;
  } catch (error) {
    if (mayVanish && isGone(error)) return 0;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
