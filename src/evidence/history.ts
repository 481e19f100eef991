import * as z from "zod/mini";
import { LedgerEntry } from "./ledger.ts";

/** What pages about many drills need of one: an entry of the ledger without what only the next drill of its database asks. */
export const PastDrill = z.pick(LedgerEntry, {
  drillId: true,
  plan: true,
  trigger: true,
  verdict: true,
  reason: true,
  causes: true,
  summary: true,
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
  /** By plan, the last drill that passed, also where that is longer ago than `drills` go back. */
  passes: z.record(z.string(), PastDrill),
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

/** A year of weekly drills. In a page, a mark, a line and a row of each are some 700 B in four charts and a table: 36 kB of its 300. */
export const HISTORY_DRILLS = 52;

/** Of a few plans: regions, kinds of recovery points and scenarios. */
export const MAX_PATHS = 40;
