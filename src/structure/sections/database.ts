import { USER_SCHEMAS } from "../../reading/relations.ts";
import { hashed, notOfExtension, own, ownedBy, parts, type Section, sorted, when } from "../section.ts";

/** A column that not every version has, of the row in question. */
const since = (row: string, ...columns: readonly string[]): string =>
  `coalesce(${columns.map((column) => `to_jsonb(${row}) ->> '${column}'`).join(", ")})`;

const PROVIDER = (letter: string): string =>
  `case coalesce(${letter}, 'c') when 'i' then 'provider icu' when 'b' then 'provider builtin' when 'd' then 'provider of the database' end`;

const database: Section = {
  kind: "database",
  rows: "select d.oid k, 0 sub, d.*, d as whole from pg_database d where d.datname = current_database()",
  name: "'this database'",
  definition: parts(
    "pg_encoding_to_char(p.encoding)",
    "'collate ' || quote_literal(p.datcollate)",
    "'ctype ' || quote_literal(p.datctype)",
    PROVIDER(since("p.whole", "datlocprovider")),
    `'locale ' || quote_literal(${since("p.whole", "datlocale", "daticulocale")})`,
    ownedBy("p.datdba"),
  ),
};

// A setting with a dot is the user's own, and people keep secrets in them.
const settings: Section = {
  kind: "setting",
  rows: `select s.setrole k, t.nth::int sub, s.setrole, t.setting from pg_db_role_setting s, unnest(s.setconfig) with ordinality t(setting, nth)
    where s.setdatabase = (select oid from pg_database where datname = current_database())`,
  name: "split_part(p.setting, '=', 1) || case when p.setrole = 0 then '' else ' for ' || quote_ident(pg_get_userbyid(p.setrole)) end",
  definition: `case when split_part(p.setting, '=', 1) like '%.%' then ${hashed("substr(p.setting, strpos(p.setting, '=') + 1)")} else substr(p.setting, strpos(p.setting, '=') + 1) end`,
};

const schemas: Section = {
  kind: "schema",
  rows: `select n.oid k, 0 sub, n.* from pg_namespace n where ${USER_SCHEMAS} and ${notOfExtension("pg_namespace", "n.oid")}`,
  name: "quote_ident(p.nspname)",
  definition: ownedBy("p.nspowner"),
};

const extensions: Section = {
  kind: "extension",
  rows: "select e.oid k, 0 sub, e.* from pg_extension e",
  name: "quote_ident(p.extname)",
  definition:
    "format('version %s; in %I', p.extversion, (select n.nspname from pg_namespace n where n.oid = p.extnamespace))",
};

// Through the view, which knows row filters (15) and whole schemas (15) where the version does.
const PUBLISHED_TABLES = `(select string_agg(concat_ws(' ', format('%I.%I', t.schemaname, t.tablename), 'where ' || (to_jsonb(t) ->> 'rowfilter')), ', '
    order by t.schemaname, t.tablename)
  from pg_publication_tables t where t.pubname = p.pubname and not p.puballtables)`;

const PUBLISHED_COLUMNS = `(select string_agg(format('%s (%s)', c.rel, c.names), ', ' order by c.rel collate "C") from (
    select r.prrelid::regclass::text rel, string_agg(quote_ident(a.attname), ', ' order by a.attname) names
    from pg_publication_rel r join pg_attribute a on a.attrelid = r.prrelid and to_jsonb(r) -> 'prattrs' @> to_jsonb(a.attnum)
    where r.prpubid = p.oid group by r.prrelid) c)`;

const publications: Section = {
  kind: "publication",
  rows: "select y.oid k, 0 sub, y.*, y as whole from pg_publication y",
  name: "quote_ident(p.pubname)",
  definition: parts(
    when("p.puballtables", "'all tables'"),
    `concat_ws(', ', ${["insert", "update", "delete", "truncate"].map((verb) => when(`p.pub${verb}`, `'${verb}'`)).join(", ")})`,
    when("p.pubviaroot", "'via the partition root'"),
    `'tables ' || ${PUBLISHED_TABLES}`,
    `'columns ' || ${PUBLISHED_COLUMNS}`,
    `'generated columns ' || nullif(${since("p.whole", "pubgencols")}, 'n')`,
    ownedBy("p.pubowner"),
  ),
};

const collations: Section = {
  kind: "collation",
  rows: `select o.oid k, 0 sub, o.*, o as whole from (${own("pg_collation", "o", "coll")})`,
  name: "format('%I.%I', (select n.nspname from pg_namespace n where n.oid = p.collnamespace), p.collname)",
  definition: parts(
    PROVIDER("p.collprovider::text"),
    "'collate ' || p.collcollate",
    "'ctype ' || p.collctype",
    `'locale ' || ${since("p.whole", "colllocale", "colliculocale")}`,
    when("not p.collisdeterministic", "'not deterministic'"),
    ownedBy("p.collowner"),
  ),
};

// Options may hold an address or a password.
const servers: Section = {
  kind: "foreign server",
  rows: `select s.oid k, 0 sub, s.* from pg_foreign_server s where ${notOfExtension("pg_foreign_server", "s.oid")}`,
  name: "quote_ident(p.srvname)",
  definition: parts(
    "(select 'wrapper ' || quote_ident(w.fdwname) from pg_foreign_data_wrapper w where w.oid = p.srvfdw)",
    `'options ' || ${hashed(sorted("p.srvoptions"))}`,
    ownedBy("p.srvowner"),
  ),
};

export const DATABASE_SECTIONS: readonly Section[] = [
  database,
  settings,
  schemas,
  extensions,
  publications,
  collations,
  servers,
];
