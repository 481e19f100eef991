import * as z from "zod/mini";
import { StatementFailed, type StatementFault } from "../aws/data-api/statement-failed.ts";
import { MAX_BATCH, MAX_TIMEOUTS_IN_A_ROW } from "./batches.ts";
import type { TableQuestion } from "./question.ts";
import { blocksIn, type Range } from "./ranges.ts";
import type { Relation } from "./relations.ts";
import { TableProgress } from "./table-walk.ts";

/** Bad ranges and statements to find them: beyond these the database is bad, and exactly how bad is not the question. */
const MAX_GAPS = 50;
const MAX_FAILED_STATEMENTS = 300;

/** Rows that were not answered: blocks `from` up to and without `to`. */
export const Gap = z.object({
  table: z.string(),
  from: z.number(),
  to: z.number(),
  fault: z.string(),
  message: z.string(),
  sqlState: z.optional(z.string()),
});
export type Gap = z.infer<typeof Gap>;

/** What is stored of a walk under way. A table that was not begun is not in it. */
export const WalkProgress = z.object({
  /** By oid. */
  tables: z.record(z.string(), TableProgress),
  gaps: z.array(Gap),
  failedStatements: z.number(),
  timeoutsInARow: z.number(),
  /** How many small tables the next statement may ask. */
  batch: z.number(),
});
export type WalkProgress = z.infer<typeof WalkProgress>;

export const newWalk = (): WalkProgress => ({
  tables: {},
  gaps: [],
  failedStatements: 0,
  timeoutsInARow: 0,
  batch: MAX_BATCH,
});

/**
 * - `done`: every table was asked, but for the gaps.
 * - `paused`: the time was up.
 * - `stopped`, `unanswered`: so much is wrong, or was not answered in time, that the rest was not asked.
 */
export type WalkEnd = "done" | "paused" | "stopped" | "unanswered";

/** Why no more is asked, if so. */
export function reasonToEnd({ gaps, failedStatements, timeoutsInARow }: WalkProgress): WalkEnd | undefined {
  if (timeoutsInARow >= MAX_TIMEOUTS_IN_A_ROW) return "unanswered";
  return gaps.length >= MAX_GAPS || failedStatements >= MAX_FAILED_STATEMENTS ? "stopped" : undefined;
}

/** Rows that were given up. Gaps of one cause that meet are one. */
export function leaveGap(
  progress: WalkProgress,
  { name, blocks }: Relation,
  range: Range,
  { fault, message, sqlState }: StatementFailed,
): void {
  const from = range.from[0];
  const to = from + blocksIn(range, blocks);
  const isNear = (gap: Gap): boolean => gap.table === name && gap.fault === fault && gap.to >= from && gap.from <= to;
  const near = progress.gaps.filter(isNear);
  const [first = { table: name, fault, message, ...(sqlState === undefined ? {} : { sqlState }) }] = near;
  progress.gaps = [
    ...progress.gaps.filter((gap) => !isNear(gap)),
    { ...first, from: Math.min(from, ...near.map((gap) => gap.from)), to: Math.max(to, ...near.map((gap) => gap.to)) },
  ];
}

/** How much of the tables is still to be read, about. */
export function bytesLeft(questions: readonly TableQuestion[], { tables }: WalkProgress): number {
  return questions.reduce((sum, { relation }) => {
    const { oid, bytes, blocks } = relation;
    const pending = tables[String(oid)]?.pending;
    if (pending === undefined) return sum + bytes;
    const left = pending.reduce((count, range) => count + blocksIn(range, blocks), 0);
    return sum + (bytes * Math.min(left, blocks)) / Math.max(1, blocks);
  }, 0);
}

/** What failed the statement that left the gap. */
export const failureOf = ({ fault, message, sqlState }: Gap): StatementFailed =>
  new StatementFailed(fault as StatementFault, message, sqlState);
