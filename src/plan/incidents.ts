import * as z from "zod/mini";
import { MAX_KEEP_SECONDS } from "./lifetimes.ts";
import { Duration } from "./quantities.ts";

/** One rule of EventBridge holds the names of all plans, and its pattern 2,048 characters: more than these are no rule table. */
const MAX_ALARMS = 20;
/** Backups of a week are what most clusters have. */
const MAX_LOOKBACK_SECONDS = 7 * 86_400;
const MAX_QUIET_SECONDS = 7 * 86_400;

/** Which incidents start a drill of the plan, what it goes back to, and what it leaves for those who recover. */
export const Incidents = z.pipe(
  z.strictObject({
    /** Names of CloudWatch alarms, of the source's account and region or the stack's, that say that this database is damaged or lost. */
    alarms: z
      ._default(z.array(z.string().check(z.minLength(1), z.maxLength(255))), [])
      .check(z.maxLength(MAX_ALARMS, `has more than ${MAX_ALARMS} alarms: combine them in a composite alarm`)),
    /** GuardDuty's findings about the source cluster. */
    guardduty: z._default(z.boolean(), false),
    /** How long before an incident was seen it may have begun: only what was backed up before that is restored. */
    lookback: z.prefault(
      Duration.check(z.refine((seconds) => seconds <= MAX_LOOKBACK_SECONDS, "is longer than 7d")),
      "0s",
    ),
    /** For how long after its first event an incident starts no other drill. */
    quiet: z.prefault(
      Duration.check(
        z.refine((seconds) => seconds >= 60, "is shorter than a minute: a storm would start a drill for each alarm"),
        z.refine((seconds) => seconds <= MAX_QUIET_SECONDS, "is longer than 7d"),
      ),
      "6h",
    ),
    /** How long the sandbox stays as a candidate to recover from. Without it the plan's `keep` decides. */
    keep: z.optional(
      Duration.check(
        z.refine((seconds) => seconds <= MAX_KEEP_SECONDS, "is longer than the 72h a sandbox may be kept"),
      ),
    ),
  }),
  z.transform(({ alarms, guardduty, lookback, quiet, keep }) => ({
    alarms,
    guardduty,
    lookbackSeconds: lookback,
    quietSeconds: quiet,
    ...(keep === undefined ? {} : { keepSeconds: keep }),
  })),
);
export type Incidents = z.infer<typeof Incidents>;
