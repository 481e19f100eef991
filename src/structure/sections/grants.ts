import { USER_SCHEMAS } from "../../reading/relations.ts";
import { notOfExtension, OWN_RELATIONS, own, type Section } from "../section.ts";
import { STANDALONE_TYPES } from "./types.ts";

const grantee = (role: string): string =>
  `case ${role} when 0 then 'public' else quote_ident(pg_get_userbyid(${role})) end`;

/** The superuser of initdb: what an owner may do by default is the same for all, and is worked out once a statement. */
const ANY_OWNER = 10;

/**
 * One entry for every role that may do anything with an object, whoever granted it. `all` is what the owner has when nothing was said:
 * PostgreSQL 17 added a privilege to it (maintain), and a dump of an earlier version grants it along.
 * An owner who may do all is the rule and no entry; one who may do nothing is one.
 */
const grants = (on: string, letter: string, rows: string, name: string): Section => ({
  kind: "grant",
  rows: `select k, sub * 100000 + row_number() over (partition by k, sub order by role, may_grant)::int sub, id, attnum, role, may_grant, privileges from (
    select o.k, o.sub, o.id, o.attnum, x.grantee role, x.is_grantable may_grant,
      case when '${letter}' <> 'c' and array_agg(distinct x.privilege_type) @> array(select privilege_type from aclexplode(acldefault('${letter}', ${ANY_OWNER})) where grantee = ${ANY_OWNER})
        then 'all' else string_agg(distinct x.privilege_type, ', ') end privileges,
      x.grantee = o.owner is_owner
    from (${rows}) o, aclexplode(coalesce(o.acl, acldefault('${letter}', o.owner))) x
    group by o.k, o.sub, o.id, o.attnum, o.owner, x.grantee, x.is_grantable
    union all
    select o.k, o.sub, o.id, o.attnum, o.owner, false, 'nothing', true
    from (${rows}) o where o.acl is not null and '${letter}' <> 'c' and not exists (select from aclexplode(o.acl) x where x.grantee = o.owner)
  ) g where not (is_owner and privileges = 'all')`,
  name: `'to ' || ${grantee("p.role")} || case when p.may_grant then ' with grant option' else '' end || ' on ' || ${on === "" ? "" : `'${on} ' || `}${name}`,
  definition: "lower(p.privileges)",
});

const relations = (kinds: string): string =>
  `select c.oid k, 0 sub, c.oid id, 0 attnum, c.relacl acl, c.relowner owner from ${OWN_RELATIONS} where c.relkind in (${kinds})`;

const DEFAULTS = `select k, row_number() over (partition by k order by role, may_grant)::int sub, role, may_grant, privileges, defaclrole, defaclnamespace, defaclobjtype
  from (select d.oid k, d.defaclrole, d.defaclnamespace, d.defaclobjtype, x.grantee role, x.is_grantable may_grant, string_agg(distinct x.privilege_type, ', ') privileges
    from pg_default_acl d, aclexplode(d.defaclacl) x group by d.oid, x.grantee, x.is_grantable) g`;

const defaults: Section = {
  kind: "default privilege",
  rows: DEFAULTS,
  name: `'to ' || ${grantee("p.role")} || case when p.may_grant then ' with grant option' else '' end || ' on ' ||
    case p.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' when 'n' then 'schemas' else 'large objects' end
    || ' of ' || quote_ident(pg_get_userbyid(p.defaclrole)) || coalesce(' in ' || (select quote_ident(n.nspname) from pg_namespace n where n.oid = p.defaclnamespace), '')`,
  definition: "lower(p.privileges)",
};

export const GRANT_SECTIONS: readonly Section[] = [
  grants("", "r", relations("'r', 'p', 'v', 'm', 'f'"), "p.id::regclass::text"),
  grants("", "s", relations("'S'"), "p.id::regclass::text"),
  grants(
    "column",
    "c",
    `select a.attrelid k, a.attnum::int sub, a.attrelid id, a.attnum::int attnum, a.attacl acl, c.relowner owner
      from pg_attribute a join (${OWN_RELATIONS}) on c.oid = a.attrelid where a.attacl is not null and not a.attisdropped`,
    "p.id::regclass::text || '.' || (select quote_ident(a.attname) from pg_attribute a where a.attrelid = p.id and a.attnum = p.attnum)",
  ),
  grants(
    "function",
    "f",
    `select f.oid k, 0 sub, f.oid id, 0 attnum, f.proacl acl, f.proowner owner from (${own("pg_proc", "f", "pro")})`,
    "p.id::regprocedure::text",
  ),
  grants(
    "schema",
    "n",
    `select n.oid k, 0 sub, n.oid id, 0 attnum, n.nspacl acl, n.nspowner owner from pg_namespace n
      where ${USER_SCHEMAS} and ${notOfExtension("pg_namespace", "n.oid")}`,
    "(select quote_ident(n.nspname) from pg_namespace n where n.oid = p.id)",
  ),
  grants(
    "type",
    "T",
    `select t.oid k, 0 sub, t.oid id, 0 attnum, t.typacl acl, t.typowner owner from ${STANDALONE_TYPES}`,
    "p.id::regtype::text",
  ),
  grants(
    "",
    "d",
    "select d.oid k, 0 sub, d.oid id, 0 attnum, d.datacl acl, d.datdba owner from pg_database d where d.datname = current_database()",
    "'this database'",
  ),
  grants(
    "foreign server",
    "S",
    `select s.oid k, 0 sub, s.oid id, 0 attnum, s.srvacl acl, s.srvowner owner from pg_foreign_server s where ${notOfExtension("pg_foreign_server", "s.oid")}`,
    "quote_ident((select s.srvname from pg_foreign_server s where s.oid = p.id))",
  ),
  defaults,
];
