import * as z from "zod/mini";
import { StatementFailed } from "../../aws/data-api/statement-failed.ts";
import type { CheckOf } from "../../plan/checks.ts";
import { MAX_TIMEOUTS_IN_A_ROW } from "../../reading/batches.ts";
import { asReadFailure } from "../../reading/chunks.ts";
import { onlyRow } from "../../reading/only-row.ts";
import { countOf, describeExpectation, listOf, MAX_LISTED, meets } from "../expectation.ts";
import { explain } from "../fault.ts";
import { type Asking, type Finding, found, type KindOfCheck, type Progress } from "../kind.ts";

/** Of an object, at once: far below the 1 GB that a value may have. */
const PIECE_BYTES = 2 ** 20;
/** Objects, or pieces of a large one, a statement: 128 MB, of which a cold sandbox reads 20 a second. */
const MAX_BATCH = 128;

const COUNT = "select count(*)::text from pg_largeobject_metadata";

/** Who may read an object: its owner, whom it is granted to, a superuser (as whom every membership holds), all where ACLs are not asked. */
const MAY_READ = `(pg_has_role(m.lomowner, 'usage') or current_setting('lo_compat_privileges')::boolean or exists (
  select from aclexplode(m.lomacl) a where a.privilege_type = 'SELECT' and (a.grantee = 0 or pg_has_role(a.grantee, 'usage'))))`;

const first = (afterOid: string, limit: number): string => `select m.oid::bigint::text, case when ${MAY_READ} then
  octet_length(lo_get(m.oid, 0, ${PIECE_BYTES}))::text end
from pg_largeobject_metadata m where m.oid > ${BigInt(afterOid)}::oid order by m.oid limit ${limit}`;

const further = (oid: string, piece: number, limit: number): string =>
  `select coalesce(sum(octet_length(lo_get(${BigInt(oid)}::oid, g::bigint * ${PIECE_BYTES}, ${PIECE_BYTES}))), 0)::text
from generate_series(${piece}, ${piece + limit - 1}) g`;

const LargeObjectsCursor = z.object({
  /** Objects up to and with this one are done. */
  afterOid: z.string(),
  /** Objects that are longer than a piece, and how many pieces of the first are read. */
  long: z.array(z.string()),
  piece: z.number(),
  batch: z.number(),
  read: z.number(),
  bytes: z.string(),
  corrupt: z.array(z.string()),
  corruptCount: z.number(),
  /** Why the first of them can not be read. */
  corruptSaid: z.string(),
  deniedCount: z.number(),
  unread: z.array(z.string()),
  unreadCount: z.number(),
  timeoutsInARow: z.number(),
});
type LargeObjectsCursor = z.infer<typeof LargeObjectsCursor>;

const START: LargeObjectsCursor = {
  afterOid: "0",
  long: [],
  piece: 1,
  batch: MAX_BATCH,
  read: 0,
  bytes: "0",
  corrupt: [],
  corruptCount: 0,
  corruptSaid: "",
  deniedCount: 0,
  unread: [],
  unreadCount: 0,
  timeoutsInARow: 0,
};

/** How many large objects there are, and whether each can be read to its end: they are in no table that a full read would look at. */
export const largeObjects: KindOfCheck<"large-objects"> = {
  expected: ({ expect }) =>
    expect === undefined
      ? "every large object readable"
      : `${describeExpectation(expect, "large object")}, every one readable`,

  async ask(check, asking, stored) {
    let cursor: LargeObjectsCursor | undefined = stored === undefined ? START : z.parse(LargeObjectsCursor, stored);
    const total = onlyRow(await asking.session.query(COUNT)).integer(0);
    for (;;) {
      if (!asking.hasTime()) return { cursor };
      const next: LargeObjectsCursor | undefined =
        cursor.long.length > 0 ? await readFurther(asking, cursor) : await readFirst(asking, cursor);
      if (next === undefined) return judge(check, total, cursor);
      cursor = next;
      if (cursor.timeoutsInARow >= MAX_TIMEOUTS_IN_A_ROW) return stopped(cursor);
      await asking.reached(cursor);
    }
  },

  cutOff(stored, why) {
    const cursor = z.parse(LargeObjectsCursor, stored);
    return cursor.corruptCount === 0 ? undefined : corrupt(cursor, `; the rest was not read: ${why}`);
  },
};

/** The first piece of the next objects, which is all of most. Undefined when there are none. */
async function readFirst({ session }: Asking, cursor: LargeObjectsCursor): Promise<LargeObjectsCursor | undefined> {
  const { afterOid, batch } = cursor;
  try {
    const rows = await session.query(first(afterOid, batch));
    const last = rows.at(-1);
    if (last === undefined) return undefined;
    const lengths = rows.map((row) => ({ oid: row.text(0), bytes: row.textOrNull(1) }));
    const sum = lengths.reduce((bytes, one) => bytes + BigInt(one.bytes ?? 0), BigInt(cursor.bytes));
    const denied = lengths.filter(({ bytes }) => bytes === null).length;
    const long = lengths.filter(({ bytes }) => Number(bytes) >= PIECE_BYTES).map(({ oid }) => oid);
    return {
      ...cursor,
      afterOid: last.text(0),
      long,
      piece: 1,
      batch: Math.min(MAX_BATCH, batch * 2),
      read: cursor.read + lengths.length - denied - long.length,
      bytes: String(sum),
      deniedCount: cursor.deniedCount + denied,
      timeoutsInARow: 0,
    };
  } catch (error) {
    const failure = failureOf(error);
    const smaller = withFailure(cursor, failure);
    if (batch > 1) return smaller;
    const oid = await nextOid(session, afterOid);
    return oid === undefined ? undefined : { ...withGap(smaller, oid, failure), afterOid: oid };
  }
}

async function readFurther({ session }: Asking, cursor: LargeObjectsCursor): Promise<LargeObjectsCursor> {
  const { long, piece, batch } = cursor;
  const [oid = "0", ...others] = long;
  try {
    const bytes = onlyRow(await session.query(further(oid, piece, batch))).integer(0);
    const isAtEnd = bytes < BigInt(batch * PIECE_BYTES);
    return {
      ...cursor,
      bytes: String(BigInt(cursor.bytes) + bytes),
      batch: Math.min(MAX_BATCH, batch * 2),
      timeoutsInARow: 0,
      ...(isAtEnd ? { long: others, piece: 1, read: cursor.read + 1 } : { piece: piece + batch }),
    };
  } catch (error) {
    const failure = failureOf(error);
    const smaller = withFailure(cursor, failure);
    return batch > 1 ? smaller : { ...withGap(smaller, oid, failure), long: others, piece: 1 };
  }
}

async function nextOid(session: Asking["session"], afterOid: string): Promise<string | undefined> {
  const sql = `select min(oid::bigint)::text from pg_largeobject_metadata where oid > ${BigInt(afterOid)}::oid`;
  return onlyRow(await session.query(sql)).textOrNull(0) ?? undefined;
}

function failureOf(error: unknown): StatementFailed {
  if (!(error instanceof StatementFailed) || error.fault === "unavailable") throw error;
  return asReadFailure(error);
}

function withFailure(cursor: LargeObjectsCursor, { fault }: StatementFailed): LargeObjectsCursor {
  const isTimeout = fault === "timeout";
  const batch = Math.max(1, Math.floor(cursor.batch / (isTimeout ? 8 : 2)));
  return { ...cursor, batch, timeoutsInARow: isTimeout ? cursor.timeoutsInARow + 1 : 0 };
}

function withGap(cursor: LargeObjectsCursor, oid: string, failure: StatementFailed): LargeObjectsCursor {
  if (failure.fault !== "corrupt") {
    const unread = [...cursor.unread, `${oid} (${explain(failure)})`].slice(0, MAX_LISTED);
    return { ...cursor, unread, unreadCount: cursor.unreadCount + 1 };
  }
  return {
    ...cursor,
    corrupt: [...cursor.corrupt, oid].slice(0, MAX_LISTED),
    corruptCount: cursor.corruptCount + 1,
    corruptSaid: cursor.corruptSaid || explain(failure),
  };
}

function corrupt({ corrupt, corruptCount, corruptSaid }: LargeObjectsCursor, tail: string): Finding {
  const observed = `large objects ${listOf(corrupt, corruptCount)}: ${corruptSaid}${tail}`;
  return { outcome: "failed", observed, fault: "corrupt" };
}

function stopped(cursor: LargeObjectsCursor): Progress {
  const why = `${MAX_TIMEOUTS_IN_A_ROW} statements in a row were not answered in time, the rest was not read`;
  if (cursor.corruptCount > 0) return { finding: corrupt(cursor, `; ${why}`) };
  return found("unchecked", why, { fault: "timeout" });
}

function judge({ expect }: CheckOf<"large-objects">, total: bigint, cursor: LargeObjectsCursor): Progress {
  const { deniedCount, unread, unreadCount, bytes, read } = cursor;
  if (cursor.corruptCount > 0) return { finding: corrupt(cursor, "") };
  const observed = countOf(total, "large object");
  if (expect !== undefined && !meets(expect, total)) return found("failed", observed);
  if (deniedCount > 0) {
    const what = `the drill's role may not read ${deniedCount.toLocaleString("en-US")} of ${observed}`;
    return found("unchecked", `${what}: grant it select on them, or make it a member of their owner`, {
      fault: "denied",
    });
  }
  if (unreadCount > 0) return found("unchecked", `could not be read: large objects ${listOf(unread, unreadCount)}`);
  if (total === 0n) return found(expect?.equals === 0 ? "held" : "empty", "no large objects");
  const megabytes = Math.ceil(Number(bytes) / 1e6).toLocaleString("en-US");
  return found("held", `${countOf(read, "large object")} read, ${megabytes} MB`);
}
