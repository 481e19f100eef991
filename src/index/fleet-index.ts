import * as z from "zod/mini";
import { VERDICTS } from "../verdict/verdict.ts";
import { STATES } from "./states.ts";

/**
 * `index.json`, beside `index.html`: how every database stands to what its plans promise. Also read from another region, by a watchdog that has
 * nothing else: see watchdog-region/template.yml.
 */
export const FleetIndex = z.object({
  schemaVersion: z.literal(1),
  /** When it was written. What is due or overdue is so at this moment. */
  at: z.iso.datetime(),
  plans: z.array(
    z.object({
      plan: z.string(),
      database: z.string(),
      promisedDays: z.number(),
      /** When the last drill that passed ended; absent where none has, or nobody could see. */
      lastPassAt: z.optional(z.iso.datetime()),
    }),
  ),
  /** Those that a plan covers, as the page has them: the worst first. */
  databases: z.array(
    z.object({
      database: z.string(),
      /** Of its plans, the worst. */
      state: z.enum(STATES),
      plans: z.array(
        z.object({
          plan: z.string(),
          state: z.enum(STATES),
          /** Until when the last pass keeps the promise. */
          dueBy: z.optional(z.iso.datetime()),
        }),
      ),
      lastDrill: z.optional(
        z.object({
          drillId: z.string(),
          verdict: z.enum(VERDICTS),
          endedAt: z.iso.datetime(),
        }),
      ),
    }),
  ),
  /** Databases with evidence that no plan covers now. */
  former: z.array(z.string()),
  /** What could not be read, in sentences. */
  notes: z.array(z.string()),
});
export type FleetIndex = z.infer<typeof FleetIndex>;
