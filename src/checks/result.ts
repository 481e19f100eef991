import * as z from "zod/mini";

/**
 * - `held`: it ran and the answer is what it should be.
 * - `failed`: it ran and the answer is wrong, or what it asks about did not come back.
 * - `unchecked`: it could not be asked (timeout, refused, the check itself is wrong).
 * - `empty`: it ran, and there was nothing to look at.
 */
export const CheckOutcome = z.enum(["held", "failed", "unchecked", "empty"]);
export type CheckOutcome = z.infer<typeof CheckOutcome>;

export const CheckResult = z.object({
  name: z.string(),
  kind: z.string(),
  required: z.boolean(),
  outcome: CheckOutcome,
  /** Sentences for people; row data is never in them beyond the one value a check compares. */
  expected: z.string(),
  observed: z.string(),
  /** Time inside the database, as seen through the Data API. */
  seconds: z.number(),
  /** The statement, for the report. */
  sql: z.optional(z.string()),
  /** Freshness checks only: the newest moment seen in the data. */
  newestAt: z.optional(z.iso.datetime()),
});
export type CheckResult = z.infer<typeof CheckResult>;

/** `checks.json` in the evidence, and the checkpoint from which RunChecks goes on. */
export const CheckResults = z.object({
  drillId: z.string(),
  complete: z.boolean(),
  results: z.array(CheckResult),
  /** Where the check in progress got to; its own kind reads it. Absent between checks. */
  cursor: z.optional(z.unknown()),
  /** When every row had been read once (ISO 8601). */
  fullReadAt: z.optional(z.iso.datetime()),
});
export type CheckResults = z.infer<typeof CheckResults>;

/** `$.checks`: counts only, since 1,000 results would not fit the 256 KiB of a state's document. */
export const ChecksAnswer = z.object({
  phase: z.enum(["pending", "ready"]),
  waitSeconds: z.number(),
  startedAt: z.iso.datetime(),
  finishedAt: z.optional(z.iso.datetime()),
  total: z.number(),
  done: z.number(),
  held: z.number(),
  failed: z.number(),
  unchecked: z.number(),
  empty: z.number(),
});
export type ChecksAnswer = z.infer<typeof ChecksAnswer>;
