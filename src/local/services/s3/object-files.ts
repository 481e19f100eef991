/** The objects of the local S3 as files: whole or not there at all, and never outside their directory. */
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync } from "node:fs";
import { link, mkdir, readdir, readFile, rename, rm, rmdir, stat, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ServiceError } from "../../wire/service.ts";

/** What S3 keeps beside an object's bytes. It is kept in memory: the files stay plain. */
export interface ObjectDetails {
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface StoredObject {
  readonly body: Buffer;
  readonly modifiedAt: Date;
  readonly eTag: string;
  readonly about: ObjectDetails;
}

/** What must hold for a write: S3 looks and writes in one step. */
export interface WriteCondition {
  readonly isNew?: true;
  readonly eTag?: string | undefined;
}

/** A key is at most 1,024 bytes (S3), and each part between slashes at most 255 (what file systems take). */
const KEY_LIMIT_BYTES = 1024;
const KEY_PART_LIMIT_BYTES = 255;
/** More objects than a bucket of drills gathers in years; a bound on one listing's memory. */
const LISTING_LIMIT_KEYS = 100_000;
/** How often a write is tried whose folder a deletion took away in that moment. */
const WRITE_ATTEMPTS = 5;
/** A bucket's name cannot begin with a dot, so nothing in here is ever an object. */
const INCOMING = ".incoming";

export class ObjectFiles {
  readonly #directory: string;
  readonly #buckets = new Set<string>();
  readonly #details = new Map<string, ObjectDetails>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  createBucket(name: string): void {
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) || name.includes("..")) {
      throw new TypeError(`${name} is no name for an S3 bucket`);
    }
    mkdirSync(join(this.#directory, name), { recursive: true });
    mkdirSync(join(this.#directory, INCOMING), { recursive: true });
    this.#buckets.add(name);
  }

  /**
   * Writes an object and answers its ETag. Throws PreconditionFailed (412) if it is to be new and there is one, or if it is to replace the one
   * of an ETag and there is another; NoSuchKey (404) if there is none to replace.
   */
  async put(
    bucket: string,
    key: string,
    body: Uint8Array,
    about: ObjectDetails,
    onlyIf: WriteCondition = {},
  ): Promise<string> {
    const path = this.#pathOf(bucket, key);
    const incoming = join(this.#directory, INCOMING, randomUUID());
    await writeFile(incoming, body);
    try {
      if (onlyIf.eTag === undefined) await moveInto(incoming, path, onlyIf.isNew === true);
      else replace(incoming, path, onlyIf.eTag);
    } catch (error) {
      throw putError(error, key);
    } finally {
      await rm(incoming, { force: true });
    }
    this.#details.set(path, about);
    return eTagOf(body);
  }

  /** Throws NoSuchBucket or NoSuchKey (404). */
  async get(bucket: string, key: string): Promise<StoredObject> {
    const path = this.#pathOf(bucket, key);
    try {
      const [body, { mtime }] = await Promise.all([readFile(path), stat(path)]);
      return { body, modifiedAt: mtime, eTag: eTagOf(body), about: this.#details.get(path) ?? {} };
    } catch (error) {
      if (isAbsent(error)) throw new ServiceError("NoSuchKey", `The specified key does not exist: ${key}`);
      throw error;
    }
  }

  /** What a listing says of an object. */
  async head(bucket: string, key: string) {
    const { body, modifiedAt, eTag } = await this.get(bucket, key);
    return { Size: body.length, LastModified: modifiedAt, ETag: eTag, StorageClass: "STANDARD" as const };
  }

  /** Deleting what is not there succeeds, as in S3. Folders that become empty go too: S3 has none. */
  async delete(bucket: string, key: string): Promise<void> {
    const path = this.#pathOf(bucket, key);
    try {
      await unlink(path);
    } catch (error) {
      if (isAbsent(error) || hasCode(error, "EPERM")) return;
      throw error;
    }
    this.#details.delete(path);
    await this.#removeEmptyFolders(bucket, dirname(path));
  }

  /** All keys with a prefix, in the order of their UTF-8 bytes. */
  async keys(bucket: string, prefix: string): Promise<string[]> {
    const root = this.#pathOfBucket(bucket);
    const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
    if (folder !== "" && !isWellFormed(folder.slice(0, -1))) return [];
    const found: string[] = [];
    await collectKeys(root, folder, found);
    const wanted = found.filter((key) => key.startsWith(prefix));
    return wanted
      .map((key) => Buffer.from(key))
      .sort(Buffer.compare)
      .map(String);
  }

  #pathOfBucket(bucket: string): string {
    if (!this.#buckets.has(bucket)) {
      throw new ServiceError("NoSuchBucket", `The specified bucket does not exist: ${bucket}`);
    }
    return join(this.#directory, bucket);
  }

  #pathOf(bucket: string, key: string): string {
    const root = this.#pathOfBucket(bucket);
    if (Buffer.byteLength(key) > KEY_LIMIT_BYTES) throw new ServiceError("KeyTooLongError", "Your key is too long");
    if (!isWellFormed(key)) {
      throw new ServiceError(
        "InvalidArgument",
        `The local cloud keeps objects as files, and ${JSON.stringify(key)} names none`,
      );
    }
    return join(root, key);
  }

  async #removeEmptyFolders(bucket: string, from: string): Promise<void> {
    const root = join(this.#directory, bucket);
    // Ends: each turn goes one folder up, towards the bucket's own.
    for (let folder = from; folder !== root; folder = dirname(folder)) {
      try {
        await rmdir(folder);
      } catch {
        return; // Not empty, or gone already.
      }
    }
  }
}

/** Relative, in plain parts: nothing that would leave the bucket's folder or name a folder. */
function isWellFormed(key: string): boolean {
  return key
    .split("/")
    .every(
      (part) =>
        part !== "" &&
        part !== "." &&
        part !== ".." &&
        !part.includes("\0") &&
        !part.includes("\\") &&
        Buffer.byteLength(part) <= KEY_PART_LIMIT_BYTES,
    );
}

async function moveInto(incoming: string, path: string, onlyIfNew: boolean): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await mkdir(dirname(path), { recursive: true });
      // Both are one step for whoever looks: `link` fails where a file is, `rename` takes its place.
      return await (onlyIfNew ? link(incoming, path) : rename(incoming, path));
    } catch (error) {
      if (!hasCode(error, "ENOENT") || attempt >= WRITE_ATTEMPTS) throw error;
    }
  }
}

/** Without a pause between the look and the write: nothing else in this process can come between. */
function replace(incoming: string, path: string, eTag: string): void {
  if (eTagOf(readFileSync(path)) !== eTag) throw preconditionFailed();
  renameSync(incoming, path);
}

function preconditionFailed(): ServiceError {
  return new ServiceError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", {
    status: 412,
  });
}

function putError(error: unknown, key: string): unknown {
  // `mkdir` says EEXIST of a file in the way of a folder, `link` of the object itself; only the latter is the precondition.
  const call = error instanceof Error && "syscall" in error ? error.syscall : undefined;
  if (hasCode(error, "EEXIST") && call === "link") return preconditionFailed();
  if (hasCode(error, "ENOENT")) return new ServiceError("NoSuchKey", `The specified key does not exist: ${key}`);
  if (
    hasCode(error, "EEXIST") ||
    hasCode(error, "ENOTDIR") ||
    hasCode(error, "EISDIR") ||
    hasCode(error, "ENOTEMPTY")
  ) {
    return new ServiceError(
      "InvalidArgument",
      `The local cloud keeps objects as files: ${key} cannot be beside a key that is a folder of it, or it a folder of another`,
    );
  }
  return error;
}

async function collectKeys(root: string, folder: string, found: string[]): Promise<void> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error: unknown) => {
    if (isAbsent(error)) return [];
    throw error;
  });
  for (const entry of entries) {
    const key = folder + entry.name;
    if (entry.isDirectory()) await collectKeys(root, `${key}/`, found);
    if (entry.isFile()) found.push(key);
    if (found.length > LISTING_LIMIT_KEYS) {
      throw new ServiceError("InternalError", `A listing of the local cloud ends at ${LISTING_LIMIT_KEYS} objects`);
    }
  }
}

function eTagOf(body: Uint8Array): string {
  return `"${createHash("md5").update(body).digest("hex")}"`;
}

function isAbsent(error: unknown): boolean {
  return hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR") || hasCode(error, "EISDIR");
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
