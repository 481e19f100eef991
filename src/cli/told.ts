import * as z from "zod/mini";
import { Report } from "../evidence/report.ts";
import { REASONS, type Reason } from "../verdict/verdict.ts";
import type { DrillResult } from "./drill-result.ts";

const Told = z.object({
  reason: z.optional(z.enum(REASONS)),
  rtoSeconds: z.optional(z.number()),
  rpoSeconds: z.optional(z.number()),
  leftovers: Report.shape.leftovers,
});
export type Told = z.infer<typeof Told>;

/** What the notification says to machines: all that is known of a drill that could not write its report. */
export function toldOf(messages: DrillResult["notifications"]): Told | undefined {
  const text = messages.at(-1)?.bodies["default"];
  return text === undefined ? undefined : z.safeParse(Told, JSON.parse(text)).data;
}

/** The verdict's reason. A drill that ended otherwise than it was judged (nobody could be told) ended by its own fault. */
export function reasonOf({ verdict, report, told }: DrillResult): Reason | undefined {
  const judged = report?.verdict.verdict === verdict ? report.verdict.reason : told?.reason;
  return verdict === "errored" ? "drill" : judged;
}
