import * as z from "zod/mini";
import { Instant } from "../plan/drill.ts";

/** What is asked of the backups of every database, in the order in which it is told. */
export const BACKUP_FACTS = [
  /** How old the newest recovery point is. */
  "newest",
  /** Whether RDS backs the database up by itself. */
  "automated",
  /** For how many days it keeps what it backed up. */
  "retention",
  /** How many of the backups of the last seven days were made. */
  "success",
  /** Recovery points that are gone before their time. */
  "deletions",
  /** Whether backups are encrypted, and by what. */
  "encryption",
  /** Whether there is one in the other region that the plan names. */
  "copy",
  /** How much larger or smaller the newest one is than those before it. */
  "size",
] as const;
export type BackupFactName = (typeof BACKUP_FACTS)[number];

export const BackupFact = z.object({
  fact: z.enum(BACKUP_FACTS),
  /** `not-known` is no `ok`: nobody could say. `not-asked`: the plan does not want it. */
  state: z.enum(["ok", "wrong", "not-known", "not-asked"]),
  /** As short as they are shown beside each other. */
  observed: z.string(),
  wanted: z.string(),
  /** What was observed as the number of its metric: hours, days, percent or how many. */
  value: z.optional(z.number()),
  /** One for people: of what is, of why it is not known, or of what to do. */
  sentence: z.string(),
});
export type BackupFact = z.infer<typeof BackupFact>;

/** The backups of one database, held against what the strictest of its plans wants. */
export const SurveyedDatabase = z.object({
  /** As in the evidence bucket: the name of the source cluster. */
  database: z.string(),
  region: z.string(),
  /** Its owner, where that is not the stack's account. */
  account: z.optional(z.string()),
  plans: z.array(z.string()),
  /** One of each of BACKUP_FACTS, in that order; all not known where the database could not be looked at. */
  facts: z.array(BackupFact),
  /** What could not be asked, a sentence each. It counts as what is wrong does. */
  failures: z.array(z.string()),
});
export type SurveyedDatabase = z.infer<typeof SurveyedDatabase>;

/** `surveys/latest.json`: what the last survey of all backups saw. */
export const BackupSurvey = z.object({
  schemaVersion: z.literal(1),
  at: Instant,
  /** Ordered by name. */
  databases: z.array(SurveyedDatabase),
  /** Plans that could not be read, and why: their databases may be missing above. */
  unreadPlans: z.array(z.object({ plan: z.string(), reason: z.string() })),
});
export type BackupSurvey = z.infer<typeof BackupSurvey>;

/** Below it is what is known of backups; no database has its evidence there. */
export const SURVEYS_FOLDER = "surveys";
export const LATEST_SURVEY_KEY = `${SURVEYS_FOLDER}/latest.json`;

/** What is wrong with the backups of a database, in sentences. */
export const problemsOf = ({ facts, failures }: SurveyedDatabase): string[] => [
  ...failures,
  ...facts.flatMap(({ state, sentence }) => (state === "wrong" ? [sentence] : [])),
];
