import * as z from "zod/mini";
import type { Row } from "../../aws/data-api/values.ts";
import { askBatch } from "../../reading/batches.ts";
import { asReadFailure, ChunkPosition, FIRST_CHUNK, readBlocks } from "../../reading/chunks.ts";
import { quoteIdentifier, quoteTable } from "../../reading/identifiers.ts";
import { RELATION_COLUMNS, type Relation, relationOf, USER_SCHEMAS } from "../../reading/relations.ts";
import { countOf } from "../expectation.ts";
import type { Asking, KindOfCheck } from "../kind.ts";
import {
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
import { batchOf } from "./small-tables.ts";

/**
 * Every foreign key once, with each table that holds its rows: the leaves of a partitioned one. What PostgreSQL itself derives from it
 * for partitions of either side has `conparentid`. `conperiod` is of PostgreSQL 18.
 */
const LISTING = `with keys as (
  select k.*, coalesce((to_jsonb(k) ->> 'conperiod')::boolean, false) is_period, ${placeOf("k.oid")} place
  from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
  where k.contype = 'f' and k.conparentid = 0 and c.relpersistence <> 't' and ${USER_SCHEMAS}
    and (:only = '' or c.oid = to_regclass(:only))
), parts as (
  select keys.*, keys.place || lpad(leaf.relid::oid::bigint::text, 10, '0') part_place, leaf.relid leaf,
    row_number() over (partition by keys.oid order by leaf.relid::oid desc) = 1 is_last
  from keys, lateral (
    select keys.conrelid::regclass relid from pg_class where pg_class.oid = keys.conrelid and relkind = 'r'
    union select p.relid from pg_partition_tree(keys.conrelid) p where p.isleaf) leaf
)
select ${RELATION_COLUMNS}, (select count(distinct oid) from parts)::text, f.part_place, f.is_last,
  quote_ident(f.conname), f.convalidated, f.confmatchtype = 'f', f.is_period, rn.nspname::text, rc.relname::text, rc.relkind::text,
  (select sum(pg_relation_size(l.relid)) / current_setting('block_size')::int from (
    select rc.oid::regclass relid union select p.relid from pg_partition_tree(rc.oid) p where p.isleaf) l)::bigint::text,
  (select json_agg(json_build_array(fa.attname, pa.attname, format('operator(%I.%s)', opn.nspname, o.oprname),
      case when fa.attcollation <> pa.attcollation then format('collate %I.%I', cn.nspname, co.collname) end) order by u.nth)
    from unnest(f.conkey, f.confkey, f.conpfeqop) with ordinality u(fk, pk, op, nth)
    join pg_attribute fa on fa.attrelid = f.conrelid and fa.attnum = u.fk
    join pg_attribute pa on pa.attrelid = f.confrelid and pa.attnum = u.pk
    join pg_operator o on o.oid = u.op join pg_namespace opn on opn.oid = o.oprnamespace
    left join pg_collation co on co.oid = pa.attcollation left join pg_namespace cn on cn.oid = co.collnamespace)::text
from parts f join pg_class c on c.oid = f.leaf join pg_namespace n on n.oid = c.relnamespace
join pg_class rc on rc.oid = f.confrelid join pg_namespace rn on rn.oid = rc.relnamespace
where f.part_place > :after order by f.part_place limit ${PAGE}`;

/**
 * 256 MB of both tables together: read cold at 20 MB/s that takes 13 s of the 45 that a statement has. Whole, tables are joined; in
 * ranges, each row is looked up, which took 9 times as long for a million rows.
 */
const ONE_STATEMENT_BLOCKS = 2 ** 15;

/** Of each pair: the referring column, the one referred to, how the two are compared, and under which collation. */
const Pairs = z.array(z.tuple([z.string(), z.string(), z.string(), z.nullable(z.string())]));
type Pair = z.infer<typeof Pairs>[number];

interface ForeignKey extends Item {
  readonly relation: Relation;
  readonly name: string;
  /** Of both sides. */
  readonly blocks: number;
  /** SQL: whether row `t` is an orphan. */
  readonly isOrphan: string;
}

const At = z.object({ position: ChunkPosition });

const TELLING: Telling = {
  noun: "foreign key",
  plural: "foreign keys",
  bad: "orphans",
  describe: ({ name, count, said }) => `${name}: ${said ?? countOf(count, "row")}`,
  held: () => "without an orphan",
};

/** Rows that refer to one that is not there. The constraint does not say: it was held against rows when they were written. */
export const foreignKeys: KindOfCheck<"foreign-keys"> = {
  expected: ({ coverage }) =>
    coverage === "full" ? "no row that refers to a missing one" : "no row that refers to a missing one, in a sample",

  ask(check, asking, stored) {
    const list = async (after: string) => {
      const rows = await asking.session.query(LISTING, { seed: asking.drill.drillId, after, only: asking.only ?? "" });
      return { total: Number(rows[0]?.text(7) ?? 0), items: rows.map(foreignKeyOf) };
    };
    const step = (page: readonly [ForeignKey, ...ForeignKey[]], cursor: SurveyCursor) =>
      page[0].blocks <= ONE_STATEMENT_BLOCKS && cursor.at === undefined
        ? askWhole(asking, page, cursor)
        : askChunk(asking, page[0], cursor);
    return survey(asking, check, { list, step }, TELLING, stored);
  },

  cutOff: (stored, why) => cutOffSurvey(TELLING, stored, why),
};

function foreignKeyOf(row: Row): ForeignKey {
  const relation = relationOf(row);
  const reference = { schema: row.text(14), table: row.text(15) };
  const only = row.text(16) === "p" ? "" : "only ";
  const pairs = z.parse(Pairs, JSON.parse(row.text(18)));
  return {
    place: row.text(8),
    isCounted: row.flag(9),
    relation,
    blocks: relation.blocks + Number(row.text(17)),
    name: `${row.text(10)} on ${relation.name}${row.flag(11) ? "" : " (never validated)"}`,
    isOrphan: orphan(`${only}${quoteTable(reference)}`, pairs, { isFull: row.flag(12), isPeriod: row.flag(13) }),
  };
}

/** MATCH SIMPLE lets a row be that has a null in any of its columns; MATCH FULL only one that has nulls in all. */
function orphan(from: string, pairs: readonly Pair[], { isFull, isPeriod }: { isFull: boolean; isPeriod: boolean }) {
  const columns = pairs.map(([column]) => `t.${quoteIdentifier(column)}`);
  const isWhole = columns.map((column) => `${column} is not null`).join(" and ");
  const isMissing = isPeriod ? uncovered(from, pairs) : `not exists (select from ${from} p where ${equal(pairs)})`;
  if (!isFull || columns.length === 1) return `${isWhole} and ${isMissing}`;
  const hasAny = columns.map((column) => `${column} is not null`).join(" or ");
  return `(${hasAny}) and (not (${isWhole}) or ${isMissing})`;
}

/** By the operators of the constraint itself: those of citext, say, are in no search path. */
const equal = (pairs: readonly Pair[]): string =>
  pairs
    .map(([column, referred, operator, collation]) =>
      [`p.${quoteIdentifier(referred)}`, operator, `t.${quoteIdentifier(column)}`, collation ?? ""].join(" ").trim(),
    )
    .join(" and ");

/** The last column of a temporal key is a time that the rows referred to have to cover together. */
function uncovered(from: string, pairs: readonly Pair[]): string {
  const [column = "", referred = ""] = pairs.at(-1) ?? [];
  const covered = `select range_agg(p.${quoteIdentifier(referred)}) from ${from} p where ${equal(pairs.slice(0, -1))}`;
  return `not coalesce(t.${quoteIdentifier(column)} <@ (${covered}), false)`;
}

/** One that is not answered in time goes on in ranges. */
async function askWhole({ session }: Asking, page: readonly ForeignKey[], { batch }: SurveyCursor): Promise<Step> {
  const { items, selects } = batchOf(
    page,
    batch,
    ({ relation, isOrphan }, nth) =>
      `select '${nth}' nth, count(*)::text from only ${relation.sqlName} t where ${isOrphan}`,
  );
  const answer = await askBatch(session, selects);
  if ("failed" in answer) {
    const failure = asReadFailure(answer.failed);
    const isTimeout = failure.fault === "timeout";
    const [first] = items;
    if (items.length > 1 || first === undefined) return { done: 0, batch: answer.nextSize, isTimeout };
    if (isTimeout && first.relation.blocks > 1) return { done: 0, at: { position: FIRST_CHUNK }, isTimeout };
    return failedStep(first.name, failure);
  }
  const bad = answer.rows.flatMap((row) => {
    const item = items[Number(row.text(0))];
    return item === undefined || row.integer(1) === 0n ? [] : [{ name: item.name, count: Number(row.text(1)) }];
  });
  return { done: items.length, bad, batch: answer.nextSize };
}

async function askChunk({ session }: Asking, item: ForeignKey, { at }: SurveyCursor): Promise<Step> {
  const position = at === undefined ? FIRST_CHUNK : z.parse(At, at).position;
  // Not in a filter of the count: the database then chooses between looking up each row and joining the range.
  const chunk = await readBlocks(session, item.relation, position, ({ from, to, isLast }) => {
    const upper = isLast ? "" : ` and t.ctid < '(${to},0)'::tid`;
    const range = `t.ctid >= '(${from},0)'::tid${upper}`;
    return `select count(*)::text from only ${item.relation.sqlName} t where ${range} and ${item.isOrphan}`;
  });
  if (chunk.step === "unread") return failedStep(item.name, chunk.failed);
  const on = chunk.next === undefined ? { done: 1 } : { done: 0, at: { position: chunk.next } };
  if (chunk.step === "split") return { ...on, isTimeout: chunk.failed.fault === "timeout" };
  const count = Number(chunk.row.integer(0));
  return count === 0 ? on : { ...on, bad: [{ name: item.name, count }] };
}
