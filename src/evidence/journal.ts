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
  "answer-restore-test",
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

export interface ReadJournal {
  /** Every step's last entry, absent where the step never ran or its entry can not be read. */
  readonly entries: Partial<Record<StepName, JournalEntry>>;
  /** One sentence for each entry that can not be read: notes fail no step, and neither does their loss. */
  readonly unreadable: string[];
}

export async function readJournal(store: JsonStore, evidencePrefix: string): Promise<ReadJournal> {
  const looks = await Promise.allSettled(
    STEPS.map((step) => store.get(journalKey(evidencePrefix, step), JournalEntry)),
  );
  const entries = looks.flatMap((look) =>
    look.status === "fulfilled" && look.value !== undefined ? [[look.value.step, look.value] as const] : [],
  );
  const unreadable = looks.flatMap((look, index) =>
    look.status === "rejected" ? [`The journal of ${STEPS[index]} can not be read: ${messageOf(look.reason)}`] : [],
  );
  return { entries: Object.fromEntries(entries), unreadable };
}

const messageOf = (reason: unknown): string =>
  reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason);
