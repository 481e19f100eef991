import pg from "pg";
import { withClient } from "../../postgres/client.ts";
import type { PostgresConnection } from "../../postgres/postgres-host.ts";

const { escapeIdentifier, escapeLiteral } = pg;

/** What `rds_superuser` stands for, as far as PostgreSQL has a predefined role for it; each since the version that has it. */
const GRANTED_ROLES = [
  "pg_read_all_data",
  "pg_write_all_data",
  "pg_monitor",
  "pg_signal_backend",
  "pg_checkpoint",
  "pg_maintain",
];

/** Extensions whose functions PostgreSQL keeps to superusers and `rds_superuser` may call. */
const OPENED_EXTENSIONS = ["amcheck", "pg_visibility", "pgstattuple", "pg_stat_statements", "pg_buffercache"];

/**
 * Makes the master user what it is in RDS: a role that may log in, create databases and roles, read and write everything and look after
 * it, and own what the host's superuser (RDS's `rdsadmin`) owns of the user's databases; never a superuser. Safe to repeat.
 *
 * One difference stays: in RDS it may create any supported extension, here only those PostgreSQL calls trusted.
 */
export async function ensureMasterUser(
  connection: PostgresConnection,
  username: string,
  password: string,
): Promise<void> {
  const role = escapeIdentifier(username);
  const databases = await withClient(connection, "postgres", async (client) => {
    const { rowCount } = await client.query("select from pg_roles where rolname = $1", [username]);
    if (!rowCount) await client.query(`create role ${role}`);
    await client.query(
      `alter role ${role} with login createdb createrole nosuperuser nobypassrls password ${escapeLiteral(password)}`,
    );
    const known = await client.query<{ rolname: string }>("select rolname from pg_roles where rolname = any($1)", [
      GRANTED_ROLES,
    ]);
    const roles = known.rows.map(({ rolname }) => escapeIdentifier(rolname));
    await client.query(`grant ${roles.join(", ")} to ${role} with admin option`);
    const found = await client.query<{ datname: string; isHosts: boolean }>(
      `select datname, datdba = current_user::regrole as "isHosts" from pg_database where datallowconn and not datistemplate`,
    );
    for (const { datname, isHosts } of found.rows) {
      if (isHosts) await client.query(`alter database ${escapeIdentifier(datname)} owner to ${role}`);
    }
    return found.rows.map(({ datname }) => datname);
  });
  for (const database of databases) {
    await withClient(connection, database, async (client) => {
      await client.query(handOver(username));
      await client.query(openExtensions(username));
    });
  }
}

/** `reassign owned` refuses the bootstrap superuser, so ownership is handed over object by object. */
function handOver(username: string): string {
  return `do $handover$
    declare object record;
    begin
      for object in
        select format('alter schema %I owner to %I', nspname, ${escapeLiteral(username)}) as command
          from pg_namespace where nspowner = current_user::regrole and nspname !~ '^pg_' and nspname <> 'information_schema'
        union all
        select format('alter %s %s owner to %I', case relkind when 'v' then 'view' when 'm' then 'materialized view'
            when 'S' then 'sequence' when 'f' then 'foreign table' else 'table' end, c.oid::regclass, ${escapeLiteral(username)})
          from pg_class c join pg_namespace n on n.oid = relnamespace
          where relowner = current_user::regrole and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
            and nspname !~ '^pg_' and nspname <> 'information_schema'
            and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
              and (d.deptype = 'e' or (c.relkind = 'S' and d.deptype in ('a', 'i'))))
        union all
        select format('alter routine %s owner to %I', p.oid::regprocedure, ${escapeLiteral(username)})
          from pg_proc p join pg_namespace n on n.oid = pronamespace
          where proowner = current_user::regrole and nspname !~ '^pg_' and nspname <> 'information_schema'
            and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
      loop
        execute object.command;
      end loop;
    end
  $handover$`;
}

function openExtensions(username: string): string {
  const names = OPENED_EXTENSIONS.map((name) => escapeLiteral(name)).join(", ");
  return `do $open$
    declare routine regprocedure;
    begin
      for routine in
        select d.objid::regprocedure from pg_depend d join pg_extension e on e.oid = d.refobjid
          where d.refclassid = 'pg_extension'::regclass and d.classid = 'pg_proc'::regclass and d.deptype = 'e'
            and e.extname in (${names})
      loop
        execute format('grant execute on routine %s to %I', routine, ${escapeLiteral(username)});
      end loop;
    end
  $open$`;
}
