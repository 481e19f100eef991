import { DRILL_ID } from "../../plan/names.ts";
import type { DrillPlace } from "./look-at-drill.ts";
import type { EvidenceSource, Unlooked } from "./source.ts";

/** How much of the bucket is there: all of it, one database, or one drill. */
export type Layout =
  | {
      readonly kind: "bucket";
      readonly folders: readonly string[];
      readonly files: readonly string[];
      readonly unlooked: readonly Unlooked[];
    }
  | { readonly kind: "database" }
  | { readonly kind: "drill" };

/** Told by names alone: a drill has a manifest, a database drills, a history or a ledger. */
export async function layoutOf(source: EvidenceSource): Promise<Layout> {
  const { folders, files, unlooked } = await source.top();
  if (files.includes("manifest.json")) return { kind: "drill" };
  if (folders.some((folder) => DRILL_ID.test(folder)) || files.includes("history.json")) return { kind: "database" };
  // A database may be called "ledger" itself: then its own ledger is one level further down.
  if (folders.includes("ledger") && [...(await source.list("ledger")).bytes.keys()].some((key) => ENTRY.test(key)))
    return { kind: "database" };
  return { kind: "bucket", folders, files, unlooked };
}

const BASELINE = /^baselines\/\d{8}-\d{6}-[0-9a-f]{8}\/baseline\.json$/;
const ENTRY = /^ledger\/\d{8}-\d{6}-[0-9a-f]{8}\.json$/;

export interface DatabaseObjects {
  /** Everything below each drill's folder, by the drill's id. */
  readonly drills: ReadonlyMap<string, readonly string[]>;
  /** Keys of the ledger's entries by the drill's id. */
  readonly entries: ReadonlyMap<string, string>;
  /** Keys of `baseline.json`. */
  readonly baselines: readonly string[];
  /** Beside them below `baselines/`: their parts, and what captures left that are not done. */
  readonly captured: readonly string[];
  /** Key of what is made from the ledger, and covered by no hash. */
  readonly history?: string;
  readonly foreign: readonly string[];
}

/** Sorts the keys below a database's folder, which is empty where nothing but the database is there, by what they are of. */
export function objectsOf(keys: Iterable<string>, folder: string): DatabaseObjects {
  const drills = new Map<string, string[]>();
  const entries = new Map<string, string>();
  const [baselines, captured, foreign]: [string[], string[], string[]] = [[], [], []];
  let history: string | undefined;
  for (const key of keys) {
    const name = folder === "" ? key : key.slice(folder.length + 1);
    const [first = "", second = ""] = name.split("/");
    const entryOf = ENTRY.test(name) ? second.slice(0, -".json".length) : undefined;
    if (entryOf !== undefined) entries.set(entryOf, key);
    else if (DRILL_ID.test(first) && second !== "") drills.set(first, [...(drills.get(first) ?? []), key]);
    else if (BASELINE.test(name)) baselines.push(key);
    else if (first === "baselines") captured.push(key);
    else if (name === "history.json") history = key;
    else foreign.push(key);
  }
  return { drills, entries, baselines, captured, foreign, ...(history === undefined ? {} : { history }) };
}

/** Whether a folder of the bucket is a database's: others hold surveys and the like. */
export const isDatabase = ({ drills, entries, baselines, history }: DatabaseObjects): boolean =>
  drills.size + entries.size + baselines.length > 0 || history !== undefined;

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
