import * as z from "zod/mini";
import { Report } from "../evidence/report.ts";
import type { PublishedMessage } from "../local/services/sns.ts";
import { REASONS, type Reason } from "../verdict/verdict.ts";
import type { Rehearsal } from "./rehearsal.ts";

const Told = z.object({
  reason: z.optional(z.enum(REASONS)),
  rtoSeconds: z.optional(z.number()),
  rpoSeconds: z.optional(z.number()),
  leftovers: Report.shape.leftovers,
});
type Told = z.infer<typeof Told>;

/** What the notification says to machines: all that is known of a drill that could not write its report. */
export function toldOf(messages: readonly PublishedMessage[]): Told | undefined {
  const text = messages.at(-1)?.bodies["default"];
  return text === undefined ? undefined : z.safeParse(Told, JSON.parse(text)).data;
}

/** The verdict's reason. A drill that ended otherwise than it was judged (nobody could be told) ended by its own fault. */
export function reasonOf({ verdict, report, messages }: Rehearsal): Reason | undefined {
  const judged = report?.verdict.verdict === verdict ? report.verdict.reason : toldOf(messages)?.reason;
  return verdict === "errored" ? "drill" : judged;
}
