import { type Answer, askAsReader } from "../../aws/data-api/reader.ts";
import { told } from "../../aws/data-api/told.ts";
import type { CheckOf } from "../../plan/checks.ts";
import { countOf, describeExpectation, meets } from "../expectation.ts";
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

/** The user's own question, under the reader's role. Only the one value it answers, or the number of rows, leaves the database. */
export const sql: KindOfCheck<"sql"> = {
  expected: ({ expect }) => describeExpectation(expect),

  async ask(check, { reader }) {
    const refusal = refusalOf(check.sql);
    if (refusal !== undefined) return found("unchecked", refusal.observed, { sql: check.sql, fault: refusal.fault });
    const answer = await askAsReader(reader, check.sql.replace(/[\s;]+$/, ""));
    return check.expect.noRows === undefined ? judgeValue(check, answer) : judgeNoRows(check, answer);
  },
};

/**
 * What is not a question is not sent, and is told so in words. Writes hidden inside a question are refused by the database.
 */
function refusalOf(statement: string): { observed: string; fault: "refused-write" | "invalid" } | undefined {
  const word = /^[a-z]*/i.exec(statement.replace(LEADING_COMMENTS, ""))?.[0].toLowerCase() ?? "";
  if (ASKS.has(word)) return undefined;
  if (WRITES.has(word)) return { observed: "tried to write; drill SQL is read only", fault: "refused-write" };
  return { observed: `is not a question: drill SQL begins with ${[...ASKS].join(", ")}`, fault: "invalid" };
}

function judgeNoRows({ sql }: CheckOf<"sql">, { rows }: Answer): Progress {
  return rows === 0n ? found("held", "no rows", { sql }) : found("failed", countOf(rows, "row"), { sql });
}

function judgeValue({ expect, sql }: CheckOf<"sql">, { rows, first }: Answer): Progress {
  if (rows === 0n) return found("empty", "no rows", { sql });
  const [cell] = first;
  if (rows > 1n || first.length !== 1 || cell === undefined) {
    const shape = `${countOf(rows, "row")} of ${countOf(first.length, "column")}`;
    return found("unchecked", `answered ${shape}: an expected value needs exactly one of each`, { sql });
  }
  return found(meets(expect, cell.text) ? "held" : "failed", told(cell, expect.equals), { sql });
}
