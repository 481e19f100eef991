import { randomBytes } from "node:crypto";
import pg from "pg";
import { withClient } from "../../postgres/client.ts";
import type { PostgresConnection } from "../../postgres/postgres-host.ts";
import type { RdsCore } from "./core.ts";
import { readerSecretArn } from "./identifiers.ts";
import type { Secret } from "./resources.ts";

const { escapeIdentifier, escapeLiteral } = pg;

/** The role that an operator makes for baselines; RDS knows nothing of it. */
const READER = "restore_drill_reader";

export function newReader(core: RdsCore, region: string, clusterId: string): Secret {
  return {
    arn: readerSecretArn(region, core.accountId, clusterId),
    username: READER,
    password: randomBytes(24).toString("base64url"),
    kmsKeyArn: undefined,
    creation: core.timeline.past(),
  };
}

/** A role that may read everything, rows that row security hides too, and write nothing. Safe to repeat. */
export async function ensureReader(connection: PostgresConnection, { username, password }: Secret): Promise<void> {
  const role = escapeIdentifier(username);
  await withClient(connection, "postgres", async (client) => {
    const { rowCount } = await client.query("select from pg_roles where rolname = $1", [username]);
    if (!rowCount) await client.query(`create role ${role}`);
    await client.query(
      `alter role ${role} with login nosuperuser nocreatedb nocreaterole bypassrls password ${escapeLiteral(password)}`,
    );
    await client.query(`grant pg_read_all_data, pg_read_all_stats to ${role}`);
  });
}
