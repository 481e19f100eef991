import * as z from "zod/mini";
import { Duration } from "./quantities.ts";

const DAY_SECONDS = 86_400;
/** The watchdog looks once a day: it can not see a shorter promise broken. */
const SHORTEST_SECONDS = DAY_SECONDS;
/** A leap year. A backup that is proven less often is not proven. */
const LONGEST_SECONDS = 366 * DAY_SECONDS;
/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-flexible-time-windows.html */
const MAX_WINDOW_SECONDS = DAY_SECONDS;

/** The zones that this runtime knows, which are IANA's, as EventBridge Scheduler's are. */
function isTimeZone(name: string): boolean {
  try {
    // An offset such as +02:00 is a zone to Intl and none to the Scheduler.
    return /^[A-Za-z]/.test(name) && new Intl.DateTimeFormat("en", { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/** How often the plan promises a drill that passed, and when the stack starts one. When it fires is looked at when the service is packaged. */
export const Cadence = z.pipe(
  z.strictObject({
    every: z.prefault(
      Duration.check(
        z.refine((seconds) => seconds >= SHORTEST_SECONDS, "is shorter than 1d, and the watchdog looks once a day"),
        z.refine((seconds) => seconds <= LONGEST_SECONDS, "is longer than 366d: drill at least once a year"),
      ),
      "31d",
    ),
    /** As EventBridge Scheduler has it, of six fields or a rate. Without one a drill begins when it is due: see src/cadence/due.ts. */
    schedule: z.optional(
      z
        .string()
        .check(
          z.maxLength(256),
          z.regex(
            /^(cron\(\S+( \S+){5}\)|rate\([1-9]\d* (minute|hour|day)s?\))$/,
            "is no schedule: write cron(0 4 ? * TUE *), six fields of minute, hour, day of month, month, day of week and year, or rate(7 days)",
          ),
        ),
    ),
    timezone: z._default(
      z.string().check(z.refine(isTimeZone, "is no time zone: write one such as Europe/Berlin, or UTC")),
      "UTC",
    ),
    /** A fleet that is scheduled for one moment, or due at one, begins within this time of it. */
    window: z.prefault(
      Duration.check(
        z.refine((seconds) => seconds <= MAX_WINDOW_SECONDS, "is longer than the 24h that a window may have"),
        z.refine((seconds) => seconds % 60 === 0, "is not whole minutes"),
      ),
      "1h",
    ),
  }),
  z.transform(({ every, schedule, timezone, window }) => ({
    everySeconds: every,
    ...(schedule === undefined ? {} : { schedule }),
    timezone,
    windowMinutes: window / 60,
  })),
);
export type Cadence = z.infer<typeof Cadence>;
