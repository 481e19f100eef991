import * as z from "zod/mini";
import type { Row } from "../../aws/data-api/values.ts";
import { askBatch, MAX_BATCH, MAX_TIMEOUTS_IN_A_ROW } from "../../reading/batches.ts";
import { displayName, quoteIdentifier, quoteTable } from "../../reading/identifiers.ts";
import { USER_SCHEMAS } from "../../reading/relations.ts";
import { countOf, listOf, MAX_LISTED } from "../expectation.ts";
import { explain } from "../fault.ts";
import { type Asking, found, type KindOfCheck, type Progress } from "../kind.ts";

const PAGE = 500;

/**
 * Every integer column with a sequence: its own (serial, identity) or one that its default draws from. A partition's columns are seen
 * with their parent's; a sequence that cycles is behind by design.
 */
const feeds = (
  offset: number,
): string => `select sn.nspname::text, s.relname::text, n.nspname::text, c.relname::text, a.attname::text, p.seqincrement > 0
from (
  select d.objid seq, d.refobjid rel, d.refobjsubid att from pg_depend d
  where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') and d.refobjsubid > 0
  union
  select d.refobjid, f.adrelid, f.adnum from pg_depend d join pg_attrdef f on d.classid = 'pg_attrdef'::regclass and d.objid = f.oid
  where d.refclassid = 'pg_class'::regclass and pg_get_expr(f.adbin, f.adrelid) like 'nextval(%'
) l
join pg_class s on s.oid = l.seq and s.relkind = 'S' join pg_namespace sn on sn.oid = s.relnamespace
join pg_sequence p on p.seqrelid = s.oid and not p.seqcycle
join pg_class c on c.oid = l.rel and c.relkind in ('r', 'p') and not c.relispartition join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum = l.att
  and a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
where ${USER_SCHEMAS} and (:only = '' or s.oid = to_regclass(:only)) order by s.oid, c.oid, a.attnum limit ${PAGE} offset ${offset}`;

interface Feed {
  readonly select: string;
  readonly column: string;
}

const SequencesCursor = z.object({
  done: z.number(),
  batch: z.number(),
  behind: z.array(z.string()),
  behindCount: z.number(),
  unasked: z.array(z.string()),
  unaskedCount: z.number(),
  timeoutsInARow: z.number(),
});
type SequencesCursor = z.infer<typeof SequencesCursor>;

const START: SequencesCursor = {
  done: 0,
  batch: MAX_BATCH,
  behind: [],
  behindCount: 0,
  unasked: [],
  unaskedCount: 0,
  timeoutsInARow: 0,
};

/** Whether each sequence is ahead of the column it feeds: one that is not answers the first insert with a duplicate key. */
export const sequences: KindOfCheck<"sequences"> = {
  expected: () => "every sequence at or beyond its column",

  async ask(_check, asking, stored) {
    let cursor = stored === undefined ? START : z.parse(SequencesCursor, stored);
    for (;;) {
      if (!asking.hasTime()) return { cursor };
      const page = (await asking.session.query(feeds(cursor.done), { only: asking.only ?? "" })).map(feedOf);
      if (page.length === 0) return conclude(cursor);
      while (page.length > 0) {
        if (!asking.hasTime()) return { cursor };
        cursor = await askSome(asking, page, cursor);
        if (cursor.timeoutsInARow >= MAX_TIMEOUTS_IN_A_ROW) return stopped(cursor);
        await asking.reached(cursor);
      }
    }
  },

  cutOff(stored, why) {
    const { behind, behindCount } = z.parse(SequencesCursor, stored);
    return behindCount === 0
      ? undefined
      : { outcome: "failed", observed: `${describeBehind(behind, behindCount)}; ${why}` };
  },
};

function feedOf(row: Row): Feed {
  const sequence = quoteTable({ schema: row.text(0), table: row.text(1) });
  const table = { schema: row.text(2), table: row.text(3) };
  const column = quoteIdentifier(row.text(4));
  const [extreme, beyond] = row.flag(5) ? ["max", ">"] : ["min", "<"];
  return {
    column: `${displayName(table)}.${row.text(4)}`,
    // A sequence that was never called gives its last value first: the column may not hold it yet.
    select: `q.last_value::text, m.top::text, coalesce(m.top ${beyond} q.last_value or (not q.is_called and m.top = q.last_value), false)
from ${sequence} q, (select ${extreme}(${column}) top from ${quoteTable(table)}) m`,
  };
}

/** Takes a batch off the page and answers the cursor behind it. */
async function askSome({ session }: Asking, page: Feed[], cursor: SequencesCursor): Promise<SequencesCursor> {
  const feeds = page.slice(0, cursor.batch);
  const answer = await askBatch(
    session,
    feeds.map(({ select }, nth) => `select '${nth}' nth, ${select}`),
  );
  const isTimeout = "failed" in answer && answer.failed.fault === "timeout";
  const asked = { ...cursor, batch: answer.nextSize, timeoutsInARow: isTimeout ? cursor.timeoutsInARow + 1 : 0 };
  if ("failed" in answer && feeds.length > 1) return asked;
  page.splice(0, feeds.length);
  const next = { ...asked, done: cursor.done + feeds.length };
  if ("failed" in answer) {
    const unasked = feeds.map(({ column }) => `${column} (${explain(answer.failed)})`);
    return { ...next, unasked: keep(cursor.unasked, unasked), unaskedCount: cursor.unaskedCount + feeds.length };
  }
  const behind = answer.rows
    .filter((row) => row.flag(3))
    .map((row) => `${feeds[Number(row.text(0))]?.column} is at ${row.text(2)}, its sequence at ${row.text(1)}`);
  return { ...next, behind: keep(cursor.behind, behind), behindCount: cursor.behindCount + behind.length };
}

const keep = (names: readonly string[], more: readonly string[]): string[] => [...names, ...more].slice(0, MAX_LISTED);

const describeBehind = (behind: readonly string[], count: number): string => `behind: ${listOf(behind, count)}`;

function stopped({ behind, behindCount }: SequencesCursor): Progress {
  const why = `${MAX_TIMEOUTS_IN_A_ROW} statements in a row were not answered in time, the rest was not asked`;
  if (behindCount > 0) return found("failed", `${describeBehind(behind, behindCount)}; ${why}`);
  return found("unchecked", why, { fault: "timeout" });
}

function conclude({ done, behind, behindCount, unasked, unaskedCount }: SequencesCursor): Progress {
  if (done === 0) return found("empty", "no sequence feeds a column");
  if (behindCount > 0) return found("failed", describeBehind(behind, behindCount));
  if (unaskedCount > 0) return found("unchecked", `not answered: ${listOf(unasked, unaskedCount)}`);
  return found("held", `${countOf(done, "sequence")} at or beyond the column`);
}
