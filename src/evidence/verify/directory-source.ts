import { createReadStream, type Dirent } from "node:fs";
import { lstat, readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import {
  type EvidenceSource,
  type Level,
  type Listing,
  MAX_LISTED_KEYS,
  TooMuchEvidence,
  type Unlooked,
} from "./source.ts";

/** What file managers leave wherever somebody looks, and nobody means. */
const LITTER: ReadonlySet<string> = new Set([".DS_Store", "Thumbs.db", "desktop.ini"]);

/** There is nothing of that name. */
class NoDirectory extends Error {
  override readonly name = "NoDirectory";
}

/** A directory that holds what the bucket does: keys are paths. The directory itself may be behind a link; nothing in it is followed. Throws NoDirectory. */
export async function directorySource(path: string): Promise<EvidenceSource> {
  const root = await realpath(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT" ? new NoDirectory(`There is no directory ${path}.`) : error;
  });
  return {
    address: path.replace(/(?<=.)\/+$/, ""),
    top: () => topOf(root),
    list: (folder) => listBelow(root, folder),
    read: (key) => createReadStream(join(root, key)),
  };
}

async function topOf(root: string): Promise<Level> {
  const entries = await readdir(root, { withFileTypes: true });
  const named = entries.filter(({ name }) => !LITTER.has(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    folders: named.filter((entry) => entry.isDirectory()).map(({ name }) => name),
    files: named.filter((entry) => entry.isFile()).map(({ name }) => name),
    unlooked: named
      .filter((entry) => !entry.isDirectory() && !entry.isFile())
      .map((entry) => notFollowed(entry.name, entry)),
  };
}

const notFollowed = (key: string, entry: Dirent): Unlooked => ({
  key,
  why: entry.isSymbolicLink() ? "a symbolic link, which is not followed" : "no file",
});

async function listBelow(root: string, folder: string): Promise<Listing> {
  const bytes = new Map<string, number>();
  const unlooked: Unlooked[] = [];
  const folders = [folder];
  // Links are not followed, so that the walk ends where the file system does.
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for (const entry of await readdir(join(root, next), { withFileTypes: true })) {
      const key = next === "" ? entry.name : `${next}/${entry.name}`;
      if (entry.isDirectory()) folders.push(key);
      else if (LITTER.has(entry.name)) continue;
      else if (entry.isFile()) bytes.set(key, (await lstat(join(root, key))).size);
      else unlooked.push(notFollowed(key, entry));
      if (bytes.size + unlooked.length + folders.length > MAX_LISTED_KEYS)
        throw new TooMuchEvidence(`${folder} holds more than ${MAX_LISTED_KEYS} files: look at a part of it.`);
    }
  }
  // In the order in which a bucket lists.
  return { bytes: new Map([...bytes].sort(([one], [other]) => (one < other ? -1 : 1))), unlooked };
}
