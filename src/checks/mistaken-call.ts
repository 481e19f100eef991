import { StatementFailed } from "../aws/data-api/statement-failed.ts";
import type { DataSession } from "../aws/data-api.ts";

const CALLED = /^function (?:pg_catalog\.)?([a-z_][a-z0-9_]*)\(/;

const IS_BUILT_IN =
  "select exists(select from pg_proc where proname = :name and pronamespace = 'pg_catalog'::regnamespace)";

/**
 * `function max(uuid) does not exist` and `function our_own(uuid) does not exist` are the same SQLState 42883. What PostgreSQL itself
 * brings is never missing from a restored database: there the check asks it of a type it is not made for, and the fault is `invalid`.
 * Any other failure is answered as it is, and so is one that can not be looked up.
 */
export async function withoutMistakenCall(session: DataSession, failed: StatementFailed): Promise<StatementFailed> {
  const name = failed.sqlState === "42883" ? CALLED.exec(failed.message)?.[1] : undefined;
  if (name === undefined || failed.fault !== "missing") return failed;
  try {
    const [row] = await session.query(IS_BUILT_IN, { name });
    return row?.flag(0) ? new StatementFailed("invalid", failed.message, failed.sqlState) : failed;
  } catch (error) {
    if (error instanceof StatementFailed) return failed;
    throw error;
  }
}
