import type { DriftEntry } from "../evidence/drift.ts";
import { type Catalog, type CatalogEntry, keyOf } from "./catalog.ts";

export interface ChangedEntry {
  readonly kind: string;
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** What differs between two structures. Entries come in their catalogs' order. */
export interface CatalogDiff {
  readonly removed: readonly CatalogEntry[];
  readonly changed: readonly ChangedEntry[];
  readonly added: readonly CatalogEntry[];
}

const MAX_LINES = 100;

/** What is shown of each side of a change, and the words kept before it so that it can be placed. */
const MAX_SIDE_CHARS = 120;
const CONTEXT_WORDS = 2;

export function diffCatalogs(reference: Catalog, restored: Catalog): CatalogDiff {
  const came = new Map(restored.entries.map((entry) => [keyOf(entry), entry]));
  const had = new Set(reference.entries.map(keyOf));
  const removed: CatalogEntry[] = [];
  const changed: ChangedEntry[] = [];
  for (const entry of reference.entries) {
    const now = came.get(keyOf(entry));
    if (now === undefined) removed.push(entry);
    else if (now.definition !== entry.definition) {
      changed.push({ kind: entry.kind, name: entry.name, before: entry.definition, after: now.definition });
    }
  }
  return { removed, changed, added: restored.entries.filter((entry) => !had.has(keyOf(entry))) };
}

export const countDifferences = ({ removed, changed, added }: CatalogDiff): number =>
  removed.length + changed.length + added.length;

/** A line a difference: what is lost first, then what changed, then what is new. Beyond the limit, how many there are of each. */
export function describeDiff(diff: CatalogDiff, limit = MAX_LINES): string[] {
  const groups = [
    { word: "removed", lines: withMembersFolded(diff.removed) },
    { word: "changed", lines: diff.changed.map(describeChange) },
    { word: "added", lines: withMembersFolded(diff.added) },
  ];
  const lines = groups.flatMap((group) => group.lines.map((line) => ({ word: group.word, line })));
  const shown = lines.slice(0, limit).map(({ word, line }) => `${word} ${line}`);
  const rest = groups
    .map(({ word }) => ({ word, count: lines.slice(limit).filter((line) => line.word === word).length }))
    .filter(({ count }) => count > 0)
    .map(({ word, count }) => `${count.toLocaleString("en-US")} more ${word}`);
  return rest.length === 0 ? shown : [...shown, rest.join(", ")];
}

/** Only what differs: the thousands of entries that do not are in both catalogs. */
export function catalogDrift(reference: Catalog, restored: Catalog): DriftEntry[] {
  const { removed, changed, added } = diffCatalogs(reference, restored);
  return [
    ...removed.map((entry) => ({ key: keyOf(entry), source: entry.definition, restored: null, match: false })),
    ...changed.map((entry) => ({
      key: keyOf(entry),
      source: entry.before,
      restored: entry.after,
      match: false,
    })),
    ...added.map((entry) => ({ key: keyOf(entry), source: null, restored: entry.definition, match: false })),
  ];
}

/** A table that is lost takes its columns, indexes and grants with it: one line, and how many there were. */
function withMembersFolded(entries: readonly CatalogEntry[]): string[] {
  const tables = new Set(entries.filter(({ kind }) => kind === "table" || kind === "view").map(({ name }) => name));
  const members = new Map<string, number>();
  const lines: { line: string; table: string | undefined }[] = [];
  for (const entry of entries) {
    const owner = tableOf(entry);
    if (owner !== undefined && tables.has(owner)) members.set(owner, (members.get(owner) ?? 0) + 1);
    else lines.push({ line: keyOf(entry), table: tables.has(entry.name) ? entry.name : undefined });
  }
  return lines.map(({ line, table }) => {
    const count = members.get(table ?? "");
    return count === undefined ? line : `${line} (with ${count.toLocaleString("en-US")} of its own)`;
  });
}

/** Names end in ` on <table>`, those of columns in `.<column>`. Read for display only: a quoted name that looks so folds at most too much. */
function tableOf({ kind, name }: Pick<CatalogEntry, "kind" | "name">): string | undefined {
  if (kind === "table" || kind === "view") return undefined;
  if (kind === "column") return /^(.*)\.("(?:[^"]|"")*"|[^."]*)$/.exec(name)?.[1];
  const at = name.lastIndexOf(" on ");
  if (at < 0) return undefined;
  const owner = name.slice(at + " on ".length);
  return owner.startsWith("column ") ? tableOf({ kind: "column", name: owner.slice("column ".length) }) : owner;
}

function describeChange({ kind, name, before, after }: ChangedEntry): string {
  const [was, is] = differingPart(before, after);
  return was === is ? `${kind} ${name}: white space` : `${kind} ${name}: ${was} -> ${is}`;
}

/** The words between what both begin with and what both end with. */
export function differingPart(before: string, after: string): [string, string] {
  const [was, is] = [wordsOf(before), wordsOf(after)];
  let start = 0;
  while (start < was.length && start < is.length && was[start] === is[start]) start += 1;
  let end = 0;
  while (end < was.length - start && end < is.length - start && was[was.length - 1 - end] === is[is.length - 1 - end]) {
    end += 1;
  }
  const isNextPart = was[start] === ";" || is[start] === ";";
  const partStart = was.slice(0, start).lastIndexOf(";") + 1;
  const from = isNextPart ? start : Math.max(start - CONTEXT_WORDS, partStart);
  const side = (words: readonly string[]): string => {
    if (words.length - end === start) return "nothing";
    const text = words
      .slice(from, words.length - end)
      .join(" ")
      .replaceAll(" ;", ";")
      .replace(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, "$1...")
      .replace(/^[; ]+|[; ]+$/g, "");
    return `"${text.length > MAX_SIDE_CHARS ? `${text.slice(0, MAX_SIDE_CHARS)}...` : text}"`;
  };
  return [side(was), side(is)];
}

/** Definitions are parts with a semicolon between them; it is a word of its own, or the last word of a part would differ with it. */
const wordsOf = (text: string): string[] => text.split(/\s+|(?=;\s)/).filter((word) => word !== "");
