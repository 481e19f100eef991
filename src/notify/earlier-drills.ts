import { setTimeout as pauseFor } from "node:timers/promises";
import type { Logger } from "@aws-lambda-powertools/logger";
import type { JsonStore } from "../aws/json-store.ts";
import { drillsSince, type LedgerEntry } from "../evidence/ledger.ts";
import { isOf, type Series } from "./occurrence.ts";

/** As far as anybody looks back: an audit's year. */
const LOOKED_BACK_DAYS = 400;
/** Two years of weekly drills, or 105 days of daily ones, of which none has passed: what lies behind them changes no message. */
const MAX_DRILLS = 105;
/** A bucket answers in milliseconds. One that hangs is not waited for as notes are: people are told first. */
const MAX_WAIT_MS = 5000;

interface Own extends Series {
  readonly drillId: string;
  readonly database: string;
}

/**
 * The drills of the database that ended before this one, the newest first, back to the last pass of its plan. Undefined where that can not be
 * known: people are told all the same.
 */
export async function drillsBefore(
  { store, now, logger }: { store: JsonStore; now: () => Date; logger: Pick<Logger, "error"> },
  own: Own,
): Promise<readonly LedgerEntry[] | undefined> {
  const given = new AbortController();
  const giveUp = pauseFor(MAX_WAIT_MS, undefined, { signal: given.signal, ref: false }).then(() => {
    throw new Error(`the ledger did not answer within ${MAX_WAIT_MS / 1000} s`);
  });
  try {
    return await Promise.race([read(store, own, now()), giveUp]);
  } catch (error) {
    logger.error("notification.history.failed", { error: error as Error });
    return undefined;
  } finally {
    given.abort();
  }
}

/** A drill that is recorded again finds itself, and maybe others that ended after it: they are not what came before. */
async function read(store: JsonStore, own: Own, now: Date): Promise<LedgerEntry[]> {
  const since = new Date(now.getTime() - LOOKED_BACK_DAYS * 86_400_000);
  const found: LedgerEntry[] = [];
  for await (const { entries } of drillsSince(store, own.database, since)) {
    found.push(...entries);
    const hasPass = found.some(
      (entry) => entry.verdict === "passed" && isOf(own, entry) && isOther(entry.drillId, own),
    );
    if (hasPass || found.length >= MAX_DRILLS) break;
  }
  const endedAt = found.find(({ drillId }) => drillId === own.drillId)?.endedAt;
  return found
    .filter((entry) => isOther(entry.drillId, own) && (endedAt === undefined || entry.endedAt < endedAt))
    .sort((a, b) => (a.endedAt < b.endedAt ? 1 : -1));
}

const isOther = (drillId: string, own: Own): boolean => drillId !== own.drillId;
