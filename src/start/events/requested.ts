import * as z from "zod/mini";
import type { Plan } from "../../plan/plan.ts";
import { ENVELOPE, EventInstant, type Reading } from "../incident.ts";
import { noPlanFor } from "../no-plan.ts";

/**
 * What any tool may put on the bus: `{"plan": "orders"}` or `{"database": "orders-production"}`, with `at`, since when the data is damaged, and
 * `reason`, for people.
 */
export const RequestedEvent = z.object({
  ...ENVELOPE,
  source: z.literal("restore-drill"),
  "detail-type": z.literal("Restore Drill Requested"),
  detail: z
    .strictObject({
      plan: z.optional(z.string()),
      /** The source cluster's identifier. */
      database: z.optional(z.string()),
      at: z.optional(EventInstant),
      reason: z.optional(z.string()),
    })
    .check(
      z.refine(
        ({ plan, database }) => (plan === undefined) !== (database === undefined),
        "names neither or both of plan and database: name one",
      ),
    ),
});

/** A request, for the plan that it names or the plans of its database. Throws NoPlanForEvent. */
export function readRequested({ id, time, detail }: z.infer<typeof RequestedEvent>, plans: readonly Plan[]): Reading {
  const { plan: name, database, at = time, reason } = detail;
  const named = plans.filter(({ plan, source }) => plan === name || source.cluster === database);
  if (named.length === 0)
    throw noPlanFor({
      asked: name === undefined ? `database "${database}"` : `plan "${name}"`,
      word: name ?? database ?? "",
      there: plans.map(({ plan, source }) => (name === undefined ? source.cluster : plan)),
      fix:
        name === undefined ? "Add a plan with that source.cluster, and deploy." : `Add drills/${name}.yml, and deploy.`,
    });
  const what = reason === undefined ? "request" : `request: ${reason}`;
  return {
    incident: {
      eventId: id,
      sentAt: time,
      what,
      raisedAt: time,
      happenedAt: at,
      isMomentNamed: detail.at !== undefined,
      plans: named,
    },
  };
}
