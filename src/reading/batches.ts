import { StatementFailed } from "../aws/data-api/statement-failed.ts";
import type { Row } from "../aws/data-api/values.ts";
import type { DataSession } from "../aws/data-api.ts";

/** Hundreds of small questions in one statement are one round trip; 100 of about 200 characters are far below every limit. */
export const MAX_BATCH = 100;

/**
 * A database that lets this many statements in a row time out answers nothing: 7.5 minutes of the Data API's 45 s. One table that hangs
 * (a restored prepared transaction may lock it) takes 7 from a full batch: 100, 12, 1 tables; 64, 8, 1 blocks; and 64 behind them.
 * With TOAST it is 9, since the one block is divided into its rows. Statements that stand side by side in one stall count as one.
 */
export const MAX_TIMEOUTS_IN_A_ROW = 10;

const TIMEOUT_SHRINK = 8;

/**
 * Asks several questions as one statement. When one of them fails, which one is not known: the size of the next batch is halved until
 * it stands alone, after a timeout, which costs 45 s, divided by eight. Each question
 * answers one row. Throws StatementFailed only when the database does not answer at all.
 */
export async function askBatch(
  session: DataSession,
  selects: readonly string[],
): Promise<
  { readonly rows: Row[]; readonly nextSize: number } | { readonly failed: StatementFailed; readonly nextSize: number }
> {
  try {
    const rows = await session.query(selects.join("\nunion all "));
    if (rows.length !== selects.length) {
      throw new TypeError(`${selects.length} questions of one row each were answered by ${rows.length} rows.`);
    }
    return { rows, nextSize: nextBatch(selects.length) };
  } catch (failed) {
    if (!(failed instanceof StatementFailed) || failed.fault === "unavailable") throw failed;
    return { failed, nextSize: nextBatch(selects.length, failed) };
  }
}

/** How many questions the next statement may hold, after one of `size` was answered or failed. */
export function nextBatch(size: number, failed?: StatementFailed): number {
  if (failed === undefined) return Math.min(MAX_BATCH, size * 2);
  return Math.max(1, Math.floor(size / (failed.fault === "timeout" ? TIMEOUT_SHRINK : 2)));
}
