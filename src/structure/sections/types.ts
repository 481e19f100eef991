import { named, OWN_TYPES, ownedBy, parts, type Section, when } from "../section.ts";

/** Not those that come with something else: the row type of a table, an array, a multirange. */
export const STANDALONE_TYPES = `(${OWN_TYPES}) where t.typtype <> 'm' and (t.typrelid = 0 or exists (select from pg_class tc where tc.oid = t.typrelid and tc.relkind = 'c'))
  and not exists (select from pg_type e where e.typarray = t.oid)`;

const attributes = `(select string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum)
  from pg_attribute a where a.attrelid = p.typrelid and a.attnum > 0 and not a.attisdropped)`;

const labels =
  "(select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder) from pg_enum e where e.enumtypid = p.oid)";

const range = `(select concat_ws(', ', format_type(r.rngsubtype, null), (select 'operator class ' || o.opcname from pg_opclass o where o.oid = r.rngsubopc),
    (select 'collate ' || ${named("pg_collation", "coll", "r.rngcollation")} where r.rngcollation <> 0),
    'canonical ' || nullif(r.rngcanonical::oid, 0)::regprocedure::text, 'difference ' || nullif(r.rngsubdiff::oid, 0)::regprocedure::text,
    'multirange ' || r.rngmultitypid::regtype::text)
  from pg_range r where r.rngtypid = p.oid)`;

const types: Section = {
  kind: "type",
  rows: `select t.oid k, 0 sub, t.* from ${STANDALONE_TYPES}`,
  name: "p.oid::regtype::text",
  definition: parts(
    when("p.typtype = 'e'", `'enum ' || coalesce(${labels}, '')`),
    when("p.typtype = 'c'", `'composite (' || coalesce(${attributes}, '') || ')'`),
    when("p.typtype = 'r'", `'range of ' || ${range}`),
    when("p.typtype = 'd'", "'domain of ' || format_type(p.typbasetype, p.typtypmod)"),
    when("p.typtype = 'b'", "format('base type, %s, %s, %s bytes', p.typinput, p.typoutput, p.typlen)"),
    when("p.typtype = 'p'", "'shell or pseudo-type'"),
    `(select 'collate ' || ${named("pg_collation", "coll", "p.typcollation")} from pg_type b where b.oid = p.typbasetype and b.typcollation <> p.typcollation)`,
    when("p.typnotnull", "'not null'"),
    "'default ' || coalesce(pg_get_expr(p.typdefaultbin, 0), p.typdefault)",
    ownedBy("p.typowner"),
  ),
};

export const TYPE_SECTIONS: readonly Section[] = [types];
