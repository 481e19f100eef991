import * as z from "zod/mini";

/**
 * - `held`: it ran and the answer is what it should be.
 * - `failed`: it ran and the answer is wrong, or what it asks about did not come back.
 * - `unchecked`: it could not be asked (timeout, refused, the check itself is wrong).
 * - `empty`: it ran, and there was nothing to look at.
 */
const CheckOutcome = z.enum(["held", "failed", "unchecked", "empty"]);
export type CheckOutcome = z.infer<typeof CheckOutcome>;

/** Why a check was not answered, or what failed it, when that was the statement itself. */
const CheckFault = z.enum([
  "missing",
  "corrupt",
  "timeout",
  "refused-write",
  "denied",
  "too-large",
  "invalid",
  "unavailable",
]);

export const CheckResult = z.object({
  name: z.string(),
  kind: z.string(),
  required: z.boolean(),
  outcome: CheckOutcome,
  /** Sentences for people; row data is never in them beyond the one value a check compares. */
  expected: z.string(),
  observed: z.string(),
  /** How long it took to be asked, in all slices together. */
  seconds: z.number(),
  fault: z.optional(CheckFault),
  /** The statement, for the report; shortened to 2,000 characters. */
  sql: z.optional(z.string()),
  /** Freshness checks only: the newest moment seen in the data. */
  newestAt: z.optional(z.iso.datetime()),
  /** Full reads only: how many rows came back. */
  rowsRead: z.optional(z.number()),
});
export type CheckResult = z.infer<typeof CheckResult>;

/** How much of a long check is done, in bytes of the tables that it reads. */
export const Share = z.object({ doneBytes: z.number(), totalBytes: z.number() });
export type Share = z.infer<typeof Share>;

/** `checks.json` in the evidence, and the checkpoint from which RunChecks goes on. */
export const CheckResults = z.object({
  drillId: z.string(),
  /** When the first slice began, and when the last check was done. */
  startedAt: z.optional(z.iso.datetime()),
  finishedAt: z.optional(z.iso.datetime()),
  complete: z.boolean(),
  results: z.array(CheckResult),
  /** Where the check in progress got to, and what it has spent; its own kind reads `at`. Absent between checks. */
  cursor: z.optional(z.object({ seconds: z.number(), at: z.unknown(), share: z.optional(Share) })),
  /** When every row had been read once, without a gap. */
  fullReadAt: z.optional(z.iso.datetime()),
  /** Invocations so far, and Data API calls in them: what the drill's cost is counted from. */
  looks: z.optional(z.int()),
  dataApiCalls: z.optional(z.int()),
});
export type CheckResults = z.infer<typeof CheckResults>;

/** `$.checks`: counts only, since 1,000 results would not fit the 256 KiB of a state's document. */
export const ChecksAnswer = z.object({
  phase: z.enum(["pending", "ready"]),
  waitSeconds: z.number(),
  /** How often the step was invoked, this time included. */
  looks: z.int(),
  startedAt: z.iso.datetime(),
  finishedAt: z.optional(z.iso.datetime()),
  /** A check that is left in the middle of its tables. The seconds are those that it needs at the pace so far. */
  underWay: z.optional(z.object({ check: z.string(), percent: z.number(), secondsLeft: z.optional(z.number()) })),
  /** Names of required checks that failed, at most 20: what is known of bad data outlives checks.json. */
  failing: z._default(z.array(z.string()), []),
  total: z.number(),
  done: z.number(),
  held: z.number(),
  failed: z.number(),
  unchecked: z.number(),
  empty: z.number(),
});
export type ChecksAnswer = z.infer<typeof ChecksAnswer>;
