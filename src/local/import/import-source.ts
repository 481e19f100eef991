import { randomBytes } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { withClient } from "../postgres/client.ts";
import type { PostgresHost, PostgresServer } from "../postgres/postgres-host.ts";
import { ExtensionUnavailable, SourceImportFailed } from "./errors.ts";
import { requireTools, runTool } from "./postgres-tools.ts";
import { libpqEnvironment, parseSourceUrl, type SourceAddress } from "./source-address.ts";
import { explain, openSource, redact, type SourceSession } from "./source-session.ts";
import type { SourceSurvey } from "./survey.ts";
import { type SourceInventory, surveySource, takeInventory } from "./survey-source.ts";

// Two tables at a time: quick enough here, and little enough for a source that is in production.
const JOBS = 2;

export interface ImportProgress {
  readonly phase: "connect" | "dump" | "restore" | "analyze";
  /** The table in work, where there is one. */
  readonly table?: string;
}

export interface ImportOptions {
  readonly onProgress?: (progress: ImportProgress) => void;
  readonly signal?: AbortSignal;
}

export interface ImportedSource {
  /** A running local server with the copy. */
  readonly server: PostgresServer;
  /** The database's name, there as here. */
  readonly database: string;
  readonly survey: SourceSurvey;
}

/**
 * Copies a user's database into a new local server, with pg_dump and pg_restore from the PATH. The source is only read: one
 * REPEATABLE READ READ ONLY transaction, whose snapshot pg_dump shares, so that the survey describes exactly what was copied.
 *
 * A logical copy: one database, with neither owners nor grants nor tablespaces, publications, subscriptions or the user mappings
 * of foreign servers (which hold passwords, and reach out). Roles that row-level policies name are made, unable to log in. Roles
 * that only functions mention are not.
 *
 * @param url `postgres://user:password@host:port/database?sslmode=...`; what it leaves out comes from libpq's defaults
 * @throws the errors of `errors.ts`; none of them holds the password or a row
 */
export async function importSource(
  url: string,
  host: PostgresHost,
  dataDirectory: string,
  options: ImportOptions = {},
): Promise<ImportedSource> {
  const address = parseSourceUrl(url);
  await requireTools(undefined);
  options.onProgress?.({ phase: "connect" });
  const source = await openSource(address);
  try {
    const { database, major } = await identify(source);
    await requireTools(major);
    const inventory = await takeInventory(source);
    const server = await host.create(dataDirectory);
    try {
      const survey = await copyDatabase({ address, source, inventory, host, server, database, options });
      return { server, database, survey };
    } catch (error) {
      await host.remove(server.dataDirectory);
      throw error;
    }
  } catch (error) {
    throw inOurWords(error, address);
  } finally {
    await source.close();
  }
}

interface CopyJob {
  readonly address: SourceAddress;
  readonly source: SourceSession;
  readonly inventory: SourceInventory;
  readonly host: PostgresHost;
  readonly server: PostgresServer;
  readonly database: string;
  readonly options: ImportOptions;
}

async function identify({ client }: SourceSession): Promise<{ database: string; major: number }> {
  const answer = await client.query<{ database: string; number: string }>(
    "select current_database() as database, current_setting('server_version_num') as number",
  );
  const [row] = answer.rows;
  if (row === undefined) throw new SourceImportFailed("The source does not say what it is.");
  return { database: row.database, major: Math.floor(Number(row.number) / 10_000) };
}

async function copyDatabase(job: CopyJob): Promise<SourceSurvey> {
  await prepareTarget(job);
  const dumpDirectory = join(job.host.runDirectory, `dump-${randomBytes(4).toString("hex")}`);
  try {
    // Settled together: the transaction must outlive pg_dump, and pg_dump must not outlive a failed survey's clean-up.
    const [survey, dumped] = await Promise.allSettled([
      surveySource(job.source, job.inventory),
      dump(job, dumpDirectory),
    ]);
    if (dumped.status === "rejected") throw dumped.reason;
    if (survey.status === "rejected") throw survey.reason;
    await restore(job, dumpDirectory);
    return survey.value;
  } finally {
    await rm(dumpDirectory, { recursive: true, force: true });
    await rm(`${dumpDirectory}.list`, { force: true });
  }
}

/** The database, and what has to be there before it can be filled. */
async function prepareTarget({ server, database, inventory }: CopyJob): Promise<void> {
  await withClient(server.connection, "postgres", async (client) => {
    const available = await client.query<{ name: string }>("select name from pg_available_extensions");
    const names = new Set(available.rows.map((row) => row.name));
    const missing = inventory.extensions.filter(({ name }) => !names.has(name)).map(({ name }) => name);
    if (missing.length > 0) {
      throw new ExtensionUnavailable(
        `The source uses ${missing.join(", ")}, which the local PostgreSQL does not have. Drill a copy of the database without it, ` +
          "or drill on AWS.",
      );
    }
    for (const role of inventory.policyRoles) {
      const known = await client.query("select from pg_roles where rolname = $1", [role]);
      if (known.rowCount === 0) await client.query(`create role ${pg.escapeIdentifier(role)} nologin`);
    }
    const exists = await client.query("select from pg_database where datname = $1", [database]);
    if (exists.rowCount === 0)
      await client.query(`create database ${pg.escapeIdentifier(database)} template template0`);
  });
}

async function dump({ address, source, options }: CopyJob, dumpDirectory: string): Promise<void> {
  const tables = lineReader(/dumping contents of table "(.+)"$/, (table) =>
    options.onProgress?.({ phase: "dump", table }),
  );
  options.onProgress?.({ phase: "dump" });
  await runTool("pg_dump", {
    args: [
      "--format=directory",
      `--file=${dumpDirectory}`,
      `--jobs=${JOBS}`,
      "--compress=1",
      `--snapshot=${source.snapshotId}`,
      "--encoding=UTF8",
      "--no-owner",
      "--no-acl",
      "--no-publications",
      "--no-subscriptions",
      "--no-security-labels",
      "--no-tablespaces",
      "--no-password",
      "--lock-wait-timeout=10s",
      "--verbose",
    ],
    environment: { ...inheritedLibpq(), ...libpqEnvironment(address) },
    onLine: tables,
    ...signalOf(options),
  });
}

async function restore({ server, database, options }: CopyJob, dumpDirectory: string): Promise<void> {
  const { host, port, user, password } = server.connection;
  const environment = { PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, PGSSLMODE: "disable" };
  const contents = await runTool("pg_restore", {
    args: ["--list", dumpDirectory],
    environment: {},
    ...signalOf(options),
  });
  const wanted = contents.split("\n").filter((line) => !/^\d+; \d+ \d+ USER MAPPING /.test(line));
  await writeFile(`${dumpDirectory}.list`, wanted.join("\n"), { mode: 0o600 });
  options.onProgress?.({ phase: "restore" });
  await runTool("pg_restore", {
    args: [
      // As a connection string: a database's name may hold "=" or begin with "-". It has no password in it.
      `--dbname=postgresql:///${encodeURIComponent(database)}`,
      `--use-list=${dumpDirectory}.list`,
      `--jobs=${JOBS}`,
      "--no-owner",
      "--no-acl",
      "--exit-on-error",
      "--no-password",
      "--verbose",
      dumpDirectory,
    ],
    environment,
    onLine: lineReader(/processing data for table "(.+)"$/, (table) =>
      options.onProgress?.({ phase: "restore", table }),
    ),
    ...signalOf(options),
  });
  options.onProgress?.({ phase: "analyze" });
  await withClient(server.connection, database, (client) => client.query("vacuum (analyze)"));
}

function lineReader(pattern: RegExp, report: (table: string) => void): (line: string) => void {
  return (line) => {
    const table = pattern.exec(line)?.[1];
    if (table !== undefined) report(table);
  };
}

function signalOf({ signal }: ImportOptions): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

/** The user's own libpq settings apply to the source alone. */
function inheritedLibpq(): Record<string, string> {
  const entries = Object.entries(process.env).filter(([name, value]) => name.startsWith("PG") && value !== undefined);
  return Object.fromEntries(entries) as Record<string, string>;
}

function inOurWords(error: unknown, address: SourceAddress): unknown {
  const explained = explain(error, address);
  if (explained instanceof Error) {
    explained.message = redact(explained.message, address);
    explained.stack = redact(explained.stack ?? "", address);
  }
  return explained;
}
