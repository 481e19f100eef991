import * as z from "zod/mini";
import { Instant } from "../plan/drill.ts";
import { SURVEYS_FOLDER } from "./backup-survey.ts";

/** What a survey saw, by which the next one knows what is gone. */
const SeenBefore = z.object({
  arn: z.string(),
  kind: z.enum(["automated", "manual", "awsbackup"]),
  createdAt: Instant,
  /** Until when AWS Backup keeps it; absent where it did not say. */
  until: z.optional(z.union([Instant, z.literal("for good")])),
});
export type SeenBefore = z.infer<typeof SeenBefore>;

/** `surveys/<region>/<cluster>.json`: what the last surveys saw of one database. As many points as RDS lists at once at most, which is 1,000. */
export const BackupHistory = z.object({
  schemaVersion: z.literal(1),
  points: z.array(SeenBefore),
  /** For how many days backups were kept, by survey; the newest last. */
  retention: z.array(z.object({ at: Instant, days: z.number() })),
  /** Of the newest recovery points of each, the newest last. */
  sizes: z.array(z.object({ arn: z.string(), gib: z.number() })),
});
export type BackupHistory = z.infer<typeof BackupHistory>;

/** A week is counted, and a day more for the survey that came late. */
export const REMEMBERED_RETENTIONS = 8;
/** Two weeks of daily surveys: a median that no week-end bends. */
export const REMEMBERED_SIZES = 14;

/** `database` as `databaseKey` has it. */
export const historyKeyOf = (database: string): string => `${SURVEYS_FOLDER}/${database}.json`;
