import { displayName, parseTable, quoteIdentifier, quoteTable, sqlNameOf } from "../../reading/identifiers.ts";
import { USER_SCHEMAS } from "../../reading/relations.ts";
import { type Damage, MAX_TARGETS, OWN_NAME, type Seeking, shuffled, type Target, victimTables } from "../damage.ts";

/** The drill may change what it owns; on RDS the master user is a member of the roles that it made. */
const OURS = "pg_has_role(c.relowner, 'usage')";
const ROOM = "has_schema_privilege(n.oid, 'create')";

const AWAY = "restore_drill_away";

const named = (table: string): string => displayName(parseTable(table));

/** The table is there, and empty: for checks that look into one table. At any size, since nothing is deleted. */
export const tableEmptied: Damage = {
  name: "a table emptied",
  suits: (check) =>
    check.kind === "freshness" || check.kind === "migration" || (check.kind === "rows" && check.expect.equals !== 0),
  async targets(check) {
    if (!("table" in check)) return [];
    const { schema } = parseTable(check.table);
    const sqlName = sqlNameOf(check.table);
    return [
      {
        where: named(check.table),
        statements: [
          `alter table ${sqlName} rename to ${AWAY}`,
          `create table ${sqlName} (like ${quoteTable({ schema, table: AWAY })})`,
        ],
      },
    ];
  },
};

export const tableGone: Damage = {
  name: "a table gone",
  suits: ({ kind }) => kind === "tables",
  async targets(check, { seed }) {
    const present = check.kind === "tables" ? shuffled(check.present, seed, (table) => table) : [];
    return present.slice(0, MAX_TARGETS).map((table) => ({
      where: named(table),
      statements: [`alter table ${sqlNameOf(table)} rename to ${AWAY}`],
    }));
  },
};

/**
 * An index over the rows that a function picks, which then picks others: as after an upgrade that changed what a function or a collation
 * says. The index lacks every row. PL/pgSQL, since an SQL function would be inlined when the index is made.
 */
export const indexWrong: Damage = {
  name: "an index without the rows of its table",
  suits: ({ kind }) => kind === "index-contents",
  async targets(_check, seeking) {
    const targets: Target[] = [];
    for (const { schema, sqlName, name, oid } of await victimTables(seeking, `${OURS} and ${ROOM}`)) {
      const [column] = await seeking.session.query(
        `select a.attname::text from pg_attribute a join pg_opclass o on o.opcintype = a.atttypid and o.opcdefault
  join pg_am m on m.oid = o.opcmethod and m.amname = 'btree'
where a.attrelid = ${oid} and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum limit 1`,
      );
      if (column === undefined) continue;
      const picks = quoteTable({ schema, table: OWN_NAME });
      const by = quoteIdentifier(column.text(0));
      const picking = (what: boolean): string =>
        `create or replace function ${picks}(anyelement) returns boolean language plpgsql immutable as 'begin return ${what}; end'`;
      targets.push({
        where: name,
        stage: [picking(false), `create index ${OWN_NAME} on ${sqlName} (${by}) where ${picks}(${by})`],
        statements: [picking(true)],
        only: picks,
      });
    }
    return targets;
  },
};

/** What a `create index` leaves that was never completed for the partitions. */
export const indexInvalid: Damage = {
  name: "an index that is not valid",
  suits: ({ kind }) => kind === "indexes",
  async targets(_check, seeking) {
    return (await victimTables(seeking, ROOM)).map(({ schema }) => {
      const parent = quoteTable({ schema, table: OWN_NAME });
      return {
        where: displayName({ schema, table: `${OWN_NAME}_idx` }),
        stage: [
          `create table ${parent} (n integer) partition by range (n)`,
          `create table ${quoteTable({ schema, table: `${OWN_NAME}_1` })} partition of ${parent} for values from (0) to (1)`,
        ],
        statements: [`create index ${OWN_NAME}_idx on only ${parent} (n)`],
      };
    });
  },
};

export const constraintUnvalidated: Damage = {
  name: "a constraint that no row was held against",
  suits: ({ kind }) => kind === "constraints",
  targets: async (_check, seeking) =>
    (await victimTables(seeking, OURS)).map(({ sqlName, name }) => ({
      where: name,
      statements: [`alter table ${sqlName} add constraint ${OWN_NAME} check (true) not valid`],
    })),
};

export const columnLoosened: Damage = {
  name: "a column that may be null, and might not",
  suits: ({ kind }) => kind === "catalog",
  async targets(_check, seeking) {
    const targets: Target[] = [];
    for (const { oid, sqlName, name } of await victimTables(seeking, `${OURS} and not c.relispartition`)) {
      const [column] = await seeking.session.query(
        `select a.attname::text from pg_attribute a
where a.attrelid = ${oid} and a.attnum > 0 and not a.attisdropped and a.attnotnull and a.attidentity = '' and a.attinhcount = 0
  and not exists (select from pg_index i where i.indrelid = a.attrelid and i.indisprimary and a.attnum = any(i.indkey))
order by md5(:seed || a.attname::text) limit 1`,
        { seed: seeking.seed },
      );
      if (column === undefined) continue;
      const statement = `alter table ${sqlName} alter column ${quoteIdentifier(column.text(0))} drop not null`;
      targets.push({ where: name, statements: [statement] });
    }
    return targets;
  },
};

/** `setval` is not undone by a rollback; `restart` is. */
export const sequenceSetBack: Damage = {
  name: "a sequence set back",
  suits: ({ kind }) => kind === "sequences",
  async targets(_check, { session, seed }: Seeking) {
    const rows = await session.query(
      `select sn.nspname::text, s.relname::text, n.nspname::text, c.relname::text, a.attname::text, p.seqmin::text
from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S' join pg_namespace sn on sn.oid = s.relnamespace
join pg_sequence p on p.seqrelid = s.oid and not p.seqcycle and p.seqincrement > 0
join pg_class c on c.oid = d.refobjid and c.relkind in ('r', 'p') and not c.relispartition and c.reltuples <> 0
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid
  and a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
  and ${USER_SCHEMAS} and ${OURS} order by md5(:seed || s.oid::text) limit ${MAX_TARGETS}`,
      { seed },
    );
    const targets: Target[] = [];
    for (const row of rows) {
      const sequence = { schema: row.text(0), table: row.text(1) };
      const least = row.integer(5);
      const fed = quoteTable({ schema: row.text(2), table: row.text(3) });
      const [used] = await session.query(
        `select exists (select from ${fed} where ${quoteIdentifier(row.text(4))} >= ${least})`,
      );
      if (used?.flag(0) !== true) continue;
      targets.push({
        where: displayName(sequence),
        statements: [`alter sequence ${quoteTable(sequence)} restart with ${least}`],
        only: quoteTable(sequence),
      });
    }
    return targets;
  },
};
