import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";

/** What a drill takes from others while it runs. */
const Place = {
  drillId: z.string(),
  /** As `databaseKey` has it. */
  database: z.string(),
  /** Where its copy and its sandbox are. */
  region: z.string(),
};

/** One drill that runs. */
export const Turn = z.object({
  ...Place,
  executionArn: z.string(),
  evidencePrefix: z.string(),
  takenAt: z.iso.datetime(),
});
export type Turn = z.infer<typeof Turn>;

/** An incident's drill that waits: others that wait for the same leave it the turn, for as long as it is seen. */
export const Waiting = z.object({ ...Place, seenAt: z.iso.datetime() });
export type Waiting = z.infer<typeof Waiting>;

/**
 * All drills that run now, in one document, so that one conditional write decides who goes next. Nobody has to give a turn back: one whose
 * execution has ended and whose people were told is over, however it ended.
 */
const Turns = z.object({
  turns: z.array(Turn),
  // Stacks of before have documents without it.
  waiting: z._default(z.array(Waiting), []),
});

const KEY = "turns.json";

export interface TurnsNow {
  readonly turns: readonly Turn[];
  readonly waiting: readonly Waiting[];
  /** Of the document that was read; absent before the first drill of all. */
  readonly version: string | undefined;
}

/** Throws EvidenceUnreadable when the document is not what it should be. */
export async function readTurns(store: JsonStore): Promise<TurnsNow> {
  const found = await store.getVersioned(KEY, Turns);
  return { turns: found?.document.turns ?? [], waiting: found?.document.waiting ?? [], version: found?.version };
}

/** False when somebody else wrote since: read again. */
export async function writeTurns(store: JsonStore, { turns, waiting, version }: TurnsNow): Promise<boolean> {
  return store.replace(KEY, { turns, waiting }, version);
}
