import * as z from "zod/mini";
import { Instant } from "../plan/drill.ts";
import { BACKUP_FACTS, SURVEYS_FOLDER } from "./backup-survey.ts";

export const PROBLEM_NAMES = [...BACKUP_FACTS, "survey"] as const;
export type ProblemName = (typeof PROBLEM_NAMES)[number];

/** `surveys/told.json`: what people were told last, by which the next summary knows what is new, since when the rest is, and what is over. */
export const Told = z.object({
  schemaVersion: z.literal(1),
  at: Instant,
  /** When a survey began to tell; what it has to say counts as not told until SNS took it, and the document is replaced. */
  pending: z.optional(Instant),
  problems: z.array(
    z.object({
      /** By account, region and name. */
      database: z.string(),
      name: z.enum(PROBLEM_NAMES),
      since: Instant,
      /** Of deletions, of which each is news: what of the day was told. */
      sentence: z.optional(z.string()),
    }),
  ),
});
export type Told = z.infer<typeof Told>;

export const TOLD_KEY = `${SURVEYS_FOLDER}/told.json`;
/** In the place of one that is damaged, or of none. */
export const NOTHING_TOLD: Told = { schemaVersion: 1, at: "1970-01-01T00:00:00.000Z", problems: [] };
