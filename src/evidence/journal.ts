import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";

/** One name a step, in the order of a drill: the Lambda's, the file's and the journal's. */
export const STEPS = [
  "plan-drill",
  "prove-network",
  "copy-snapshot",
  "restore-sandbox",
  "prove-isolation",
  "run-checks",
  "prove-checks",
  "judge-drill",
  "tear-down",
  "record-evidence",
  "notify-outcome",
] as const;
export type StepName = (typeof STEPS)[number];

/**
 * What a step did last, with its times. The document of an execution forgets what a failed branch learned; the journal does not, and it
 * outlives Step Functions' 90 days of history.
 */
export const JournalEntry = z.object({
  step: z.enum(STEPS),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  answer: z.optional(z.unknown()),
  error: z.optional(
    z.object({ name: z.string(), message: z.string(), details: z.optional(z.record(z.string(), z.unknown())) }),
  ),
});
export type JournalEntry = z.infer<typeof JournalEntry>;

const journalKey = (evidencePrefix: string, step: StepName): string => `${evidencePrefix}/journal/${step}.json`;

export async function writeJournal(store: JsonStore, evidencePrefix: string, entry: JournalEntry): Promise<void> {
  await store.put(journalKey(evidencePrefix, entry.step), entry);
}

/** Every step's last entry, absent where the step never ran. Throws EvidenceUnreadable for an entry that is not one. */
export async function readJournal(
  store: JsonStore,
  evidencePrefix: string,
): Promise<Partial<Record<StepName, JournalEntry>>> {
  const entries = await Promise.all(STEPS.map((step) => store.get(journalKey(evidencePrefix, step), JournalEntry)));
  return Object.fromEntries(entries.flatMap((entry) => (entry === undefined ? [] : [[entry.step, entry]])));
}
