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

export const journalFileOf = (step: StepName): string => `journal/${step}.json`;
const journalKey = (evidencePrefix: string, step: StepName): string => `${evidencePrefix}/${journalFileOf(step)}`;

export async function writeJournal(store: JsonStore, evidencePrefix: string, entry: JournalEntry): Promise<void> {
  await store.put(journalKey(evidencePrefix, entry.step), entry);
}

/** Written after the manifest, so that it can not hold their hashes. */
export const WRITTEN_AFTER_MANIFEST: ReadonlySet<StepName> = new Set(["record-evidence", "notify-outcome"]);

export interface ReadJournal {
  /** Every step's last entry, absent where the step never ran or its entry can not be read. */
  readonly entries: Partial<Record<StepName, JournalEntry>>;
  /** One sentence for each entry that can not be read: notes fail no step, and neither does their loss. */
  readonly unreadable: string[];
  /** As they are stored, by their names below the drill's prefix: the entries that nothing writes any more once evidence is recorded. */
  readonly texts: Record<string, string>;
}

export async function readJournal(store: JsonStore, evidencePrefix: string): Promise<ReadJournal> {
  const looks = await Promise.allSettled(
    STEPS.map((step) => store.getVersioned(journalKey(evidencePrefix, step), JournalEntry)),
  );
  const found = looks.flatMap((look, index) => {
    const step = STEPS[index];
    return step !== undefined && look.status === "fulfilled" && look.value !== undefined
      ? [{ step, ...look.value }]
      : [];
  });
  const unreadable = looks.flatMap((look, index) =>
    look.status === "rejected" ? [`${canNotBeRead(STEPS[index])}: ${messageOf(look.reason)}`] : [],
  );
  const closed = found.filter(({ step }) => !WRITTEN_AFTER_MANIFEST.has(step));
  return {
    entries: Object.fromEntries(found.map(({ document }) => [document.step, document])),
    unreadable,
    texts: Object.fromEntries(closed.map(({ step, text }) => [journalFileOf(step), text])),
  };
}

const canNotBeRead = (step: StepName | undefined): string => `The journal of ${step} can not be read`;

/** Whether one of the sentences in `unreadable` is about that step. */
export const isJournalUnreadable = (step: StepName, unreadable: readonly string[]): boolean =>
  unreadable.some((sentence) => sentence.startsWith(`${canNotBeRead(step)}: `));

const messageOf = (reason: unknown): string =>
  reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason);
