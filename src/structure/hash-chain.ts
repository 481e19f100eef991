import type { Row } from "../aws/data-api/values.ts";
import type { DataSession } from "../aws/data-api.ts";
import { onlyRow } from "../reading/only-row.ts";
import type { ChainHead } from "./chains.ts";

/** A chain as SQL: quoted names, and the plan's expression as it was written. */
export interface ChainColumns {
  readonly table: string;
  readonly orderBy: string;
  readonly previous: string;
  readonly hash: string;
  readonly preimage: string;
}

/** Asks a statement that holds the plan's expression, for its only row of text. */
export type AskRow = (sql: string) => Promise<Row>;

/** A column of hashes as bytes or as hex; how each is compared and shown differs. */
export type HashType = "bytea" | "text";

/** Where the chain begins and ends, as found at one moment. */
export interface ChainExtent {
  readonly head: ChainHead;
  readonly types: { readonly previous: HashType; readonly hash: HashType };
}

/** What is wrong with the shape of the table, in words, is an answer of its own; so is a table without a row. */
export type ChainLook =
  | { readonly step: "chain"; readonly extent: ChainExtent }
  | { readonly step: "empty" }
  | { readonly step: "no-chain"; readonly why: string };

const NUMBERS = ["smallint", "integer", "bigint", "numeric"];
const HASHES: Readonly<Record<string, HashType>> = {
  bytea: "bytea",
  text: "text",
  "character varying": "text",
  character: "text",
};

/** In lower case and without the white space of a fixed width: what is compared is the hash and not how it is written. */
const comparable = (column: string, type: HashType): string => (type === "bytea" ? column : `lower(btrim(${column}))`);
const hexOf = (column: string, type: HashType): string =>
  type === "bytea" ? `encode(${column}, 'hex')` : comparable(column, type);
const asText = (column: string): string => `${column}::bigint::text`;

/** Reads the first and the last row. */
export async function lookAtChain(session: DataSession, chain: ChainColumns): Promise<ChainLook> {
  const { table, orderBy, previous, hash } = chain;
  const [typed] = await session.query(
    `select pg_typeof(${orderBy})::text, pg_typeof(${previous})::text, pg_typeof(${hash})::text from ${table} limit 1`,
  );
  if (typed === undefined) return { step: "empty" };
  const [ordered, before, own] = [typed.text(0), HASHES[typed.text(1)], HASHES[typed.text(2)]];
  if (!NUMBERS.includes(ordered)) {
    return { step: "no-chain", why: `${orderBy} is of type ${ordered}: a chain is numbered by an integer` };
  }
  if (before === undefined || own === undefined) {
    const [column, type] = before === undefined ? [previous, typed.text(1)] : [hash, typed.text(2)];
    return { step: "no-chain", why: `${column} is of type ${type}: hashes are bytea, or text in hex` };
  }
  const types = { previous: before, hash: own };
  // Not "nulls last": an index is not read backwards for that.
  const end = (direction: "asc" | "desc"): string =>
    `(select ${orderBy} o, ${previous} p, ${hash} h from ${table} where ${orderBy} is not null order by ${orderBy} ${direction} limit 1)`;
  const [ends] =
    await session.query(`select ${asText("first.o")}, ${hexOf("first.p", before)}, ${asText("last.o")}, ${hexOf("last.h", own)}
from ${end("asc")} first, ${end("desc")} last`);
  if (ends === undefined) return { step: "no-chain", why: `no row has a number in ${orderBy}` };
  const [from, at] = [ends.integer(0), ends.integer(2)];
  const head = {
    at: String(at),
    hash: ends.textOrNull(3) ?? "",
    rows: String(at - from + 1n),
    from: String(from),
    genesis: ends.textOrNull(1),
  };
  return { step: "chain", extent: { head, types } };
}

/** A row in which the chain breaks. */
export interface ChainBreak {
  readonly at: bigint;
  readonly why: string;
}

/** The last row that was found right: what the next must follow. */
export interface ChainLink {
  readonly at: bigint;
  readonly hash: string;
}

/**
 * Walks the rows numbered from `from` up to and without `to`, which must be all there and follow `link`; its absence says that the first
 * of them is the chain's first row. Answers the first break, or the last row.
 */
export async function walkRange(
  ask: AskRow,
  chain: ChainColumns,
  types: ChainExtent["types"],
  range: { readonly from: bigint; readonly to: bigint; readonly link: ChainLink | undefined },
): Promise<{ readonly broken: ChainBreak } | { readonly link: ChainLink }> {
  const row = await ask(walkSql(chain, types, range.from, range.to));
  const breaks = breaksIn(row, range);
  const [first] = breaks.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  if (first !== undefined) return { broken: first };
  return { link: { at: row.integer(6), hash: row.text(8) } };
}

// Each offset is a fence: without it the planner may move an expression to where it is worked out more than once a row. A preimage may
// end in a comment, hence the line of its own.
function walkSql(
  { table, orderBy, previous, hash, preimage }: ChainColumns,
  types: ChainExtent["types"],
  from: bigint,
  to: bigint,
): string {
  const linkOf = types.previous === types.hash ? comparable : hexOf;
  const digest = types.hash === "bytea" ? "digest" : "encode(digest, 'hex')";
  return `select count(*)::text, ${asText("min(o) filter (where not is_self)")}, ${asText("min(o) filter (where not is_linked)")},
  ${asText("min(o) filter (where not is_next)")}, ${asText("min(po) filter (where not is_next)")},
  ${asText("min(o)")}, ${asText("max(o)")},
  max(${hexOf("p", types.previous)}) filter (where po is null), max(${hexOf("h", types.hash)}) filter (where no is null)
from (select o, p, h, lag(o) over w po, lead(o) over w no,
    coalesce(${digest} = ${comparable("h", types.hash)}, false) is_self,
    lag(o) over w is null or coalesce(${linkOf("p", types.previous)} = lag(${linkOf("h", types.hash)}) over w, false) is_linked,
    lag(o) over w is null or o = lag(o) over w + 1 is_next
  from (select ${orderBy} o, ${previous} p, ${hash} h, sha256((
${preimage}
)) digest from ${table} where ${orderBy} >= ${from} and ${orderBy} < ${to} offset 0) r
  window w as (order by o) offset 0) x`;
}

/** In the order in which they explain each other: a row that is missing also breaks the link behind it. */
function breaksIn(
  row: Row,
  { from, to, link }: { readonly from: bigint; readonly to: bigint; readonly link: ChainLink | undefined },
): ChainBreak[] {
  if (row.integer(0) === 0n) return [{ at: from, why: missing(from, to - 1n) }];
  const breaks: ChainBreak[] = [];
  const [first, last] = [row.integer(5), row.integer(6)];
  if (first > from) breaks.push({ at: from, why: missing(from, first - 1n) });
  const at = (position: number): bigint | undefined =>
    row.textOrNull(position) === null ? undefined : row.integer(position);
  const [gap, beforeGap, self, unlinked] = [at(3), at(4), at(1), at(2)];
  if (gap !== undefined && beforeGap !== undefined) {
    const isTwice = gap === beforeGap;
    const hole = isTwice ? gap : beforeGap + 1n;
    breaks.push({ at: hole, why: isTwice ? `row ${gap} is there more than once` : missing(hole, gap - 1n) });
  }
  if (self !== undefined) breaks.push({ at: self, why: `row ${self} is not what its own hash says` });
  if (link !== undefined && first === from && row.textOrNull(7) !== link.hash) breaks.push(unlinkedAt(first));
  if (unlinked !== undefined) breaks.push(unlinkedAt(unlinked));
  if (last < to - 1n) breaks.push({ at: last + 1n, why: missing(last + 1n, to - 1n) });
  return breaks;
}

const unlinkedAt = (at: bigint): ChainBreak => ({ at, why: `row ${at} does not hold the hash of the row before it` });

const missing = (from: bigint, to: bigint): string =>
  from === to ? `row ${from} is missing` : `the rows from ${from} to ${to} are missing`;

/** The hash of one row, in hex; undefined when the row is not there. */
export async function hashAt(
  session: DataSession,
  { table, orderBy, hash }: ChainColumns,
  type: HashType,
  at: bigint,
): Promise<string | undefined> {
  const [row] = await session.query(`select ${hexOf(hash, type)} from ${table} where ${orderBy} = ${at} limit 1`);
  return row && (row.textOrNull(0) ?? "");
}

/** Of the first and the last row, how many are what their own hash says. None: either both were changed, or the preimage is another. */
export async function countSound(
  ask: AskRow,
  { table, orderBy, hash, preimage }: ChainColumns,
  { head, types }: ChainExtent,
): Promise<number> {
  const digest = types.hash === "bytea" ? "digest" : "encode(digest, 'hex')";
  const row = await ask(`select count(*) filter (where ${digest} = ${comparable("h", types.hash)})::text
from (select ${hash} h, sha256((
${preimage}
)) digest from ${table} where ${orderBy} in (${BigInt(head.from)}, ${BigInt(head.at)}) offset 0) r`);
  return Number(row.text(0));
}

/** Whether any row has no number: no range holds it. */
export async function hasUnnumbered(session: DataSession, { table, orderBy }: ChainColumns): Promise<boolean> {
  return onlyRow(await session.query(`select exists (select from ${table} where ${orderBy} is null)`)).flag(0);
}
