import pg from "pg";
import { DrillError } from "../../errors.ts";
import { SourceDatabaseMissing, SourceLoginRefused, SourcePermissionDenied, SourceUnreachable } from "./errors.ts";
import { clientConfig, nameOf, type SourceAddress } from "./source-address.ts";

const CONNECT_SECONDS = 10;
const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ECONNRESET",
  "ENOENT",
]);
// SQLSTATE class 53 and 57P0x: the server is there, but takes no connection now.
const UNWILLING = /^(53|57P0)/;

/** One transaction on the source, read only and on one moment, which pg_dump shares through the exported snapshot. */
export interface SourceSession {
  readonly client: pg.Client;
  readonly snapshotId: string;
  /** Runs a query that may fail or take too long, without losing the transaction. Undefined when it did. */
  attempt<Row extends pg.QueryResultRow>(sql: string, timeoutSeconds: number): Promise<Row[] | undefined>;
  close(): Promise<void>;
}

/**
 * Connects to the user's database. Nothing is ever written there: the one transaction is READ ONLY.
 *
 * @throws SourceUnreachable, SourceLoginRefused, SourceDatabaseMissing, SourcePermissionDenied
 */
export async function openSource(address: SourceAddress): Promise<SourceSession> {
  const client = await connect(address);
  try {
    // A source may end idle transactions, and this one waits while pg_dump works.
    await client.query(
      "set idle_in_transaction_session_timeout = 0; set statement_timeout = '60s'; set lock_timeout = '10s'",
    );
    // Filtered rows are an error then, not a silently smaller copy.
    await client.query("set row_security = off");
    await client.query("begin isolation level repeatable read read only");
    const exported = await client.query<{ id: string }>("select pg_export_snapshot() as id");
    return session(client, exported.rows[0]?.id ?? "");
  } catch (error) {
    await client.end().catch(() => {});
    throw explain(error, address);
  }
}

function session(client: pg.Client, snapshotId: string): SourceSession {
  return {
    client,
    snapshotId,
    async attempt<Row extends pg.QueryResultRow>(sql: string, timeoutSeconds: number) {
      await client.query(`savepoint attempt; set local statement_timeout = ${Math.ceil(timeoutSeconds * 1000)}`);
      try {
        return (await client.query<Row>(sql)).rows;
      } catch {
        return undefined;
      } finally {
        await client.query("rollback to savepoint attempt; release savepoint attempt");
      }
    },
    close: () => client.end().catch(() => {}),
  };
}

async function connect(address: SourceAddress): Promise<pg.Client> {
  const mayBePlain = ["disable", "allow", "prefer"].includes(address.sslmode);
  if (address.sslmode !== "disable") {
    try {
      return await connectOnce(address, true);
    } catch (error) {
      const plainOnly = error instanceof Error && error.message.includes("does not support SSL");
      if (!plainOnly || !mayBePlain) throw explain(error, address);
    }
  }
  return connectOnce(address, false).catch((error: unknown) => {
    throw explain(error, address);
  });
}

async function connectOnce(address: SourceAddress, encrypted: boolean): Promise<pg.Client> {
  const client = new pg.Client({
    ...clientConfig(address, encrypted),
    application_name: "restore-drill",
    connectionTimeoutMillis: CONNECT_SECONDS * 1000,
  });
  client.on("error", () => {});
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
}

/** The driver's or the server's error as one that says what to do. Errors made here pass through. */
export function explain(error: unknown, address: SourceAddress): unknown {
  if (!(error instanceof Error) || error instanceof DrillError) return error;
  const code = "code" in error ? String(error.code) : "";
  const where = nameOf(address);
  const said = redact(error.message, address);
  if (code === "28P01" || code === "28000" || /password must be a string|no password/i.test(error.message)) {
    return new SourceLoginRefused(
      `${where} refuses this login: ${said || "a password is needed"}. Check user, password and sslmode.`,
    );
  }
  if (code === "3D000")
    return new SourceDatabaseMissing(`${where} is not there: ${said}. List the databases with psql -l.`);
  if (code === "42501") return new SourcePermissionDenied(`${where}: ${said}. ${GRANT_HINT}`);
  if (UNREACHABLE.has(code) || UNWILLING.test(code) || /timeout|terminated|SSL/i.test(error.message)) {
    const reason = said || code;
    return new SourceUnreachable(
      `${where} cannot be reached (${reason}). Check host, port, firewall and that the server runs.`,
    );
  }
  return error;
}

export const GRANT_HINT =
  "Use a user that may read every table, for example one with: GRANT pg_read_all_data TO the_user.";

/** No message holds the password, whoever worded it. */
export function redact(text: string, { password }: SourceAddress): string {
  if (password === undefined) return text;
  return text.replaceAll(password, "***").replaceAll(encodeURIComponent(password), "***");
}
