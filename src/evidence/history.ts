import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { EvidenceUnreadable } from "../errors.ts";
import { drillIdsAfter, drillsSince, isExercise, LedgerEntry } from "./ledger.ts";

/** What pages about many drills need of one: an entry of the ledger without what only the next drill of its database asks. */
export const PastDrill = z.pick(LedgerEntry, {
  drillId: true,
  plan: true,
  trigger: true,
  verdict: true,
  reason: true,
  causes: true,
  summary: true,
  scenario: true,
  recoveryPath: true,
  startedAt: true,
  endedAt: true,
  rtoSeconds: true,
  rpoSeconds: true,
  sizeGib: true,
  rowsRead: true,
  leftovers: true,
  keptUntil: true,
  actualUsd: true,
});
export type PastDrill = z.infer<typeof PastDrill>;

/**
 * `<database>/history.json`: the last drills of one database in one document, so that a page about a thousand databases reads a thousand documents and
 * not fifty times as many. The ledger is the truth: this is made from it, and made anew from it where it is missing or can not be read.
 */
export const DatabaseHistory = z.object({
  schemaVersion: z.literal(1),
  database: z.string(),
  /** Oldest first, at most `HISTORY_DRILLS`. */
  drills: z.array(PastDrill),
  /** By plan, the last drill that passed and was no exercise, also where that is longer ago than `drills` go back. */
  passes: z.record(z.string(), PastDrill),
  /** By plan, the last drill that was no exercise, also where other plans were drilled more often than `drills` go back. */
  lastDrills: z.record(z.string(), PastDrill),
  /** Each way that a drill has gone, with the last drill that passed on it; most recently gone first, at most `MAX_PATHS`. */
  paths: z.array(
    z.object({
      plan: z.string(),
      path: z.nonoptional(LedgerEntry.shape.recoveryPath),
      lastDrill: PastDrill,
      lastPass: z.optional(PastDrill),
    }),
  ),
});
export type DatabaseHistory = z.infer<typeof DatabaseHistory>;

/** One from before `lastDrills` were kept is no damage: it is made anew from the ledger, and nobody is told. */
const StoredHistory = z.union([DatabaseHistory, z.omit(DatabaseHistory, { lastDrills: true })]);

/** A year of weekly drills. In a page, a mark, a line and a row of each are some 700 B in four charts and a table: 36 kB of its 300. */
export const HISTORY_DRILLS = 52;

/** Of a few plans: regions, kinds of recovery points and scenarios. */
const MAX_PATHS = 40;

type PathRecord = DatabaseHistory["paths"][number];

/** A history that is made anew goes back as far as a promise can be broken, 397 days, but over no more drills than this: 200 times ten reads are 6 s. */
const REMADE_DAYS = 400;
const MAX_REMADE_DRILLS = 2000;

export const historyKey = (database: string): string => `${database}/history.json`;

export interface Remembered {
  /** Absent where the database was never drilled, or nothing of its ledger can be read. */
  readonly history?: DatabaseHistory;
  /** One sentence for each document that could not be read. */
  readonly warnings: string[];
}

/**
 * Adds a drill that was just written to the ledger; recorded again, it replaces its own line. What can not be read, or does not hold exactly what the
 * ledger holds, is made anew from the ledger. Resolves to what was wrong, in sentences: a damaged history stops no drill.
 */
export async function rememberDrill(store: JsonStore, entry: LedgerEntry): Promise<string[]> {
  const key = historyKey(entry.database);
  const { history: before, warnings } = await stored(store, entry.database);
  const isWhole = before !== undefined && (await holdsLedger(store, before, entry));
  const remade = isWhole ? undefined : await remake(store, entry.database, new Date(entry.endedAt));
  await store.put(key, withDrill(remade?.history ?? before ?? nothingOf(entry.database), entry));
  return [...warnings, ...(remade?.warnings ?? [])];
}

/** The last drills of a database, from its ledger where its history can not be read or is not there. */
export async function historyOf(store: JsonStore, database: string, at: Date): Promise<Remembered> {
  const { history, warnings } = await stored(store, database);
  if (history !== undefined) return { history, warnings };
  const remade = await remake(store, database, at);
  return { ...remade, warnings: [...warnings, ...remade.warnings] };
}

async function stored(store: JsonStore, database: string): Promise<Remembered> {
  try {
    const history = await store.get(historyKey(database), StoredHistory);
    return history !== undefined && "lastDrills" in history ? { history, warnings: [] } : { warnings: [] };
  } catch (error) {
    if (error instanceof EvidenceUnreadable) return { warnings: [error.message] };
    throw error;
  }
}

/** Whether every drill since the first of the history is in it, and none that is not in the ledger. One look at the ledger's listing. */
async function holdsLedger(store: JsonStore, { drills }: DatabaseHistory, entry: LedgerEntry): Promise<boolean> {
  const oldest = drills.at(0)?.drillId;
  if (oldest === undefined) return false;
  const again = drills.find(({ drillId }) => drillId === entry.drillId);
  // The pass before the one that is taken back is only in the ledger.
  if (again?.verdict === "passed" && entry.verdict !== "passed") return false;
  const remembered = new Set([...drills.map(({ drillId }) => drillId), entry.drillId]);
  const expected = [...remembered].filter((drillId) => drillId > oldest).sort();
  const found = await drillIdsAfter(store, entry.database, oldest);
  return found.length === expected.length && found.every((drillId, index) => drillId === expected[index]);
}

async function remake(store: JsonStore, database: string, at: Date): Promise<Remembered> {
  const entries: LedgerEntry[] = [];
  const warnings: string[] = [];
  try {
    const since = new Date(at.getTime() - REMADE_DAYS * 86_400_000);
    for await (const found of drillsSince(store, database, since)) {
      entries.push(...found.entries);
      warnings.push(...found.warnings);
      if (entries.length >= MAX_REMADE_DRILLS) break;
    }
  } catch (error) {
    if (!(error instanceof EvidenceUnreadable)) throw error;
    return { warnings: [error.message] };
  }
  if (entries.length === 0) return { warnings };
  // The newest come first from the ledger.
  return { history: entries.reverse().reduce(withDrill, nothingOf(database)), warnings };
}

const nothingOf = (database: string): DatabaseHistory => ({
  schemaVersion: 1,
  database,
  drills: [],
  passes: {},
  lastDrills: {},
  paths: [],
});

function withDrill(history: DatabaseHistory, entry: LedgerEntry): DatabaseHistory {
  const drill = z.parse(PastDrill, entry);
  const { drillId, plan, verdict } = drill;
  const others = history.drills.filter((other) => other.drillId !== drillId);
  const promised = isExercise(drill) ? undefined : drill;
  const lastDrill = newest(promised, history.lastDrills[plan]);
  const lastPass = newest(verdict === "passed" ? promised : undefined, history.passes[plan]);
  return {
    ...history,
    drills: [...others, drill].sort(oldestFirst).slice(-HISTORY_DRILLS),
    passes: { ...history.passes, ...(lastPass === undefined ? {} : { [plan]: lastPass }) },
    lastDrills: { ...history.lastDrills, ...(lastDrill === undefined ? {} : { [plan]: lastDrill }) },
    paths: withPath(history.paths, drill),
  };
}

function withPath(paths: readonly PathRecord[], drill: PastDrill): PathRecord[] {
  const { plan, recoveryPath: path } = drill;
  if (path === undefined) return [...paths];
  const own = pathName(plan, path);
  const before = paths.find((each) => pathName(each.plan, each.path) === own);
  const lastPass = newest(drill.verdict === "passed" ? drill : undefined, before?.lastPass);
  const gone: PathRecord = {
    plan,
    path,
    lastDrill: newest(drill, before?.lastDrill) ?? drill,
    ...(lastPass === undefined ? {} : { lastPass }),
  };
  return [...paths.filter((each) => each !== before), gone]
    .sort((a, b) => oldestFirst(b.lastDrill, a.lastDrill))
    .slice(0, MAX_PATHS);
}

const pathName = (plan: string, { fromRegion, toRegion, account, recoveryPoint, ...how }: PathRecord["path"]): string =>
  JSON.stringify([plan, fromRegion, toRegion, account, recoveryPoint, how.isRestoreTest, how.scenario]);

/** Of the same drill, the first: it was recorded again. */
const newest = (one: PastDrill | undefined, other: PastDrill | undefined): PastDrill | undefined =>
  one === undefined || (other !== undefined && other.drillId > one.drillId) ? other : one;

/** Ids begin with the moment at which the drill did. */
const oldestFirst = (one: PastDrill, other: PastDrill): number => (one.drillId < other.drillId ? -1 : 1);
