import * as z from "zod/mini";
import { Duration, Region } from "./quantities.ts";

const DAY_SECONDS = 86_400;
/** Aurora's own: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Managing.Backups.html */
const LONGEST_RETENTION_SECONDS = 35 * DAY_SECONDS;
/** The survey looks once a day: what is due more often than that it can not see late, only missing. */
const SHORTEST_NEWEST_SECONDS = 3600;

/** What the plan wants of its source's backups. The survey holds them against it every day. */
export const Backups = z.pipe(
  z.strictObject({
    /** How old the newest recovery point may be. */
    newest: z.prefault(
      Duration.check(
        z.refine(
          (seconds) => seconds >= SHORTEST_NEWEST_SECONDS,
          "is shorter than 1h, and the survey looks once a day",
        ),
      ),
      "24h",
    ),
    /** By how many percent the newest may be larger or smaller than those before it. */
    sizeChange: z._default(z.number().check(z.gt(0), z.lte(1000)), 30),
    /**
     * For how long Aurora has to keep its own backups. A week by default, not the one day that a cluster made by an API call has: what goes wrong
     * on a Friday is found on a Monday, and an incident's `lookback` may be as much.
     */
    retention: z.prefault(
      Duration.check(
        z.refine((seconds) => seconds % DAY_SECONDS === 0 && seconds > 0, "is not whole days"),
        z.refine(
          (seconds) => seconds <= LONGEST_RETENTION_SECONDS,
          "is longer than the 35d that Aurora can keep backups",
        ),
      ),
      "7d",
    ),
    /** `any`: sse-kms or sse-rds. `kms`: sse-kms alone. */
    encryption: z._default(z.enum(["any", "kms"]), "any"),
    /** The region in which a copy has to be at any time. */
    copyIn: z.optional(Region),
    /** How many percent of the backups of the last seven days have to be there. */
    success: z._default(z.number().check(z.gt(0), z.lte(100)), 95),
  }),
  z.transform(({ newest, sizeChange, retention, encryption, copyIn, success }) => ({
    newestSeconds: newest,
    sizeChangePercent: sizeChange,
    retentionDays: retention / DAY_SECONDS,
    encryption,
    ...(copyIn === undefined ? {} : { copyIn }),
    successPercent: success,
  })),
);
export type Backups = z.infer<typeof Backups>;
