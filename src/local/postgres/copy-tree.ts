import { constants, copyFileSync, linkSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";

// libuv's pool has four threads; a few more requests keep it busy without opening every file at once.
const COPIES_AT_ONCE = 8;
// A cluster is a thousand files of a page or two, for which the way to another thread and back costs four times the copy.
const SMALL_BYTES = 256 * 1024;
// So many small files take a few milliseconds; then somebody else has a turn.
const SMALL_IN_A_ROW = 64;

export interface CopyOptions {
  /** Leaves an entry out; given its path relative to the tree, with `/`. A skipped directory is not created. */
  readonly skip?: (path: string) => boolean;
  /** The copy's files are the same ones, under another name: for trees that nobody writes to any more. */
  readonly isShared?: boolean;
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
  makeDirectories(from, to, "", options, files);
  let bytes = 0;
  const large: string[] = [];
  for (const [index, file] of files.entries()) {
    if (index % SMALL_IN_A_ROW === SMALL_IN_A_ROW - 1) await nextTurn();
    unlessGone(options, () => {
      const { size } = statSync(join(from, file));
      if (options.isShared) linkSync(join(from, file), join(to, file));
      else if (size > SMALL_BYTES) large.push(file);
      else copyFileSync(join(from, file), join(to, file), constants.COPYFILE_FICLONE);
      bytes += size;
    });
  }
  const copyNext = async (): Promise<void> => {
    for (let file = large.pop(); file !== undefined; file = large.pop())
      await copyFile(join(from, file), join(to, file), constants.COPYFILE_FICLONE).catch((error: unknown) => {
        unlessGone(options, () => {
          throw error;
        });
      });
  };
  await Promise.all(Array.from({ length: COPIES_AT_ONCE }, copyNext));
  return bytes;
}

function makeDirectories(from: string, to: string, at: string, options: CopyOptions, files: string[]): void {
  unlessGone(options, () => {
    for (const entry of readdirSync(join(from, at), { withFileTypes: true })) {
      const path = at === "" ? entry.name : `${at}/${entry.name}`;
      if (options.skip?.(path)) continue;
      if (entry.isDirectory()) {
        mkdirSync(join(to, path), { mode: 0o700 });
        makeDirectories(from, to, path, options, files);
      } else if (entry.isFile()) {
        files.push(path);
      } else {
        throw new Error(`${join(from, path)} is neither a file nor a directory: tablespaces are not supported here.`);
      }
    }
  });
}

function unlessGone({ toleratesVanishing = false }: CopyOptions, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(toleratesVanishing && isGone(error))) throw error;
  }
}

function isGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
