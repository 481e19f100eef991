import { StatementFailed } from "../../aws/data-api/statement-failed.ts";
import type { Row } from "../../aws/data-api/values.ts";
import type { CheckOf } from "../../plan/checks.ts";
import { countOf, describeExpectation, describeValue, meets } from "../expectation.ts";
import { found, type KindOfCheck, type Progress } from "../kind.ts";

const LEADING_COMMENTS = /^(\s|\(|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/)*/;
const ASKS = new Set(["select", "with", "values", "table", "show", "explain"]);
const WRITES = new Set([
  "insert",
  "update",
  "delete",
  "merge",
  "truncate",
  "create",
  "alter",
  "drop",
  "copy",
  "grant",
  "revoke",
  "vacuum",
]);

/** The user's own question. Only the one value it answers, or the number of rows, leaves the database. */
export const sql: KindOfCheck<"sql"> = {
  expected: ({ expect }) => describeExpectation(expect),

  async ask(check, { session }) {
    const refusal = refusalOf(check.sql);
    if (refusal !== undefined) return found("unchecked", refusal.observed, { sql: check.sql, fault: refusal.fault });
    try {
      const rows = await session.query(check.sql.replace(/[\s;]+$/, ""));
      return check.expect.noRows === undefined ? judgeValue(check, rows) : judgeNoRows(check, rows);
    } catch (error) {
      if (!(error instanceof StatementFailed) || error.fault !== "too-large" || !check.expect.noRows) throw error;
      return found("failed", "more rows than the Data API's 1 MiB holds", { sql: check.sql });
    } finally {
      // Settings that a check changes are not those of the next one.
      if (/set_config/i.test(check.sql)) await session.end();
    }
  },
};

/**
 * A read-only transaction does not refuse `commit`, and behind a commit nothing is read only: what is not a question is not sent.
 * Writes hidden inside a question are refused by the database.
 */
function refusalOf(statement: string): { observed: string; fault: "refused-write" | "invalid" } | undefined {
  const word = /^[a-z]*/i.exec(statement.replace(LEADING_COMMENTS, ""))?.[0].toLowerCase() ?? "";
  if (ASKS.has(word)) return undefined;
  if (WRITES.has(word)) return { observed: "tried to write; drill SQL is read only", fault: "refused-write" };
  return { observed: `is not a question: drill SQL begins with ${[...ASKS].join(", ")}`, fault: "invalid" };
}

function judgeNoRows(check: CheckOf<"sql">, rows: readonly Row[]): Progress {
  return found(rows.length === 0 ? "held" : "failed", rows.length === 0 ? "no rows" : countOf(rows.length, "row"), {
    sql: check.sql,
  });
}

function judgeValue(check: CheckOf<"sql">, rows: readonly Row[]): Progress {
  const more = { sql: check.sql };
  const [row] = rows;
  if (row === undefined) return found("empty", "no rows", more);
  if (rows.length > 1 || row.values.length !== 1) {
    const shape = `${countOf(rows.length, "row")} of ${countOf(row.values.length, "column")}`;
    return found("unchecked", `answered ${shape}: an expected value needs exactly one of each`, more);
  }
  const value = row.values[0] ?? null;
  return found(meets(check.expect, value) ? "held" : "failed", describeValue(value), more);
}
