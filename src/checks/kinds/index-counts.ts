import * as z from "zod/mini";
import { StatementFailed } from "../../aws/data-api/statement-failed.ts";
import type { Row } from "../../aws/data-api/values.ts";
import type { DataSession } from "../../aws/data-api.ts";
import { nextBatch } from "../../reading/batches.ts";
import { asReadFailure, ChunkPosition, FIRST_CHUNK, readChunk } from "../../reading/chunks.ts";
import { onlyRow } from "../../reading/only-row.ts";
import type { Asking } from "../kind.ts";
import { type Bad, failedStep, type Step, type SurveyCursor } from "../survey.ts";
import type { BtreeIndex } from "./index-listing.ts";
import { batchOf, isSmall } from "./small-tables.ts";

/**
 * With these, rows can be had in an index's order from no other place than that index, or one that gives the same order: `explain`
 * tells which it is. Ranges of blocks are still read from the table.
 */
const FORCED = ["enable_seqscan", "enable_bitmapscan", "enable_sort", "enable_incremental_sort"];
const FORCE = `select set_config('enable_indexonlyscan', 'on', true), ${FORCED.map((name) => `set_config('${name}', 'off', true)`).join(", ")}`;

/** How many entries the index had, and how far its table is counted. */
const At = z.object({
  entries: z.optional(z.string()),
  counted: z.optional(z.string()),
  position: z.optional(ChunkPosition),
});

/** Whether indexes have as many entries as their tables have rows. Two that are wrong by as many, or wrong entries, are not seen. */
export async function askByCounts(
  asking: Asking,
  page: readonly [BtreeIndex, ...BtreeIndex[]],
  cursor: SurveyCursor,
): Promise<Step> {
  const [first] = page;
  if (isSmall(first.relation) && cursor.at === undefined) return askSmall(asking.session, page, cursor);
  const at = z.parse(At, cursor.at ?? {});
  return at.entries === undefined ? countEntries(asking.session, first) : countRows(asking.session, first, at);
}

const entriesOf = ({ relation, predicate, order }: BtreeIndex): string =>
  `count(*)::text from (select from only ${relation.sqlName}${predicate === undefined ? "" : ` where ${predicate}`} order by ${order} offset 0) x`;

/** The predicate is no condition: with it as one, PostgreSQL may read the rows by the very index that is in question. */
const rowsOf = ({ relation, predicate }: BtreeIndex): string =>
  `(count(*)${predicate === undefined ? "" : ` filter (where ${predicate})`})::text from only ${relation.sqlName} where ctid >= '(0,0)'::tid`;

/** Settings, plan and count in one transaction: in another one the settings are gone, and the table would be held against itself. */
async function countForced(
  session: DataSession,
  sql: string,
): Promise<{ plans: ReturnType<typeof plansOf>; rows: Row[] }> {
  await session.query(FORCE);
  const { transactionId } = session;
  const plans = plansOf(await session.query(`explain (costs off) ${sql}`));
  const rows = await session.query(sql);
  if (session.transactionId !== transactionId)
    throw new StatementFailed("unavailable", "the transaction of the count was lost");
  return { plans, rows };
}

async function askSmall(session: DataSession, page: readonly BtreeIndex[], { batch }: SurveyCursor): Promise<Step> {
  const { items, selects } = batchOf(
    page,
    batch,
    (item, nth) =>
      `select '${nth}' nth, true is_index, ${entriesOf(item)} union all select '${nth}', false, ${rowsOf(item)}`,
  );
  try {
    const { plans, rows } = await countForced(session, selects.join("\nunion all "));
    const unasked = items.filter((item, nth) => !isAnsweredBy(item, plans[2 * nth])).map(explainOtherWay);
    const counts = rows.reduce(
      (all, row) => all.set(`${row.text(0)} ${row.flag(1)}`, row.integer(2)),
      new Map<string, bigint>(),
    );
    const bad = items.flatMap((item, nth) =>
      isAnsweredBy(item, plans[2 * nth]) ? badOf(item, counts.get(`${nth} true`), counts.get(`${nth} false`)) : [],
    );
    const asked = items.length - unasked.length;
    return { done: items.length, bad, unasked, weaklyAsked: asked, batch: nextBatch(items.length) };
  } catch (error) {
    const failure = failureOf(error);
    const isTimeout = failure.fault === "timeout";
    const [first] = items;
    if (items.length > 1 || first === undefined) return { done: 0, batch: nextBatch(items.length, failure), isTimeout };
    return failedStep(first.name, failure);
  }
}

async function countEntries(session: DataSession, item: BtreeIndex): Promise<Step> {
  try {
    const { plans, rows } = await countForced(session, `select ${entriesOf(item)}`);
    if (!isAnsweredBy(item, plans[0])) return { done: 1, unasked: [explainOtherWay(item)] };
    const entries = onlyRow(rows).text(0);
    return { done: 0, at: { entries, counted: "0", position: FIRST_CHUNK } };
  } catch (error) {
    return failedStep(item.name, failureOf(error));
  }
}

async function countRows(session: DataSession, item: BtreeIndex, at: z.infer<typeof At>): Promise<Step> {
  const { entries = "0", counted = "0", position = FIRST_CHUNK } = at;
  const filter = item.predicate === undefined ? "" : ` filter (where ${item.predicate})`;
  const chunk = await readChunk(session, item.relation, `(count(*)${filter})::text`, position);
  if (chunk.step === "unread") return failedStep(item.name, chunk.failed);
  const sum = BigInt(counted) + (chunk.step === "read" ? chunk.row.integer(0) : 0n);
  if (chunk.next !== undefined) {
    const isTimeout = chunk.step === "split" && chunk.failed.fault === "timeout";
    return { done: 0, at: { entries, counted: String(sum), position: chunk.next }, isTimeout };
  }
  return { done: 1, bad: badOf(item, BigInt(entries), sum), weaklyAsked: 1 };
}

function failureOf(error: unknown): StatementFailed {
  if (!(error instanceof StatementFailed) || error.fault === "unavailable") throw error;
  return asReadFailure(error);
}

/** The lines of each part of a plan: of a union, what hangs below `Append`; the whole of any other. */
function plansOf(rows: readonly Row[]): string[] {
  const [first = "", ...lines] = rows.map((row) => row.text(0));
  if (first !== "Append") return [[first, ...lines].join("\n")];
  return lines
    .join("\n")
    .split(/^ {2}-> {2}/m)
    .slice(1);
}

/** An index scan that visits the table answers as well: it finds what has an entry. */
function isAnsweredBy({ bareName }: BtreeIndex, plan = ""): boolean {
  const scans = plan.match(/^.*\bScan\b.*$/gm) ?? [];
  const byIndex = / Index (?:Only )?Scan (?:Backward )?using (.+) on /.exec(
    ` ${scans[0]?.replace(/^.*?->/, "") ?? ""}`,
  );
  return scans.length === 1 && byIndex?.[1] === bareName;
}

const explainOtherWay = ({ name }: BtreeIndex): string =>
  `${name} (PostgreSQL would count another index in its place: only amcheck can ask it)`;

function badOf({ name }: BtreeIndex, entries = 0n, rows = 0n): Bad[] {
  if (entries === rows) return [];
  const [inIndex, inTable] = [entries, rows].map((count) => count.toLocaleString("en-US"));
  return [{ name, count: 1, said: `${inIndex} entries found for ${inTable} rows`, fault: "corrupt" }];
}
