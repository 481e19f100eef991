import * as z from "zod/mini";
import type { Row } from "../../aws/data-api/values.ts";
import { askBatch } from "../../reading/batches.ts";
import { type BlockRange, ChunkPosition, FIRST_CHUNK, readBlocks } from "../../reading/chunks.ts";
import { RELATION_COLUMNS, type Relation, relationOf, USER_SCHEMAS } from "../../reading/relations.ts";
import { countOf } from "../expectation.ts";
import { explain } from "../fault.ts";
import { type Asking, found, type KindOfCheck } from "../kind.ts";
import {
  type Bad,
  cutOffSurvey,
  failedStep,
  type Item,
  PAGE,
  placeOf,
  type Step,
  type SurveyCursor,
  survey,
  type Telling,
} from "../survey.ts";
import { explainAbsence, findAmcheck } from "./amcheck.ts";
import { batchOf, isSmall } from "./small-tables.ts";

/** The first few of a table say where to look and what is wrong; the count says how much. */
const NAMED_A_TABLE = 3;

/** A table with so many blocks that can not be read is bad: exactly how bad is not the question, and each costs a statement. */
const MAX_UNREADABLE_BLOCKS = 20;

/** Tables, materialised views, and the TOAST of both, under the name of the table that it belongs to. */
const LISTING = `with heaps as (
  select u.*, ${placeOf("u.oid")} || u.oid::bigint::text place
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  cross join lateral (values (c.oid, format('%I.%I', n.nspname, c.relname)), (c.reltoastrelid, format('TOAST of %I.%I', n.nspname, c.relname))) u(oid, name)
  where c.relkind in ('r', 'm') and c.relpersistence <> 't' and u.oid <> 0 and ${USER_SCHEMAS}
), page as materialized (select * from heaps where place > :after order by place limit ${PAGE})
select ${RELATION_COLUMNS}, (select count(*) from heaps)::text, h.place, h.name
from page h join pg_class c on c.oid = h.oid join pg_namespace n on n.oid = c.relnamespace
order by h.place`;

interface Heap extends Item {
  readonly relation: Relation;
  readonly name: string;
}

const At = z.object({ position: ChunkPosition, unreadable: z.number() });
type At = z.infer<typeof At>;
const FIRST_BLOCK: At = { position: FIRST_CHUNK, unreadable: 0 };

const Places = z.array(z.tuple([z.number(), z.nullable(z.number()), z.string()]));

const TELLING: Telling = {
  noun: "table",
  plural: "tables",
  bad: "corrupt",
  describe: ({ name, count, said }) => `${name} (${said}${count > 1 ? `; ${countOf(count, "finding")}` : ""})`,
  held: () => "sound, block by block (TOAST and materialised views count as tables)",
};

/** Whether every page and tuple header of every table is what PostgreSQL writes: amcheck's `verify_heapam`, from PostgreSQL 14. */
export const heap: KindOfCheck<"heap"> = {
  expected: ({ coverage }) =>
    coverage === "full" ? "every page of every table sound" : "every page of a sample of tables sound",

  async ask(check, asking, stored) {
    const amcheck = await findAmcheck(asking.session);
    if (amcheck === undefined || !amcheck.mayCheckHeaps) {
      return found("unchecked", explainAbsence(amcheck), amcheck === undefined ? {} : { fault: "denied" });
    }
    const verify: Verify = (item, range) => findingsOf(amcheck.schema, item, range);
    const list = async (after: string) => {
      const rows = await asking.session.query(LISTING, { seed: asking.drill.drillId, after });
      return { total: Number(rows[0]?.text(7) ?? 0), items: rows.map(heapOf) };
    };
    const step = (page: readonly [Heap, ...Heap[]], cursor: SurveyCursor) =>
      isSmall(page[0].relation) && cursor.at === undefined
        ? askSmall(asking, page, cursor, verify)
        : askRange(asking, page[0], cursor, verify);
    return survey(asking, check, { list, step }, TELLING, stored);
  },

  cutOff: (stored, why) => cutOffSurvey(TELLING, stored, why),
};

const heapOf = (row: Row): Heap => ({
  relation: relationOf(row),
  place: row.text(8),
  isCounted: true,
  name: row.text(9),
});

type Verify = (item: Heap, range: "all" | BlockRange) => string;

/** How many findings, and the first few. Their messages speak of offsets and transaction ids, never of a value. */
function findingsOf(schema: string, { relation }: Heap, range: "all" | BlockRange): string {
  const blocks = range === "all" ? "null, null" : `${range.from}, ${range.to - 1}`;
  const call = `${schema}.verify_heapam(${relation.oid}::oid::regclass, false, true, 'none', ${blocks})`;
  return `count(*)::text, (json_agg(json_build_array(blkno, offnum, left(msg, 200))) filter (where nth <= ${NAMED_A_TABLE}))::text
from (select blkno, offnum, msg, row_number() over () nth from ${call}) v`;
}

async function askSmall(
  { session }: Asking,
  page: readonly Heap[],
  { batch }: SurveyCursor,
  verify: Verify,
): Promise<Step> {
  const { items, selects } = batchOf(page, batch, (item, nth) => `select '${nth}' nth, ${verify(item, "all")}`);
  const answer = await askBatch(session, selects);
  if ("failed" in answer) {
    const isTimeout = answer.failed.fault === "timeout";
    // Alone, it is asked by ranges, to find where.
    const at = items.length > 1 ? {} : { at: FIRST_BLOCK };
    return { done: 0, batch: answer.nextSize, isTimeout, ...at };
  }
  const bad = answer.rows.flatMap((row) => {
    const item = items[Number(row.text(0))];
    return item === undefined ? [] : badOf(item, row.integer(1), row.textOrNull(2));
  });
  return { done: items.length, bad, batch: answer.nextSize };
}

async function askRange({ session }: Asking, item: Heap, { at: stored }: SurveyCursor, verify: Verify): Promise<Step> {
  const { position, unreadable } = stored === undefined ? FIRST_BLOCK : z.parse(At, stored);
  // There is no block to begin at.
  if (item.relation.blocks === 0) return { done: 1 };
  const chunk = await readBlocks(session, item.relation, position, (range) => `select ${verify(item, range)}`);
  const goOn = (more: number): Step =>
    chunk.next === undefined ? { done: 1 } : { done: 0, at: { position: chunk.next, unreadable: unreadable + more } };
  if (chunk.step === "read") return { ...goOn(0), bad: badOf(item, chunk.row.integer(0), chunk.row.textOrNull(1)) };
  const isTimeout = chunk.failed.fault === "timeout";
  if (chunk.step === "split") return { ...goOn(0), isTimeout };
  const { from } = chunk.range;
  if (chunk.failed.fault !== "corrupt") return failedStep(`${item.name} from block ${from}`, chunk.failed);
  const bad: Bad[] = [{ name: item.name, count: 1, said: `block ${from}: ${explain(chunk.failed)}`, fault: "corrupt" }];
  return unreadable + 1 >= MAX_UNREADABLE_BLOCKS ? { done: 1, bad } : { ...goOn(1), bad };
}

/** Numbers in a message are of this one tuple: without them it names what kind of damage it is. */
function badOf({ name }: Heap, count: bigint, places: string | null): Bad[] {
  if (count === 0n) return [];
  const said = z
    .parse(Places, JSON.parse(places ?? "[]"))
    .map(([block, offset, message]) => {
      const where = offset === null ? `block ${block}` : `block ${block} offset ${offset}`;
      return `${where}: ${message.replaceAll(/\d+/g, "N")}`;
    })
    .join(", ");
  return [{ name, count: Number(count), said, fault: "corrupt" }];
}
