import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";

/** One drill that runs: what it takes from others while it does. */
export const Turn = z.object({
  drillId: z.string(),
  executionArn: z.string(),
  evidencePrefix: z.string(),
  /** The cluster, with its region: `eu-west-1/orders-production`. */
  database: z.string(),
  /** Where its copy and its sandbox are. */
  region: z.string(),
  takenAt: z.iso.datetime(),
});
export type Turn = z.infer<typeof Turn>;

/**
 * All drills that run now, in one document, so that one conditional write decides who goes next. Nobody has to give a turn back: one whose
 * execution has ended and whose people were told is over, however it ended.
 */
const Turns = z.object({ turns: z.array(Turn) });

const KEY = "turns.json";

export interface TurnsNow {
  readonly turns: readonly Turn[];
  /** Of the document that was read; absent before the first drill of all. */
  readonly version: string | undefined;
}

/** Throws EvidenceUnreadable when the document is not what it should be. */
export async function readTurns(store: JsonStore): Promise<TurnsNow> {
  const found = await store.getVersioned(KEY, Turns);
  return { turns: found?.document.turns ?? [], version: found?.version };
}

/** False when somebody else wrote since: read again. */
export async function writeTurns(store: JsonStore, { turns, version }: TurnsNow): Promise<boolean> {
  return store.replace(KEY, { turns }, version);
}
