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
  /** Of the cluster, for when it is gone. Absent in older ones, as `gone` and times of sizes are. */
  clusterResourceId: z.optional(z.string()),
  points: z.array(SeenBefore),
  /** What the day's surveys found gone: one that is tried again says it again. */
  gone: z.optional(z.array(z.object({ arn: z.string(), how: z.enum(["outside", "not-known"]), at: Instant }))),
  /** For how many days backups were kept, by survey; the newest last. */
  retention: z.array(z.object({ at: Instant, days: z.number() })),
  /** Of what was the newest recovery point at a survey, the newest last. */
  sizes: z.array(z.object({ arn: z.string(), gib: z.number(), createdAt: z.optional(Instant) })),
});
export type BackupHistory = z.infer<typeof BackupHistory>;

/** A week is counted, and a day more for the survey that came late. */
export const REMEMBERED_RETENTIONS = 8;
/** Two weeks of daily surveys: a median that no week-end bends. */
export const REMEMBERED_SIZES = 14;

/** Surveys of one day are one: those that are tried again, and looks by hand. */
export const isSameDay = (one: string, other: string): boolean => one.slice(0, 10) === other.slice(0, 10);

/** `database` as `databaseKey` has it. */
export const historyKeyOf = (database: string): string => `${SURVEYS_FOLDER}/${database}.json`;
