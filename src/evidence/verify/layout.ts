import { DRILL_ID } from "../../plan/names.ts";
import type { DrillPlace } from "./look-at-drill.ts";
import type { EvidenceSource } from "./source.ts";

/** How much of the bucket is there: all of it, one database, or one drill. */
export type Layout =
  | { readonly kind: "bucket"; readonly folders: readonly string[]; readonly files: readonly string[] }
  | { readonly kind: "database" }
  | { readonly kind: "drill" };

/** Told by names alone: a drill has a manifest, a database drills or a ledger. */
export async function layoutOf(source: EvidenceSource): Promise<Layout> {
  const { folders, files } = await source.top();
  if (files.includes("manifest.json")) return { kind: "drill" };
  if (folders.some((folder) => DRILL_ID.test(folder))) return { kind: "database" };
  // A database may be called "ledger" itself: then its own ledger is one level further down.
  if (folders.includes("ledger") && [...(await source.list("ledger")).bytes.keys()].some((key) => ENTRY.test(key)))
    return { kind: "database" };
  return { kind: "bucket", folders, files };
}

const ENTRY = /^ledger\/\d{8}-\d{6}-[0-9a-f]{8}\.json$/;

export interface DatabaseObjects {
  /** Everything below each drill's folder, by the drill's id. */
  readonly drills: ReadonlyMap<string, readonly string[]>;
  /** Keys of the ledger's entries by the drill's id. */
  readonly entries: ReadonlyMap<string, string>;
  /** Keys of `baseline.json`. */
  readonly baselines: readonly string[];
  /** Known, and not covered by any hash: made from the rest, or being made. */
  readonly derived: readonly string[];
  readonly foreign: readonly string[];
}

/** Sorts the keys below a database's folder, which is empty where nothing but the database is there, by what they are of. */
export function objectsOf(keys: Iterable<string>, folder: string): DatabaseObjects {
  const drills = new Map<string, string[]>();
  const entries = new Map<string, string>();
  const [baselines, derived, foreign]: [string[], string[], string[]] = [[], [], []];
  for (const key of keys) {
    const name = folder === "" ? key : key.slice(folder.length + 1);
    const [first = "", second = ""] = name.split("/");
    const entryOf = ENTRY.test(name) ? second.slice(0, -".json".length) : undefined;
    if (entryOf !== undefined) entries.set(entryOf, key);
    else if (DRILL_ID.test(first) && second !== "") drills.set(first, [...(drills.get(first) ?? []), key]);
    else if (/^baselines\/[^/]+\/baseline\.json$/.test(name)) baselines.push(key);
    else if (first === "baselines" || name === "history.json") derived.push(key);
    else foreign.push(key);
  }
  return { drills, entries, baselines, derived, foreign };
}

/** Whether a folder of the bucket is a database's: others hold surveys and the like. */
export const isDatabase = ({ drills, entries, baselines }: DatabaseObjects): boolean =>
  drills.size + entries.size + baselines.length > 0;

/** Each drill that left something, or that the ledger has, oldest first. */
export function placesOf({ drills, entries }: DatabaseObjects, folder: string): DrillPlace[] {
  const ids = [...new Set([...drills.keys(), ...entries.keys()])].sort();
  const inFolder = (name: string): string => (folder === "" ? name : `${folder}/${name}`);
  return ids.map((drillId) => ({
    drillId,
    folder: inFolder(drillId),
    entryKey: inFolder(`ledger/${drillId}.json`),
    database: folder === "" ? undefined : folder,
    keys: drills.get(drillId) ?? [],
  }));
}
