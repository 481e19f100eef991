import { createHash } from "node:crypto";

/** What stands at one place below the bucket's root: a folder is everything that has a longer key. */
export interface Level {
  readonly folders: string[];
  readonly files: string[];
  /** Neither: what stands behind it is not known. */
  readonly unlooked: readonly Unlooked[];
}

export interface Listing {
  /** Size in bytes by key. */
  readonly bytes: ReadonlyMap<string, number>;
  /** What was there and is not looked into, with the reason. */
  readonly unlooked: readonly Unlooked[];
}

export interface Unlooked {
  readonly key: string;
  readonly why: string;
}

/** Whether a key is that of a folder, or of something in it. */
export const isWithin = (key: string, folder: string): boolean => key === folder || key.startsWith(`${folder}/`);

/** Whether it was not looked at whether that is there, which is told already. */
export const isUnlooked = ({ unlooked }: Listing, key: string): boolean =>
  unlooked.some((each) => isWithin(key, each.key));

/** Evidence to look at: the bucket, or a copy of it or of a part in a directory. Nothing here writes. */
export interface EvidenceSource {
  /** As people name it, without a slash at its end. */
  readonly address: string;
  /** What is directly below it. Throws what says that it is not there, or may not be read. */
  top(): Promise<Level>;
  /** Everything below a folder, at most `MAX_LISTED_KEYS`. Throws TooMuchEvidence. */
  list(folder: string): Promise<Listing>;
  /** The object's bytes in pieces. Throws what says why there are none. */
  read(key: string): AsyncIterable<Uint8Array>;
}

/** 30 objects a drill: 33,000 drills of one database, one an hour for almost four years. 100 B a key are 100 MB. */
export const MAX_LISTED_KEYS = 1_000_000;

/** No string of Node.js is longer, and functions write what they hold as one: what is larger is nothing that a drill left. */
export const MAX_OBJECT_BYTES = 512 * 1024 * 1024;

/** There is more below a folder than is looked at. */
export class TooMuchEvidence extends Error {
  override readonly name = "TooMuchEvidence";
}

/** What is read is not as long as it was listed: it was written to meanwhile. */
class SizeChanged extends Error {
  override readonly name = "SizeChanged";
}

/** SHA-256 of an object of that size, in constant memory. Throws SizeChanged for one that grows or shrinks while it is read. */
export async function hashObject(source: EvidenceSource, key: string, bytes: number): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of pieces(source, key, bytes)) hash.update(piece);
  return hash.digest("hex");
}

/** The whole object, which is at most a few MB. */
export async function readObject(source: EvidenceSource, key: string, bytes: number): Promise<Buffer> {
  const read: Uint8Array[] = [];
  for await (const piece of pieces(source, key, bytes)) read.push(piece);
  return Buffer.concat(read);
}

async function* pieces(source: EvidenceSource, key: string, bytes: number): AsyncGenerator<Uint8Array> {
  let read = 0;
  for await (const piece of source.read(key)) {
    read += piece.length;
    if (read > bytes) break;
    yield piece;
  }
  if (read !== bytes) throw new SizeChanged(`It had ${bytes} B when it was listed, and another size when it was read.`);
}
