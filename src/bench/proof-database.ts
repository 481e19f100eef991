/** A database to be proven, in a local cloud: what the figures of src/fingerprint and src/structure are measured on. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { RDSDataClient } from "@aws-sdk/client-rds-data";
import { PATIENCE_FOR_STATEMENTS, patience } from "../aws/clients.ts";
import { DataSession, type SessionOptions } from "../aws/data-api.ts";
import { ACCOUNT_ID } from "../local/account.ts";
import { openLocalCloud } from "../local/cloud.ts";
import { withClient } from "../local/postgres/client.ts";
import { openPostgresHost } from "../local/postgres/open-postgres-host.ts";
import { readerSecretArn } from "../local/services/rds/identifiers.ts";

const REGION = "eu-west-1";
const CLUSTER = "bench";
const DATABASE = "bench";

/** A server with a database that is asked through the local Data API, and directly. */
export interface ProofDatabase {
  /** Runs SQL as the superuser, past the Data API. */
  run(sql: string): Promise<void>;
  session(settings?: SessionOptions["settings"]): DataSession;
  close(): Promise<void>;
}

export async function openProofDatabase(directory: string): Promise<ProofDatabase> {
  const root = join(directory, `bench-proof-${process.pid}`);
  await mkdir(root, { recursive: true });
  const host = await openPostgresHost({ root });
  const server = await host.create(join(host.runDirectory, "source"));
  await withClient(server.connection, "postgres", async (client) => {
    await client.query(`create database ${DATABASE}`);
  });
  const run = (sql: string): Promise<void> =>
    withClient(server.connection, DATABASE, async (client) => void (await client.query(sql)));
  await run("create extension amcheck");
  const cloud = await openLocalCloud({ host, root, cacheDirectory: join(directory, "cache"), plans: [] });
  await cloud.rds.registerSource({ region: REGION, clusterId: CLUSTER, databaseName: DATABASE, server });
  const { accessKeyId, secretAccessKey } = cloud.operator;
  const client = new RDSDataClient({
    region: REGION,
    endpoint: cloud.url,
    credentials: { accessKeyId, secretAccessKey },
    ...patience(PATIENCE_FOR_STATEMENTS),
  });
  const address = {
    clusterArn: `arn:aws:rds:${REGION}:${ACCOUNT_ID}:cluster:${CLUSTER}`,
    secretArn: readerSecretArn(REGION, ACCOUNT_ID, CLUSTER),
    database: DATABASE,
  };
  return {
    run,
    session: (settings = {}) => new DataSession(client, address, { settings }),
    close: async () => {
      await cloud.close();
      await host.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
