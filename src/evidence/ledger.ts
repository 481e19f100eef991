import * as z from "zod/mini";
import { type JsonStore, MAX_KEYS } from "../aws/json-store.ts";
import { EvidenceUnreadable } from "../errors.ts";
import { type Drill, RecoveryPath } from "../plan/drill.ts";
import { PHASES } from "../verdict/verdict.ts";

const StepSeconds = z.object({
  copy: z.optional(z.number()),
  restore: z.optional(z.number()),
  checks: z.optional(z.number()),
  teardown: z.optional(z.number()),
});

/** One drill in the ledger of its database: what cadence, trends and waits are computed from. Times are ISO 8601, durations seconds. */
export const LedgerEntry = z.object({
  drillId: z.string(),
  plan: z.string(),
  database: z.string(),
  trigger: z.object({ kind: z.string(), by: z.string() }),
  verdict: z.enum(["passed", "failed", "inconclusive", "errored"]),
  reason: z.optional(z.string()),
  /** What was not as it should be, by names that stay the same from drill to drill. Absent in older entries, as `recoveryPath` is. */
  causes: z.optional(z.array(z.string())),
  summary: z.string(),
  /** The exercise that it was, by its name, also where planning refused it. */
  scenario: z.optional(z.string()),
  /** Absent when planning refused the drill. */
  recoveryPath: z.optional(RecoveryPath),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  rtoSeconds: z.optional(z.number()),
  rpoSeconds: z.optional(z.number()),
  stepSeconds: StepSeconds,
  /** Of the phases that it got through. Absent in older entries, as `rowsRead` is. */
  phaseSeconds: z.optional(z.partialRecord(z.enum(PHASES), z.number())),
  sizeGib: z.optional(z.number()),
  /** How many rows came back, where every one was read. */
  rowsRead: z.optional(z.number()),
  /** Nothing wrong was seen, and what was seen was left for later drills to compare with. */
  isReference: z.optional(z.boolean()),
  /** The database inside the cluster, and when the recovery point was made: says what of, and of when, it is a reference. */
  sourceDatabase: z.optional(z.string()),
  /** The cluster itself, whatever it is called. */
  sourceResourceId: z.optional(z.string()),
  recoveryPointAt: z.optional(z.iso.datetime()),
  leftovers: z.number(),
  /** Until when the sandbox stayed, where its plan kept it. */
  keptUntil: z.optional(z.iso.datetime()),
  actualUsd: z.number(),
  /** SHA-256 of manifest.json: ties the entry to its evidence. */
  manifestSha256: z.string(),
});
export type LedgerEntry = z.infer<typeof LedgerEntry>;

/** Waits are learned from the last few drills: enough for a median, few enough that a grown database is noticed. */
const LEARNED_FROM = 5;
/** Looked for in the last month first: a list ends at 1,000 keys, and its last are the newest only when it was not cut. */
const REMEMBERED_DAYS = [30, 400] as const;
/** 12,000 drills: one every 48 min for the 397 days that are the most anybody looks back, or every 7 min of the 62 of a monthly plan. */
const MAX_PAGES = 12;
/** The newest few nearly always hold what is looked for. What is behind them is read more at a time, within the 50 connections that a client has. */
const READ_FIRST = 5;
const READ_AT_A_TIME = 10;

const ledgerPrefix = (database: string): string => `${database}/ledger/`;

/** Written last, under the drill's own id: a drill that is recorded again replaces its own entry and no other. */
export async function writeLedger(store: JsonStore, entry: LedgerEntry): Promise<string> {
  const key = `${ledgerPrefix(entry.database)}${entry.drillId}.json`;
  await store.put(key, entry);
  return key;
}

/** An exercise may restore what is years old: it says nothing of the backups that the plan promises. */
export const isExercise = ({ scenario }: Pick<LedgerEntry, "scenario">): boolean => scenario !== undefined;

/** The ids of the drills in a database's ledger after that one, oldest first: one page of the listing, so at most `MAX_KEYS`. */
export async function drillIdsAfter(store: JsonStore, database: string, drillId: string): Promise<string[]> {
  const prefix = ledgerPrefix(database);
  const keys = await store.list(prefix, `${prefix}${drillId}.json`);
  return keys.map((key) => key.slice(prefix.length, -".json".length));
}

export interface EarlierDrills {
  /** Oldest first, but where it is said otherwise. */
  readonly entries: LedgerEntry[];
  /** One sentence for each entry that could not be read. */
  readonly warnings: string[];
}

/** The newest entries of a database. An entry that is corrupt is said and passed over: it must not stop a drill. */
export async function earlierDrills(
  store: JsonStore,
  database: string,
  now: Date,
  count: number = LEARNED_FROM,
): Promise<EarlierDrills> {
  return readEntries(store, await newestKeys(store, ledgerPrefix(database), now, count));
}

/**
 * The entries of a database's drills that began on that day or later, the newest first and a few at a time: who has found what it looks for asks
 * for no more. Throws EvidenceUnreadable where there are more than can be listed.
 */
export async function* drillsSince(store: JsonStore, database: string, since: Date): AsyncGenerator<EarlierDrills> {
  const keys = (await keysSince(store, database, since)).reverse();
  let count = READ_FIRST;
  for (let from = 0; from < keys.length; from += count) {
    count = from === 0 ? READ_FIRST : READ_AT_A_TIME;
    yield await readEntries(store, keys.slice(from, from + count));
  }
}

async function keysSince(store: JsonStore, database: string, since: Date): Promise<string[]> {
  const prefix = ledgerPrefix(database);
  const keys: string[] = [];
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const found = await store.list(prefix, keys.at(-1) ?? `${prefix}${dayOf(since)}`);
    keys.push(...found);
    if (found.length < MAX_KEYS) return keys;
  }
  throw new EvidenceUnreadable(
    `s3://${store.bucket}/${prefix} holds more than ${MAX_PAGES * MAX_KEYS} drills since ${since.toISOString()}, and which are the newest is not known. Drill ${database} less often, or let cadence.every of its plans be shorter.`,
  );
}

async function readEntries(store: JsonStore, keys: readonly string[]): Promise<EarlierDrills> {
  const looks = await Promise.allSettled(keys.map((key) => store.get(key, LedgerEntry)));
  const entries = looks.flatMap((look) => (look.status === "fulfilled" ? (look.value ?? []) : []));
  const warnings = looks.flatMap((look) => {
    if (look.status === "fulfilled") return [];
    if (look.reason instanceof EvidenceUnreadable) return [look.reason.message];
    throw look.reason;
  });
  return { entries, warnings };
}

async function newestKeys(store: JsonStore, prefix: string, now: Date, count: number): Promise<string[]> {
  let newest: string[] = [];
  for (const days of REMEMBERED_DAYS) {
    const since = new Date(now.getTime() - days * 86_400_000);
    newest = (await store.list(prefix, `${prefix}${dayOf(since)}`)).slice(-count);
    if (newest.length === count) break;
  }
  return newest;
}

/** As drills' ids begin. */
const dayOf = (moment: Date): string => moment.toISOString().slice(0, 10).replaceAll("-", "");

/** Medians of what each looping step took in the drills that got through it. */
export function expectedSeconds(entries: readonly LedgerEntry[]): Drill["expectedSeconds"] {
  const steps = ["copy", "restore", "checks", "teardown"] as const;
  const medians = steps.flatMap((step) => {
    const seconds = entries.flatMap(({ stepSeconds }) => stepSeconds[step] ?? []).sort((a, b) => a - b);
    const median = seconds[Math.floor(seconds.length / 2)];
    return median === undefined ? [] : [[step, median] as const];
  });
  return Object.fromEntries(medians);
}
