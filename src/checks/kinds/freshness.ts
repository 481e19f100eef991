import * as z from "zod/mini";
import type { DataSession } from "../../aws/data-api.ts";
import { EvidenceUnreadable } from "../../errors.ts";
import { leaveDrift } from "../../evidence/drift.ts";
import type { Parts } from "../../evidence/parts.ts";
import { type CheckOf, checkName } from "../../plan/checks.ts";
import { Instant } from "../../plan/drill.ts";
import { quoteIdentifier, sqlNameOf } from "../../reading/identifiers.ts";
import { onlyRow } from "../../reading/only-row.ts";
import { countOf } from "../expectation.ts";
import { type Asking, type Finding, found, type KindOfCheck, type Progress } from "../kind.ts";

/** A snapshot's time is that of its request: what was committed until it was taken is in it, and clocks differ. */
const LATER_TOLERANCE_SECONDS = 300;

/** The part that this kind leaves: the newest moment in each column it was asked of. By table and column, since names of checks change hands. */
const PART = "heartbeats.json";
const Heartbeats = z.record(z.string(), Instant);
const keyOf = ({ table, column }: CheckOf<"freshness">): string => `${table} ${column}`;

/**
 * The newest moment in the data, against the recovery point's own time: not against now, which only says how long the drill took. And
 * against what was in the source when a baseline was captured: that moment has to come back.
 */
export const freshness: KindOfCheck<"freshness"> = {
  expected: ({ column, within }) => `newest ${column} at most ${describeSeconds(within)} before the recovery point`,

  async ask(check, { session, drill, parts, references }) {
    const { sql, newest } = await newestIn(check, session);
    if (newest === undefined) return found("empty", `no ${check.column} in the table`, { sql });
    const finding = { ...judge(check, newest, drill.recoveryPoint.createdAt), sql };
    if (finding.newestAt === undefined) return { finding };
    await leave(check, newest.newestAt, parts);
    return (await missedIn(check, newest.newestAt, { references, parts }, sql)) ?? { finding };
  },

  async capture(check, { session, parts, capturedAt }) {
    const { sql, newest } = await newestIn(check, session);
    if (newest === undefined) return found("empty", `no ${check.column} in the table`, { sql });
    const behindSeconds = secondsBehind(newest.newestAt, capturedAt.toISOString());
    if (!isTimeOfWriting(behindSeconds)) return found("unchecked", noTimeOfWriting(newest, "now"), { sql });
    await leave(check, newest.newestAt, parts);
    return found("held", newest.newestAt, { sql, newestAt: newest.newestAt });
  },
};

interface Newest {
  readonly newestAt: string;
  readonly type: string;
}

async function newestIn(
  check: CheckOf<"freshness">,
  session: DataSession,
): Promise<{ sql: string; newest: Newest | undefined }> {
  const column = quoteIdentifier(check.column);
  // The session's time zone is UTC, so a cast reads dates and timestamps without a zone as UTC. "infinity" is no moment.
  const sql = `select to_char(newest::timestamptz at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), pg_typeof(newest)::text
from (select max(${column}) newest from ${sqlNameOf(check.table)} where isfinite(${column}::timestamptz)) x`;
  const row = onlyRow(await session.query(sql));
  const newestAt = row.textOrNull(0);
  return { sql, newest: newestAt === null ? undefined : { newestAt, type: row.text(1) } };
}

/** Beside those of the plan's other freshness checks. */
async function leave(check: CheckOf<"freshness">, newestAt: string, parts: Parts): Promise<void> {
  const earlier = await parts.get(PART, Heartbeats);
  await parts.leave(PART, { ...earlier, [keyOf(check)]: newestAt });
}

/** Baselines only: they were captured before the recovery point was made, so what they saw must be in it. */
async function missedIn(
  check: CheckOf<"freshness">,
  newestAt: string,
  { references, parts }: Pick<Asking, "references" | "parts">,
  sql: string,
): Promise<Progress | undefined> {
  for (const reference of references) {
    if (reference.kind !== "baseline") continue;
    try {
      const seenAt = (await reference.parts.get(PART, Heartbeats))?.[keyOf(check)];
      if (seenAt === undefined) continue;
      const match = Date.parse(newestAt) >= Date.parse(seenAt);
      const entry = { key: `newest ${keyOf(check)}`, source: seenAt, restored: newestAt, match };
      await leaveDrift(parts, checkName(check), { reference, entries: [entry] });
      if (match) continue;
      const observed = `${newestAt}, but the source had ${seenAt} when its baseline was captured at ${reference.takenAt}: what was written in between did not come back`;
      return found("failed", observed, { sql, newestAt });
    } catch (error) {
      if (!(error instanceof EvidenceUnreadable)) throw error;
      return found("unchecked", `not compared with the baseline: ${error.message}`, { sql, newestAt });
    }
  }
  return undefined;
}

const secondsBehind = (newestAt: string, moment: string): number =>
  Math.round((Date.parse(moment) - Date.parse(newestAt)) / 1000);

const isTimeOfWriting = (behindSeconds: number): boolean => behindSeconds >= -LATER_TOLERANCE_SECONDS;

const zoneOf = ({ type }: Newest): string => (type === "timestamp with time zone" ? "" : ` (${type}, taken as UTC)`);

const noTimeOfWriting = (newest: Newest, than: string): string =>
  `${newest.newestAt}${zoneOf(newest)} is later than ${than}, so it is no time of writing: choose a column that is set when a row is written`;

function judge({ within }: CheckOf<"freshness">, newest: Newest, createdAt: string): Finding {
  const { newestAt } = newest;
  const behindSeconds = secondsBehind(newestAt, createdAt);
  if (!isTimeOfWriting(behindSeconds))
    return { outcome: "unchecked", observed: noTimeOfWriting(newest, "the recovery point") };
  const behind =
    behindSeconds < 0
      ? `${describeSeconds(-behindSeconds)} after the recovery point was requested`
      : `${describeSeconds(behindSeconds)} before the recovery point`;
  const outcome = behindSeconds <= within ? "held" : "failed";
  return { outcome, observed: `${newestAt}${zoneOf(newest)}, ${behind}`, newestAt };
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
