import pg from "pg";
import type { PostgresConnection } from "./postgres-host.ts";

const CONNECT_SECONDS = 10;

export interface ClientOptions {
  readonly connectSeconds?: number;
}

/**
 * A connected client; the caller ends it. A server that is stopped under it makes the next query fail, not the process.
 *
 * @throws the driver's error when the server does not answer within 10 s
 */
export async function openClient(
  connection: PostgresConnection,
  database = "postgres",
  { connectSeconds = CONNECT_SECONDS }: ClientOptions = {},
): Promise<pg.Client> {
  const client = new pg.Client({ ...connection, database, connectionTimeoutMillis: connectSeconds * 1000 });
  // Without a listener, the loss of an idle connection is an uncaught exception.
  client.on("error", () => {});
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
  return client;
}

/** Runs `work` with a client that is closed afterwards. */
export async function withClient<T>(
  connection: PostgresConnection,
  database: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await openClient(connection, database);
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
