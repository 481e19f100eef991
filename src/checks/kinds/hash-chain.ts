import * as z from "zod/mini";
import { rowAsReader } from "../../aws/data-api/reader.ts";
import { StatementFailed } from "../../aws/data-api/statement-failed.ts";
import type { DataSession } from "../../aws/data-api.ts";
import { type DriftEntry, leaveDrift } from "../../evidence/drift.ts";
import type { Parts } from "../../evidence/parts.ts";
import { type CheckOf, checkName } from "../../plan/checks.ts";
import { displayName, parseTable, quoteIdentifier, sqlNameOf } from "../../reading/identifiers.ts";
import { onlyRow } from "../../reading/only-row.ts";
import { Pace, paceAfter, paceAfterFailure } from "../../reading/pace.ts";
import { ChainHead, Chains } from "../../structure/chains.ts";
import {
  type AskRow,
  type ChainColumns,
  type ChainExtent,
  countSound,
  hashAt,
  hasUnnumbered,
  lookAtChain,
  walkRange,
} from "../../structure/hash-chain.ts";
import { countOf } from "../expectation.ts";
import { type Asking, found, type KindOfCheck, type Progress, type Reference } from "../kind.ts";

const PART = "chains.json";

/** Numbers of rows where the pace says blocks. At the measured 172,000 rows/s 24 ms, and with preimages of 100 kB still below 10 s. */
const FIRST_ROWS: Pace = { blocks: 4096 };

/** Timeouts of 45 s in a row, each of them on an eighth of the rows of the one before: from 524,288 rows to one takes seven. */
const MAX_TIMEOUTS_IN_A_ROW = 10;

const HashType = z.enum(["bytea", "text"]);
const ChainCursor = z.object({
  head: ChainHead,
  types: z.object({ previous: HashType, hash: HashType }),
  /** The last row that was walked. */
  link: z.optional(z.object({ at: z.string(), hash: z.string() })),
  pace: Pace,
  timeoutsInARow: z.number(),
});
type ChainCursor = z.infer<typeof ChainCursor>;
type HashChain = CheckOf<"hash-chain">;

/**
 * Every row's hash is that of its preimage, each row holds the hash of the one before, and no number is missing. A chain that was cut or
 * written anew as a whole passes all that: the heads that were seen before must still be in it.
 */
export const hashChain: KindOfCheck<"hash-chain"> = {
  expected: () => "an unbroken chain that holds every head seen before",

  async ask(check, asking, stored) {
    const chain = columnsOf(check);
    const began = stored === undefined ? await begin(asking, chain, check) : undefined;
    if (began !== undefined && "finding" in began) return began;
    let cursor: ChainCursor = began ?? z.parse(ChainCursor, stored);
    while (nextOf(cursor) <= BigInt(cursor.head.at)) {
      if (!asking.hasTime()) return { cursor };
      const walked = await walkSome(asking.reader, chain, cursor);
      if ("broken" in walked) return found("failed", `${walked.broken}; the rows behind it were not walked`);
      cursor = walked;
      await asking.reached(cursor);
    }
    return conclude(check, chain, cursor, asking);
  },

  async capture(check, { session, parts }) {
    const look = await lookAtChain(session, columnsOf(check));
    if (look.step === "empty") return found("empty", "no rows");
    if (look.step === "no-chain") return found("unchecked", look.why, { fault: "invalid" });
    const { head } = look.extent;
    const ask = async (sql: string) => onlyRow(await session.query(sql));
    if ((await countSound(ask, columnsOf(check), look.extent)) === 0) return found("unchecked", OTHER_PREIMAGE);
    await leaveHead(parts, check, head);
    return found("held", `head ${head.at}`);
  },
};

const OTHER_PREIMAGE =
  "neither the first row nor the last is what its hash says: the plan's preimage is probably not the one that the hashes were made of";

const columnsOf = ({ table, orderBy, previous, hash, preimage }: HashChain): ChainColumns => ({
  table: sqlNameOf(table),
  orderBy: quoteIdentifier(orderBy),
  previous: quoteIdentifier(previous),
  hash: quoteIdentifier(hash),
  preimage,
});

const keyOf = ({ table }: HashChain): string => displayName(parseTable(table));

const nextOf = ({ head, link }: ChainCursor): bigint => (link === undefined ? BigInt(head.from) : BigInt(link.at) + 1n);

interface Seen {
  readonly reference: Reference;
  readonly head: ChainHead;
  readonly where: string;
}

async function headsSeen(references: readonly Reference[], check: HashChain): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (const reference of references) {
    const head = (await reference.parts.get(PART, Chains))?.heads[keyOf(check)];
    if (head !== undefined) seen.push({ reference, head, where: `the ${reference.kind} of ${reference.takenAt}` });
  }
  return seen;
}

async function begin(
  { session, reader, references }: Asking,
  chain: ChainColumns,
  check: HashChain,
): Promise<ChainCursor | Extract<Progress, { finding: unknown }>> {
  const look = await lookAtChain(session, chain);
  const seen = await headsSeen(references, check);
  if (look.step === "no-chain") return { finding: { outcome: "unchecked", observed: look.why, fault: "invalid" } };
  if (look.step === "empty") {
    const [lost] = seen;
    if (lost === undefined) return { finding: { outcome: "empty", observed: "no rows" } };
    return { finding: { outcome: "failed", observed: `no rows: ${lost.where} saw the head ${lost.head.at}` } };
  }
  const { head, types } = look.extent;
  // A chain of one row that is another is a chain that is broken.
  if (head.from !== head.at && (await countSound(through(reader), chain, look.extent)) === 0)
    return { finding: { outcome: "unchecked", observed: OTHER_PREIMAGE } };
  const broken = genesisBroken(head, seen) ?? (await unnumberedRow(session, chain));
  if (broken !== undefined) return { finding: { outcome: "failed", observed: broken } };
  return { head, types, pace: FIRST_ROWS, timeoutsInARow: 0 };
}

/** A chain begins with no hash before it, or with one of zeros, or as it was seen to begin before. */
function genesisBroken({ from, genesis }: ChainHead, seen: readonly Seen[]): string | undefined {
  const other = seen.find(({ head }) => head.from !== from || head.genesis !== genesis);
  if (other !== undefined && other.head.from !== from) {
    return `the chain begins with row ${from}; in ${other.where} it began with row ${other.head.from}`;
  }
  if (other !== undefined) return `row ${from} holds another hash as the one before it than in ${other.where}`;
  if (seen.length > 0 || genesis === null || /^0*$/.test(genesis)) return undefined;
  return `row ${from}, the first, holds the hash of a row that is not there, and no baseline knows the chain to begin so`;
}

async function unnumberedRow(session: DataSession, chain: ChainColumns): Promise<string | undefined> {
  return (await hasUnnumbered(session, chain)) ? `a row has no number in ${chain.orderBy}` : undefined;
}

const through =
  (reader: DataSession): AskRow =>
  (sql) =>
    rowAsReader(reader, sql);

async function walkSome(
  reader: DataSession,
  chain: ChainColumns,
  cursor: ChainCursor,
): Promise<ChainCursor | { readonly broken: string }> {
  const from = nextOf(cursor);
  const end = BigInt(cursor.head.at) + 1n;
  const to = from + BigInt(cursor.pace.blocks) < end ? from + BigInt(cursor.pace.blocks) : end;
  const count = Number(to - from);
  const link = cursor.link && { at: BigInt(cursor.link.at), hash: cursor.link.hash };
  const before = reader.seconds;
  try {
    const walked = await walkRange(through(reader), chain, cursor.types, { from, to, link });
    if ("broken" in walked) return { broken: walked.broken.why };
    const pace = paceAfter(cursor.pace, { blocks: count, seconds: reader.seconds - before });
    const next = { at: String(walked.link.at), hash: walked.link.hash };
    return { ...cursor, link: next, pace, timeoutsInARow: 0 };
  } catch (error) {
    const isSplit = error instanceof StatementFailed && error.fault === "timeout" && count > 1;
    if (!isSplit || cursor.timeoutsInARow + 1 >= MAX_TIMEOUTS_IN_A_ROW) throw error;
    return { ...cursor, pace: paceAfterFailure(count), timeoutsInARow: cursor.timeoutsInARow + 1 };
  }
}

async function conclude(
  check: HashChain,
  chain: ChainColumns,
  { head, types }: ChainCursor,
  { session, references, parts }: Asking,
): Promise<Progress> {
  const seen = await headsSeen(references, check);
  for (const anchor of seen) {
    const broken = await anchorBroken(session, chain, { head, types }, anchor);
    await leaveDrift(parts, checkName(check), {
      reference: anchor.reference,
      entries: [driftOf(check, anchor, head, broken)],
    });
    if (broken !== undefined) return found("failed", broken);
  }
  await leaveHead(parts, check, head);
  const rows = `${countOf(BigInt(head.rows), "row")}, head ${head.at}`;
  if (seen.length === 0) {
    return found(
      "held",
      `${rows}; no earlier head is known, so that a tail cut or written anew could not be seen; this head is kept`,
    );
  }
  return found(
    "held",
    `${rows}; holds ${seen.map((anchor) => `the head ${anchor.head.at} seen in ${anchor.where}`).join(", ")}`,
  );
}

const driftOf = (check: HashChain, anchor: Seen, head: ChainHead, broken: string | undefined): DriftEntry => ({
  key: `chain ${keyOf(check)}`,
  source: `row ${anchor.head.at}, ${anchor.head.hash}`,
  restored: broken ?? `holds it; head ${head.at}, ${head.hash}`,
  match: broken === undefined,
});

async function anchorBroken(
  session: DataSession,
  chain: ChainColumns,
  { head, types }: ChainExtent,
  { head: anchor, where }: Seen,
): Promise<string | undefined> {
  const at = BigInt(anchor.at);
  if (BigInt(head.at) < at)
    return `the chain ends with row ${head.at}: its tail is cut, ${where} saw the head ${anchor.at}`;
  const hash = await hashAt(session, chain, types.hash, at);
  if (hash === anchor.hash) return undefined;
  return hash === undefined
    ? `row ${anchor.at}, the head seen in ${where}, is missing`
    : `row ${anchor.at} has another hash than when it was the head in ${where}: the chain was written anew`;
}

/** Several chains share the document. Checks run one after the other. */
async function leaveHead(parts: Parts, check: HashChain, head: ChainHead): Promise<void> {
  const { heads } = (await parts.get(PART, Chains)) ?? { heads: {} };
  await parts.leave(PART, { heads: { ...heads, [keyOf(check)]: head } } satisfies Chains);
}
