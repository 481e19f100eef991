import * as z from "zod/mini";
import type { Plan } from "../plan/plan.ts";

/** AWS writes instants inside of `detail` with an offset that RFC 3339 does not have: `2026-11-21T14:00:40.989+0000`. */
const LOOSE_INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/;

/** An instant of an event's detail, parsed to ISO 8601 in UTC. */
export const EventInstant = z.pipe(
  z
    .string()
    .check(
      z.refine(
        (text) => LOOSE_INSTANT.test(text) && !Number.isNaN(Date.parse(text)),
        "is no instant such as 2026-11-21T14:00:00Z",
      ),
    ),
  z.transform((text) => new Date(text).toISOString()),
);

/** What every event has around its detail: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html */
export const ENVELOPE = {
  id: z.string().check(z.regex(/^[\w-]{1,64}$/, "is not the id of an event")),
  /** When it happened, as its source says: every delivery of it has the same. */
  time: EventInstant,
  account: z.string(),
  region: z.string(),
};

/** An event that says that a database is damaged, lost or attacked. */
export interface Incident {
  readonly eventId: string;
  /** When the event was sent. */
  readonly sentAt: string;
  /** What it says, in a few words: `alarm orders-data-loss`. */
  readonly what: string;
  /** When it was first known: the same for every delivery and every later word of the same thing. */
  readonly raisedAt: string;
  /** Since when the data may be damaged. Later than `raisedAt` only where a request says so, and then by no more than clocks differ. */
  readonly happenedAt: string;
  /** Whether somebody named that moment: no drill that goes back to another will do. */
  readonly isMomentNamed?: boolean;
  readonly plans: readonly Plan[];
}

/** What an event asks for: drills after an incident, or nothing, and why. */
export type Reading = { readonly incident: Incident } | { readonly ignored: string };
