import { firing, named, OWN_RELATIONS, OWN_TYPES, ownedBy, parts, type Section, sorted, when } from "../section.ts";

const TABLE = "p.oid::regclass::text";

const parents = `(select string_agg(i.inhparent::regclass::text, ', ' order by i.inhseqno) from pg_inherits i where i.inhrelid = p.oid)`;

/** What a table is marked with through one of its indexes. */
const marked = (flag: string): string =>
  `(select min(i.indexrelid::regclass::text) from pg_index i where i.indrelid = p.oid and i.${flag})`;

const tables: Section = {
  kind: "table",
  rows: `select c.oid k, 0 sub, c.* from ${OWN_RELATIONS} where c.relkind in ('r', 'p', 'f')`,
  name: TABLE,
  definition: parts(
    "case p.relkind when 'p' then 'partitioned by ' || pg_get_partkeydef(p.oid) when 'f' then 'foreign table' else 'table' end",
    "case p.relpersistence when 'u' then 'unlogged' when 't' then 'temporary' end",
    when("p.relispartition", `'partition of ' || ${parents} || ' ' || pg_get_expr(p.relpartbound, p.oid)`),
    when("not p.relispartition", `'inherits ' || ${parents}`),
    when("p.relrowsecurity", "'row security enabled'"),
    when("p.relforcerowsecurity", "'row security forced'"),
    "case p.relreplident when 'n' then 'replica identity nothing' when 'f' then 'replica identity full' end",
    when("p.relreplident = 'i'", `'replica identity ' || ${marked("indisreplident")}`),
    `'clustered on ' || ${marked("indisclustered")}`,
    when("p.reloftype <> 0", "'of ' || p.reloftype::regtype::text"),
    "(select 'access method ' || a.amname from pg_am a where a.oid = p.relam and a.amname <> 'heap')",
    `(select 'server ' || quote_ident(s.srvname) || coalesce(' ' || ${sorted("f.ftoptions")}, '')
      from pg_foreign_table f join pg_foreign_server s on s.oid = f.ftserver where f.ftrelid = p.oid)`,
    `'with ' || ${sorted("p.reloptions")}`,
    ownedBy("p.relowner"),
  ),
};

const VIEW_KINDS = "'v', 'm'";

const views: Section = {
  kind: "view",
  rows: `select c.oid k, 0 sub, c.* from ${OWN_RELATIONS} where c.relkind in (${VIEW_KINDS})`,
  name: TABLE,
  definition: parts(
    when("p.relkind = 'm'", "'materialised'"),
    when("not p.relispopulated", "'not populated'"),
    `'with ' || ${sorted("p.reloptions")}`,
    ownedBy("p.relowner"),
    "btrim(pg_get_viewdef(p.oid))",
  ),
};

/** Since PostgreSQL 18 a constraint of the kind n stands behind every not null; before, there is none. */
const notNullNotValid = `exists (select from pg_constraint k where k.conrelid = p.attrelid and k.contype = 'n'
  and k.conkey = array[p.attnum] and not k.convalidated)`;

const columns: Section = {
  kind: "column",
  rows: `select a.attrelid k, a.attnum::int sub, a.*, c.relkind, c.oid rel from pg_attribute a
    join (${OWN_RELATIONS}) on c.oid = a.attrelid
    where a.attnum > 0 and not a.attisdropped and (c.relkind in ('r', 'p', 'f') or (c.relkind in (${VIEW_KINDS}) and a.atthasdef))`,
  name: "p.rel::regclass::text || '.' || quote_ident(p.attname)",
  definition: parts(
    "format_type(p.atttypid, p.atttypmod)",
    `(select 'collate ' || ${named("pg_collation", "coll", "p.attcollation")} from pg_type t where t.oid = p.atttypid and t.typcollation <> p.attcollation)`,
    when("p.attnotnull", `'not null' || case when ${notNullNotValid} then ' not valid' else '' end`),
    "case p.attidentity when 'a' then 'identity always' when 'd' then 'identity by default' end",
    `(select case p.attgenerated when 's' then 'generated stored ' when 'v' then 'generated virtual ' else 'default ' end || pg_get_expr(d.adbin, d.adrelid)
      from pg_attrdef d where d.adrelid = p.attrelid and d.adnum = p.attnum)`,
    `(select 'storage ' || case p.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end
      from pg_type t where t.oid = p.atttypid and t.typstorage <> p.attstorage)`,
    "case p.attcompression when 'p' then 'compression pglz' when 'l' then 'compression lz4' end",
    when("p.attstattarget >= 0", "'statistics ' || p.attstattarget"),
    `'with ' || ${sorted("p.attoptions")}`,
  ),
};

/** `disable trigger all`, as loading tools leave it, switches foreign keys off without a word in their definition. */
const disabledTriggers = (constraint: string): string =>
  `exists (select from pg_trigger g where g.tgconstraint = ${constraint} and g.tgisinternal and g.tgenabled <> 'O')`;

// Not null is told with its column; constraint triggers are triggers. A partition has its foreign keys from its parent, under names
// that are made up again by every restore of a dump.
const constraints: Section = {
  kind: "constraint",
  rows: `select k.oid k, 0 sub, k.oid, k.conname, k.conrelid, k.contypid from pg_constraint k
    where k.contype not in ('n', 't') and (k.contype <> 'f' or k.conparentid = 0 or ${disabledTriggers("k.oid")})
      and (exists (select from (${OWN_RELATIONS}) where c.oid = k.conrelid)
        or exists (select from (${OWN_TYPES}) where t.oid = k.contypid))`,
  name: "quote_ident(p.conname) || ' on ' || case when p.conrelid <> 0 then p.conrelid::regclass::text else p.contypid::regtype::text end",
  definition: parts("pg_get_constraintdef(p.oid)", when(disabledTriggers("p.oid"), "'its triggers are disabled'")),
};

// The index behind a constraint is told by the constraint, unless something is wrong with it.
const indexes: Section = {
  kind: "index",
  rows: `select c.oid k, 0 sub, i.* from pg_index i join (${OWN_RELATIONS}) on c.oid = i.indexrelid
    where not (i.indisvalid and i.indisready and i.indislive)
      or not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))`,
  name: "p.indexrelid::regclass::text || ' on ' || p.indrelid::regclass::text",
  definition: parts(
    "pg_get_indexdef(p.indexrelid)",
    when("not p.indisvalid", "'not valid'"),
    when("not (p.indisready and p.indislive)", "'not ready'"),
  ),
};

// A partition's copy of a trigger is internal up to PostgreSQL 14, and can be disabled by itself.
const triggers: Section = {
  kind: "trigger",
  rows: `select g.oid k, 0 sub, g.* from pg_trigger g join (${OWN_RELATIONS}) on c.oid = g.tgrelid
    where not g.tgisinternal or (g.tgparentid <> 0 and g.tgconstraint = 0)`,
  name: "quote_ident(p.tgname) || ' on ' || p.tgrelid::regclass::text",
  definition: parts("pg_get_triggerdef(p.oid)", firing("p.tgenabled")),
};

const rules: Section = {
  kind: "rule",
  rows: `select r.oid k, 0 sub, r.* from pg_rewrite r join (${OWN_RELATIONS}) on c.oid = r.ev_class where r.rulename <> '_RETURN'`,
  name: "quote_ident(p.rulename) || ' on ' || p.ev_class::regclass::text",
  definition: parts("btrim(pg_get_ruledef(p.oid))", firing("p.ev_enabled")),
};

const policies: Section = {
  kind: "policy",
  rows: `select y.oid k, 0 sub, y.* from pg_policy y join (${OWN_RELATIONS}) on c.oid = y.polrelid`,
  name: "quote_ident(p.polname) || ' on ' || p.polrelid::regclass::text",
  definition: parts(
    "case when p.polpermissive then 'permissive' else 'restrictive' end",
    "'for ' || case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end",
    `'to ' || (select string_agg(o, ', ' order by o collate "C") from (
      select case r when 0 then 'public' else quote_ident(pg_get_userbyid(r)) end o from unnest(p.polroles) r) s)`,
    "'using (' || pg_get_expr(p.polqual, p.polrelid) || ')'",
    "'with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')'",
  ),
};

const sequences: Section = {
  kind: "sequence",
  rows: `select c.oid k, 0 sub, c.*, s.* from pg_sequence s join (${OWN_RELATIONS}) on c.oid = s.seqrelid`,
  name: TABLE,
  definition: parts(
    "format_type(p.seqtypid, null)",
    "format('start %s increment %s minimum %s maximum %s cache %s', p.seqstart, p.seqincrement, p.seqmin, p.seqmax, p.seqcache)",
    when("p.seqcycle", "'cycles'"),
    when("p.relpersistence = 'u'", "'unlogged'"),
    `(select 'of ' || d.refobjid::regclass::text || '.' || quote_ident(a.attname) from pg_depend d
      join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
      where d.classid = 'pg_class'::regclass and d.objid = p.oid and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') and d.refobjsubid > 0)`,
    ownedBy("p.relowner"),
  ),
};

const statistics: Section = {
  kind: "statistics",
  rows: `select e.oid k, 0 sub, e.* from pg_statistic_ext e join (${OWN_RELATIONS}) on c.oid = e.stxrelid`,
  name: `${named("pg_statistic_ext", "stx", "p.oid")}`,
  definition: parts("pg_get_statisticsobjdef(p.oid)", ownedBy("p.stxowner")),
};

export const RELATION_SECTIONS: readonly Section[] = [
  tables,
  views,
  columns,
  constraints,
  indexes,
  triggers,
  rules,
  policies,
  sequences,
  statistics,
];
