import * as z from "zod/mini";
import { Instant } from "./drill.ts";

/** How an execution ended before its drill did; another execution then finishes the drill. */
export const Interruption = z.object({
  status: z.enum(["ABORTED", "TIMED_OUT", "FAILED"]),
  at: Instant,
  /** The state it stood in. */
  state: z.string(),
  error: z.optional(z.string()),
  cause: z.optional(z.string()),
});
export type Interruption = z.infer<typeof Interruption>;

const HOW = {
  ABORTED: "was stopped",
  TIMED_OUT: "ran out of time",
  FAILED: "was broken off by Step Functions",
} as const satisfies Record<Interruption["status"], string>;

/** One sentence for people. */
export function describeInterruption({ status, state, error, cause }: Interruption): string {
  const why = [error, cause].filter((text) => text !== undefined).join(": ");
  return `The execution ${HOW[status]} (${status}) in ${state}${why === "" ? "" : `: ${why}`}.`;
}
