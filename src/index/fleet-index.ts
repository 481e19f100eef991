import * as z from "zod/mini";

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
      /** When the last drill that passed ended; absent where none has. */
      lastPassAt: z.optional(z.iso.datetime()),
    }),
  ),
});
export type FleetIndex = z.infer<typeof FleetIndex>;
