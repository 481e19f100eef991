import type pg from "pg";
import { SourceEmpty, SourcePermissionDenied } from "./errors.ts";
import { findFreshness } from "./freshness.ts";
import { findMigrations } from "./migrations.ts";
import { GRANT_HINT, type SourceSession } from "./source-session.ts";
import type { SourceSurvey, SurveyedSequence, SurveyedTable, TableKind } from "./survey.ts";

const COUNT_SECONDS = 15;
const ALL_COUNTS_SECONDS = 90;
const NAMED_IN_ERRORS = 5;

/** A relation of the user's own: not of the system, not of an extension, not temporary. */
const USERS_OWN = `n.nspname !~ '^(pg_|information_schema$)'
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`;

export interface SurveyedRelation {
  readonly schema: string;
  readonly name: string;
  readonly quoted: string;
  readonly kind: TableKind;
  readonly estimate: number;
}

/** What can be known before anything is copied, quickly, so that an impossible copy is refused at once. */
export interface SourceInventory {
  readonly relations: readonly SurveyedRelation[];
  readonly extensions: readonly { readonly name: string; readonly version: string }[];
  readonly policyRoles: readonly string[];
}

/**
 * @throws SourceEmpty, SourcePermissionDenied naming the tables
 */
export async function takeInventory({ client }: SourceSession): Promise<SourceInventory> {
  const relations = await client.query<SurveyedRelation & { readable: boolean }>(`
    select n.nspname as schema, c.relname as name, format('%I.%I', n.nspname, c.relname) as quoted, c.reltuples::float8 as estimate,
      case when c.relpersistence = 'u' then 'unlogged table' when c.relkind = 'p' then 'partitioned table' when c.relispartition then 'partition' when c.relkind = 'm' then 'materialized view'
           when c.relkind = 'f' then 'foreign table' when c.relkind = 'S' then 'sequence' else 'table' end as kind,
      has_schema_privilege(n.oid, 'usage') and case c.relkind when 'S' then has_sequence_privilege(c.oid, 'select')
        else has_table_privilege(c.oid, 'select') end as readable
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'm', 'f', 'S') and ${USERS_OWN}
    order by 1, 2`);
  const tables = relations.rows.filter((relation) => (relation.kind as string) !== "sequence");
  if (tables.length === 0) throw new SourceEmpty("The source database has no tables. Is it the right database?");
  const closed = relations.rows.filter((relation) => !relation.readable).map((relation) => relation.quoted);
  if (closed.length > 0) {
    const more = closed.length > NAMED_IN_ERRORS ? ` and ${closed.length - NAMED_IN_ERRORS} more` : "";
    const named = `${closed.slice(0, NAMED_IN_ERRORS).join(", ")}${more}`;
    throw new SourcePermissionDenied(`The source's user may not read ${named}. ${GRANT_HINT}`);
  }
  const extensions = await client.query<{ name: string; version: string }>(
    "select extname as name, extversion as version from pg_extension where extname <> 'plpgsql' order by 1",
  );
  const roles = await client.query<{ name: string }>(
    "select distinct r.rolname as name from pg_policy p join pg_roles r on r.oid = any (p.polroles) order by 1",
  );
  return { relations: tables, extensions: extensions.rows, policyRoles: roles.rows.map((role) => role.name) };
}

/** The survey of a source: counts, migrations, sequences, freshness. Bounded: about two minutes at most, whatever its size. */
export async function surveySource(session: SourceSession, inventory: SourceInventory): Promise<SourceSurvey> {
  const { client } = session;
  const about = await client.query<{ version: string; bytes: string; at: Date }>(
    "select current_setting('server_version') as version, pg_database_size(current_database()) as bytes, now() as at",
  );
  const [facts] = about.rows;
  const takenAt = facts?.at ?? new Date();
  const freshness = await findFreshness(session, takenAt);
  return {
    serverVersion: facts?.version.split(" ")[0] ?? "",
    databaseBytes: Number(facts?.bytes),
    takenAt,
    tables: await countTables(session, inventory.relations),
    extensions: inventory.extensions,
    migrations: await findMigrations(session, inventory.relations),
    sequences: await listSequences(client),
    ...(freshness === undefined ? {} : { freshness }),
    policyRoles: inventory.policyRoles,
  };
}

async function countTables(session: SourceSession, relations: readonly SurveyedRelation[]): Promise<SurveyedTable[]> {
  const deadline = Date.now() + ALL_COUNTS_SECONDS * 1000;
  const counted: SurveyedTable[] = [];
  for (const { schema, name, quoted, kind, estimate } of relations) {
    const seconds = Math.min(COUNT_SECONDS, (deadline - Date.now()) / 1000);
    const mayCount = kind !== "foreign table" && seconds > 0;
    const rows = mayCount
      ? await session.attempt<{ n: string }>(`select count(*) as n from ${quoted}`, seconds)
      : undefined;
    const [row] = rows ?? [];
    if (row !== undefined) counted.push({ schema, name, kind, rows: Number(row.n), exact: true });
    // -1: never analysed.
    else
      counted.push({
        schema,
        name,
        kind,
        exact: false,
        ...(estimate < 0 || kind === "foreign table" ? {} : { rows: estimate }),
      });
  }
  return counted;
}

async function listSequences(client: pg.Client): Promise<SurveyedSequence[]> {
  const found = await client.query<{
    schema: string;
    name: string;
    last: string | null;
    owner: SurveyedSequence["ownedBy"] | null;
  }>(`
    select n.nspname as schema, c.relname as name, pg_sequence_last_value(c.oid)::text as last,
      (select json_build_object('schema', tn.nspname, 'table', t.relname, 'column', a.attname)
       from pg_depend d join pg_class t on t.oid = d.refobjid join pg_namespace tn on tn.oid = t.relnamespace
         join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
       where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
       limit 1) as owner
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'S' and ${USERS_OWN}
    order by 1, 2`);
  return found.rows.map(({ schema, name, last, owner }) => ({
    schema,
    name,
    lastValue: last,
    ...(owner === null || owner === undefined ? {} : { ownedBy: owner }),
  }));
}
