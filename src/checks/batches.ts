import { StatementFailed } from "../aws/data-api/statement-failed.ts";
import type { Row } from "../aws/data-api/values.ts";
import type { DataSession } from "../aws/data-api.ts";

/** Hundreds of small questions in one statement are one round trip; 100 of about 200 characters are far below every limit. */
export const MAX_BATCH = 100;

/**
 * Asks several questions as one statement. When one of them fails, which one is not known: the size of the next batch is halved until
 * it stands alone. Throws StatementFailed only when the database does not answer at all.
 */
export async function askBatch(
  session: DataSession,
  selects: readonly string[],
): Promise<
  { readonly rows: Row[]; readonly nextSize: number } | { readonly failed: StatementFailed; readonly nextSize: number }
> {
  try {
    const rows = await session.query(selects.join("\nunion all "));
    return { rows, nextSize: Math.min(MAX_BATCH, selects.length * 2) };
  } catch (failed) {
    if (!(failed instanceof StatementFailed) || failed.fault === "unavailable") throw failed;
    return { failed, nextSize: Math.max(1, Math.floor(selects.length / 2)) };
  }
}
