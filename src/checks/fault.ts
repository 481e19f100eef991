import { DeniedToReader, type NoReader } from "../aws/data-api/reader.ts";
import type { StatementFailed, StatementFault } from "../aws/data-api/statement-failed.ts";
import { STATEMENT_WALL_SECONDS } from "../aws/data-api.ts";
import type { Finding } from "./kind.ts";

/** What is missing or can not be read did not come back; every other fault means that the question was not answered. */
const FAILS: ReadonlySet<StatementFault> = new Set<StatementFault>(["missing", "corrupt"]);

export function findingOf(failed: StatementFailed): Finding {
  const outcome = FAILS.has(failed.fault) ? "failed" : "unchecked";
  return { outcome, observed: explain(failed), fault: failed.fault };
}

/** Nothing was asked: under another role the plan's SQL is not. */
export const withoutReader = ({ message }: NoReader): Finding => ({
  outcome: "unchecked",
  observed: message,
  fault: "denied",
});

/** A sentence that says what happened and what to do. */
export function explain(failed: StatementFailed): string {
  const { fault, message, sqlState } = failed;
  const isSaid = sqlState === undefined || message.includes(`SQLState ${sqlState}`);
  const said = isSaid ? message : `${message} (SQLState ${sqlState})`;
  switch (fault) {
    case "missing":
      return `not in the restored database: ${said}`;
    case "corrupt":
      return `the data can not be read: ${said}`;
    case "timeout":
      return `not answered within the ${STATEMENT_WALL_SECONDS} s of the Data API: narrow the question or add an index that answers it`;
    case "refused-write":
      return "tried to write; drill SQL is read only";
    case "denied":
      if (failed instanceof DeniedToReader)
        return `the plan's own SQL may only read: ${said}; it calls functions that everyone may execute, and is asked of a table with row security where the master user has BYPASSRLS on PostgreSQL 16 or later`;
      return `the drill's role may not read it: ${said}; grant it select, and bypassrls where row security filters`;
    case "too-large":
      return "the answer is over the Data API's 1 MiB: let the statement count or aggregate";
    case "invalid":
      return `could not be asked: ${said}`;
    case "unavailable":
      return `the database did not answer (${message})`;
  }
}
