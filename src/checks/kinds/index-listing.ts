import * as z from "zod/mini";
import type { Row } from "../../aws/data-api/values.ts";
import { withoutPlaceholders } from "../../reading/placeholders.ts";
import { RELATION_COLUMNS, type Relation, relationOf, USER_SCHEMAS } from "../../reading/relations.ts";
import type { Asking } from "../kind.ts";
import { type Item, PAGE, placeOf } from "../survey.ts";

/** What an index is ordered by, each in the words of a sort: expression, collation, operator, nulls. */
const ORDER = `(select json_agg(concat_ws(' ', pg_get_indexdef(i.indexrelid, u.nth::int, false),
    'collate ' || quote_ident(cn.nspname) || '.' || quote_ident(co.collname),
    format('using operator(%I.%s)', opn.nspname, o.oprname), case when u.opt & 2 = 2 then 'nulls first' else 'nulls last' end) order by u.nth)
  from unnest(string_to_array(i.indclass::text, ' ')::oid[], string_to_array(i.indcollation::text, ' ')::oid[],
    string_to_array(i.indoption::text, ' ')::int[]) with ordinality u(opc, coll, opt, nth)
  join pg_opclass k on k.oid = u.opc
  join pg_amop m on m.amopfamily = k.opcfamily and m.amoplefttype = k.opcintype and m.amoprighttype = k.opcintype
    and m.amopstrategy = case when u.opt & 1 = 1 then 5 else 1 end and m.amoppurpose = 's'
  join pg_operator o on o.oid = m.amopopr join pg_namespace opn on opn.oid = o.oprnamespace
  left join pg_collation co on co.oid = u.coll left join pg_namespace cn on cn.oid = co.collnamespace)::text`;

/** Valid B-trees of permanent tables, materialised views and of their TOAST. Whether the others are valid is a check of its own. */
const LISTING = `with trees as (
  select i.indexrelid, ${placeOf("i.indexrelid")} || i.indexrelid::bigint::text place
  from pg_index i join pg_class x on x.oid = i.indexrelid join pg_am a on a.oid = x.relam and a.amname = 'btree'
  join pg_class c on c.oid = i.indrelid and c.relkind in ('r', 'm', 't') and c.relispopulated
  where i.indisvalid and i.indisready and i.indislive and x.relkind = 'i' and x.relpersistence = 'p' and (:only = '' or i.indexrelid = to_regclass(:only)) and i.indrelid in (
    select unnest(array[o.oid, o.reltoastrelid]) from pg_class o join pg_namespace n on n.oid = o.relnamespace where ${USER_SCHEMAS})
), page as materialized (select * from trees where place > :after order by place limit ${PAGE})
select ${RELATION_COLUMNS}, (select count(*) from trees)::text, page.place, format('%I.%I', n.nspname, x.relname), quote_ident(x.relname),
  x.oid::bigint::text, (pg_relation_size(x.oid) / current_setting('block_size')::int)::text, greatest(c.reltuples, 0)::bigint::text,
  pg_get_expr(i.indpred, i.indrelid), ${ORDER}
from page join pg_index i on i.indexrelid = page.indexrelid join pg_class x on x.oid = i.indexrelid
join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace order by page.place`;

export interface BtreeIndex extends Item {
  readonly relation: Relation;
  readonly oid: bigint;
  /** With its schema, and as `explain` calls it. */
  readonly name: string;
  readonly bareName: string;
  readonly indexBlocks: number;
  /** As last estimated. */
  readonly rows: number;
  /** SQL over the table's columns. */
  readonly predicate: string | undefined;
  readonly order: string;
}

export async function listIndexes({ session, drill, only = "" }: Asking, after: string) {
  const rows = await session.query(LISTING, { seed: drill.drillId, after, only });
  return { total: Number(rows[0]?.text(7) ?? 0), items: rows.map(indexOf) };
}

function indexOf(row: Row): BtreeIndex {
  const predicate = row.textOrNull(14);
  return {
    relation: relationOf(row),
    place: row.text(8),
    isCounted: true,
    name: row.text(9),
    bareName: row.text(10),
    oid: row.integer(11),
    indexBlocks: Number(row.text(12)),
    rows: Number(row.text(13)),
    predicate: predicate === null ? undefined : withoutPlaceholders(predicate),
    order: withoutPlaceholders(z.parse(z.array(z.string()), JSON.parse(row.text(15))).join(", ")),
  };
}
