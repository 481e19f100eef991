/** Whether the database in production is still what it was: its rows, what it is made of, who may do what, and who is there. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ClientBase } from "pg";
import { withClient } from "../local/postgres/client.ts";
import type { PostgresConnection } from "../local/postgres/postgres-host.ts";
import { SOURCE } from "./source.ts";

/** What VACUUM and ANALYZE write of a table by themselves. */
const STATISTICS = ["relpages", "reltuples", "relallvisible", "relallfrozen", "relfrozenxid", "relminmxid"];
const WHOLE_CATALOGS = [
  ...["authid", "auth_members", "db_role_setting", "namespace", "attribute", "attrdef", "proc", "type", "constraint"],
  ...["index", "trigger", "policy", "rewrite", "extension", "default_acl", "event_trigger", "publication"],
  ...["subscription", "foreign_server", "user_mapping", "init_privs", "seclabel", "description", "parameter_acl"],
];
/** Rows of catalogs, settings that are no session's own, replication slots and prepared transactions. */
const CATALOG = `
  select md5(string_agg(line, chr(10) order by line)) as hash from (
    select 'class ' || (to_jsonb(t) - '{${STATISTICS.join(",")}}'::text[])::text as line from pg_class t
    union all select 'database ' || (to_jsonb(t) - '{datfrozenxid,datminmxid}'::text[])::text from pg_database t
    union all select 'setting ' || name || '=' || coalesce(setting, '') from pg_settings where source not in ('session', 'client')
    union all select 'slot ' || slot_name from pg_replication_slots
    union all select 'prepared ' || gid from pg_prepared_xacts
    ${WHOLE_CATALOGS.map((name) => `union all select '${name} ' || t::text from pg_${name} t`).join("\n")}
  ) lines`;
/** A backend ends some milliseconds after its client. */
const SESSION_LOOKS = 40;
const SESSION_LOOK_MS = 50;

/** One text, the same as long as the source is. */
export async function lookAtSource(connection: PostgresConnection): Promise<string> {
  return withClient(connection, SOURCE.database, async (client) =>
    [await rowsOf(client), await catalogOf(client), await sessionsOf(client)].join("\n"),
  );
}

/** One hash of every row of every table that is not PostgreSQL's own, whatever order they come in. */
async function rowsOf(client: ClientBase): Promise<string> {
  const tables = await client.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'm', 'S') and n.nspname !~ '^(pg_|information_schema)' order by 1`,
  );
  const hashes: string[] = [];
  for (const { name } of tables.rows) {
    const { rows } = await client.query<{ hash: string }>(
      `select md5(coalesce(string_agg(t::text, chr(10) order by t::text), '')) as hash from ${name} t`,
    );
    hashes.push(`${name} ${rows[0]?.hash}`);
  }
  return hashes.join("\n");
}

async function catalogOf(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ hash: string }>(CATALOG);
  return `catalog ${rows[0]?.hash}`;
}

/** Sessions besides this one, once those that have ended are gone. */
async function sessionsOf(client: ClientBase): Promise<string> {
  let sessions: string[] = [];
  for (let look = 0; look < SESSION_LOOKS; look += 1) {
    const { rows } = await client.query<{ session: string }>(
      `select concat_ws(' ', backend_type, usename, application_name) as session from pg_stat_activity
       where backend_type in ('client backend', 'walsender') and pid <> pg_backend_pid() order by 1`,
    );
    sessions = rows.map(({ session }) => session);
    if (sessions.length === 0) break;
    await sleep(SESSION_LOOK_MS);
  }
  return `sessions ${sessions.join(", ")}`;
}
