import type { CheckOf } from "../../plan/checks.ts";
import { quoteIdentifier, sqlNameOf } from "../../reading/identifiers.ts";
import { onlyRow } from "../../reading/only-row.ts";
import { countOf } from "../expectation.ts";
import { found, type KindOfCheck, type Progress } from "../kind.ts";

/** A snapshot's time is that of its request: what was committed until it was taken is in it, and clocks differ. */
const LATER_TOLERANCE_SECONDS = 300;

/** The newest moment in the data, against the recovery point's own time: not against now, which only says how long the drill took. */
export const freshness: KindOfCheck<"freshness"> = {
  expected: ({ column, within }) => `newest ${column} at most ${describeSeconds(within)} before the recovery point`,

  async ask(check, { session, drill }) {
    const column = quoteIdentifier(check.column);
    // The session's time zone is UTC, so a cast reads dates and timestamps without a zone as UTC. "infinity" is no moment.
    const sql = `select to_char(newest::timestamptz at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), pg_typeof(newest)::text
from (select max(${column}) newest from ${sqlNameOf(check.table)} where isfinite(${column}::timestamptz)) x`;
    const row = onlyRow(await session.query(sql));
    const newestAt = row.textOrNull(0);
    if (newestAt === null) return found("empty", `no ${check.column} in the table`, { sql });
    return judge(check, { newestAt, type: row.text(1) }, drill.recoveryPoint.createdAt, sql);
  },
};

function judge(
  { within }: CheckOf<"freshness">,
  { newestAt, type }: { newestAt: string; type: string },
  createdAt: string,
  sql: string,
): Progress {
  const note = type === "timestamp with time zone" ? "" : ` (${type}, taken as UTC)`;
  const behindSeconds = Math.round((Date.parse(createdAt) - Date.parse(newestAt)) / 1000);
  if (Number.isNaN(behindSeconds) || behindSeconds < -LATER_TOLERANCE_SECONDS) {
    const why =
      "later than the recovery point, so it is no time of writing: choose a column that is set when a row is written";
    return found("unchecked", `${newestAt}${note} is ${why}`, { sql });
  }
  const behind =
    behindSeconds < 0
      ? `${describeSeconds(-behindSeconds)} after the recovery point was requested`
      : `${describeSeconds(behindSeconds)} before the recovery point`;
  return found(behindSeconds <= within ? "held" : "failed", `${newestAt}${note}, ${behind}`, { sql, newestAt });
}

const UNITS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

/** `26 hours`, `90 minutes`, `45 seconds`: in the largest unit that keeps it exact to about a tenth. */
function describeSeconds(seconds: number): string {
  const [noun, size] = UNITS.find(([, size]) => seconds >= size * 2 || seconds === size) ?? ["second", 1];
  return countOf(Math.round(seconds / size), noun);
}
