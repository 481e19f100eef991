import { createHash } from "node:crypto";
import type { JsonStore } from "../aws/json-store.ts";
import { EvidenceUnreadable } from "../errors.ts";
import { drillIdsAfter, type EarlierDrills } from "./ledger.ts";
import { Manifest } from "./report.ts";

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

export const hashesOf = (files: Readonly<Record<string, string>>): Manifest["files"] =>
  Object.entries(files).map(([file, text]) => ({ file, sha256: sha256(text), bytes: Buffer.byteLength(text) }));

export interface Link {
  /** Null: the chain begins here, and nothing was recorded before. */
  readonly previous?: NonNullable<Manifest["previous"]> | null;
  /** One sentence, where another drill may have been the last one: what is not known is never left out in silence. */
  readonly doubt?: string;
}

/**
 * The drill of the same database that was recorded last, as its entry in the ledger has it: not the one that began last, since a drill that gave up
 * waiting for its turn, or whose execution was stopped, is recorded beside another that runs. Recorded again, a drill keeps the link that it has.
 * Two drills that are recorded in the same moment may both follow the same one: whoever looks is told of the fork.
 */
export async function linkOf(
  store: JsonStore,
  { prefix, drillId, database }: { readonly prefix: string; readonly drillId: string; readonly database: string },
  { entries, warnings }: EarlierDrills,
): Promise<Link> {
  const own = await ownManifest(store, prefix);
  if (typeof own === "object") return own.previous === undefined ? {} : { previous: own.previous };
  const last = entries.filter((entry) => entry.drillId !== drillId).reduce(recordedLast, undefined);
  const doubts = [...(own === undefined ? [] : [own]), ...warnings];
  if (last === undefined && doubts.length === 0)
    return (await isFirst(store, database, drillId)) ? { previous: null } : {};
  return {
    ...(last === undefined ? {} : { previous: { drillId: last.drillId, manifestSha256: last.manifestSha256 } }),
    ...(doubts.length === 0 ? {} : { doubt: doubtOf(last?.drillId, doubts) }),
  };
}

/** Also of what is longer ago than entries are read. */
async function isFirst(store: JsonStore, database: string, drillId: string): Promise<boolean> {
  const recorded = await drillIdsAfter(store, database, "");
  return recorded.every((each) => each === drillId);
}

type Recorded = EarlierDrills["entries"][number];

const recordedLast = (last: Recorded | undefined, entry: Recorded): Recorded =>
  last === undefined || entry.endedAt > last.endedAt ? entry : last;

/** What this drill recorded before; a sentence where it can not be read. */
async function ownManifest(store: JsonStore, prefix: string): Promise<Manifest | string | undefined> {
  try {
    return await store.get(`${prefix}/manifest.json`, Manifest);
  } catch (error) {
    if (error instanceof EvidenceUnreadable) return error.message;
    throw error;
  }
}

const doubtOf = (drillId: string | undefined, [first = "", ...others]: readonly string[]): string =>
  `The manifest follows ${drillId === undefined ? "no earlier drill" : `drill ${drillId}`}; whether that was the last one is not certain. ${first}${
    others.length === 0 ? "" : ` (and ${others.length} more)`
  }`;
