import type { AskedCheck } from "../../checks/asked-checks.ts";
import { Fingerprints } from "../../fingerprint/fingerprints.ts";
import { quoteIdentifier } from "../../reading/identifiers.ts";
import {
  changing,
  type Damage,
  MAX_TARGETS,
  type Seeking,
  type Target,
  type VictimTable,
  victimTables,
} from "../damage.ts";

/** Tables looked at for each that will do: not every one has a column that can be changed. */
const LOOKED_AT = 25;

/** Nothing points to a row of it, so one may go without the others. */
const NOT_REFERENCED = "not exists (select from pg_constraint k where k.confrelid = c.oid)";

/** One bit of a value, by its type. A codepoint of 0 or a surrogate is no text: the database refuses those, and another table is tried. */
const FLIPS: Readonly<
  Record<string, { readonly flip: (column: string) => string; readonly where?: (column: string) => string }>
> = {
  bool: { flip: (c) => `not ${c}` },
  int2: { flip: (c) => `${c} # 1::int2` },
  int4: { flip: (c) => `${c} # 1` },
  int8: { flip: (c) => `${c} # 1::int8` },
  text: { flip: flipText, where: (c) => `ascii(${c}) > 1` },
  varchar: { flip: flipText, where: (c) => `ascii(${c}) > 1` },
  bpchar: { flip: flipText, where: (c) => `ascii(${c}) > 1` },
  bytea: { flip: (c) => `set_bit(${c}, 0, 1 - get_bit(${c}, 0))`, where: (c) => `length(${c}) > 0` },
  date: { flip: (c) => `date '2000-01-01' + ((${c} - date '2000-01-01') # 1)`, where: (c) => `isfinite(${c})` },
  uuid: { flip: (c) => `(left(${c}::text, 35) || to_hex(('x' || right(${c}::text, 1))::bit(4)::int # 1))::uuid` },
};

function flipText(column: string): string {
  return `overlay(${column} placing chr(ascii(${column}) # 1) from 1 for 1)`;
}

/** Every check of content, and one that counts the table exactly. */
export const rowDeleted: Damage = {
  name: "one row deleted",
  suits: (check) => check.kind === "fingerprint" || (check.kind === "rows" && (check.expect.equals ?? 0) > 0),
  async targets(check, seeking) {
    const targets: Target[] = [];
    for (const table of await tablesFor(check, seeking, NOT_REFERENCED)) {
      const [ctid] = await victims(seeking, table, "true", 1);
      if (ctid === undefined) continue;
      targets.push(at(check, table, changing(`delete from only ${table.sqlName} where ctid = '${ctid}'::tid`)));
      if (targets.length === MAX_TARGETS) break;
    }
    return targets;
  },
};

export const bitFlipped: Damage = {
  name: "one value changed by one bit",
  suits: ({ kind }) => kind === "fingerprint",
  async targets(check, seeking) {
    const targets: Target[] = [];
    for (const table of await tablesFor(check, seeking)) {
      const [column] = await freeColumns(seeking, table, Object.keys(FLIPS));
      const flip = column && FLIPS[column.type];
      if (column === undefined || flip === undefined) continue;
      const [ctid] = await victims(
        seeking,
        table,
        `${column.name} is not null and ${flip.where?.(column.name) ?? "true"}`,
        1,
      );
      if (ctid === undefined) continue;
      const change = `update only ${table.sqlName} set ${column.name} = ${flip.flip(column.name)} where ctid = '${ctid}'::tid`;
      targets.push(at(check, table, changing(change)));
      if (targets.length === MAX_TARGETS) break;
    }
    return targets;
  },
};

const REST = "(to_jsonb(t) - :column::text)";

export const valuesSwapped: Damage = {
  name: "a column's values exchanged between two rows",
  suits: ({ kind }) => kind === "fingerprint",
  async targets(check, seeking) {
    const targets: Target[] = [];
    for (const table of await tablesFor(check, seeking)) {
      const [column] = await freeColumns(seeking, table);
      if (column === undefined) continue;
      const { name } = column;
      const [first] = await victims(seeking, table, `${name} is not null`, 1);
      if (first === undefined) continue;
      const ofFirst = (value: string): string =>
        `(select ${value} from only ${table.sqlName} t where ctid = '${first}'::tid)`;
      // Rows that are the same but for this value are the same two rows after the exchange.
      const isOther = `${name}::text <> ${ofFirst(`${name}::text`)} and ${REST} <> ${ofFirst(REST)}`;
      const [second] = await victims(seeking, table, isOther, 1, { column: column.plainName });
      if (second === undefined) continue;
      const change = `update only ${table.sqlName} t set ${name} = o.v
from (select ctid at, ${name} v from only ${table.sqlName} where ctid in ('${first}'::tid, '${second}'::tid)) o
where t.ctid in ('${first}'::tid, '${second}'::tid) and o.at <> t.ctid`;
      targets.push(at(check, table, changing(change, 2)));
      if (targets.length === MAX_TARGETS) break;
    }
    return targets;
  },
};

const at = ({ kind }: AskedCheck, { name, unguarded }: VictimTable, change: string): Target => ({
  where: name,
  statements: [...unguarded, change],
  ...(kind === "fingerprint" ? { only: name } : {}),
});

/** Those that the check is about: the one it names, or those that this drill fingerprinted with rows in them. */
async function tablesFor(check: AskedCheck, seeking: Seeking, condition = "true"): Promise<VictimTable[]> {
  if (check.kind !== "fingerprint") {
    const named = "table" in check ? check.table : "";
    return victimTables(seeking, `${condition} and c.oid = to_regclass('${named.replaceAll("'", "''")}')`);
  }
  const found = await seeking.parts.get("fingerprints.json", Fingerprints);
  const proven = new Set((found?.tables ?? []).flatMap(({ table, rows }) => (rows === "0" ? [] : [table])));
  const tables = await victimTables(seeking, condition, LOOKED_AT);
  return tables.filter(({ name }) => proven.has(name));
}

/** Places of rows, in an order that follows from the seed. */
async function victims(
  { session, seed }: Seeking,
  { sqlName }: VictimTable,
  condition: string,
  count: number,
  binds: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const rows = await session.query(
    `select ctid::text from only ${sqlName} t where ${condition} order by md5(ctid::text || :seed) limit ${count}`,
    { seed, ...binds },
  );
  return rows.map((row) => row.text(0));
}

/** Columns that no key, constraint, index or partitioning speaks of, and that nothing computes: a change of them is of content alone. */
async function freeColumns(
  { session, seed }: Seeking,
  { oid }: VictimTable,
  types?: readonly string[],
): Promise<{ readonly name: string; readonly plainName: string; readonly type: string }[]> {
  const isOfType = types === undefined ? "true" : `t.typname in (${types.map((type) => `'${type}'`).join(", ")})`;
  const rows = await session.query(
    `select a.attname::text, t.typname::text
from pg_attribute a join pg_type t on t.oid = a.atttypid and t.typnamespace = 'pg_catalog'::regnamespace
where a.attrelid = ${oid} and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity = '' and ${isOfType}
  and not exists (select from pg_constraint k where k.conrelid = a.attrelid and k.contype <> 'n' and a.attnum = any(k.conkey))
  and not exists (select from pg_constraint k where k.confrelid = a.attrelid and a.attnum = any(k.confkey))
  and not exists (select from pg_index i where i.indrelid = a.attrelid and i.indisunique
    and (a.attnum = any(i.indkey) or i.indexprs is not null or i.indpred is not null))
  and not exists (select from pg_inherits h join pg_partitioned_table p on p.partrelid = h.inhparent
    join pg_attribute b on b.attrelid = p.partrelid and b.attnum = any(p.partattrs) and b.attname = a.attname where h.inhrelid = a.attrelid)
order by md5(:seed || a.attname::text) limit ${MAX_TARGETS}`,
    { seed },
  );
  return rows.map((row) => ({ name: quoteIdentifier(row.text(0)), plainName: row.text(0), type: row.text(1) }));
}
