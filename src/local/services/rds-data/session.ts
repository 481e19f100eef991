import type pg from "pg";
import { openClient, withClient } from "../../postgres/client.ts";
import type { PostgresConnection } from "../../postgres/postgres-host.ts";
import { ServiceError } from "../../wire/service.ts";
import type { Timeline } from "../rds/timeline.ts";
import type { DatabaseAccess } from "./access.ts";
import { isCancelled } from "./database-errors.ts";
import type { DataApiLimits } from "./limits.ts";
import type { BoundStatement } from "./parameters.ts";
import { type StatementResult, StatementRun } from "./statement-run.ts";

/** Without a database the driver's rule holds: the one named like the first user, which in RDS is `postgres`. */
const DEFAULT_DATABASE = "postgres";
// A cancelled statement ends within milliseconds; one that does not has its connection cut.
const CANCEL_SECONDS = 5;

/** One connection of the secret's user, for one statement or one transaction. */
export class Session {
  readonly clusterArn: string;
  readonly #client: pg.Client;
  readonly #host: PostgresConnection;
  readonly #limits: DataApiLimits;
  readonly #timeline: Timeline;
  /** What goes on after its call has failed: the connection is kept for it. */
  #unfinished: Promise<unknown> | undefined;

  private constructor(client: pg.Client, access: DatabaseAccess, limits: DataApiLimits, timeline: Timeline) {
    this.#client = client;
    this.clusterArn = access.cluster.arn;
    this.#host = access.host;
    this.#limits = limits;
    this.#timeline = timeline;
  }

  /** Throws what PostgreSQL answers: an unknown database (3D000), a password that is another cluster's (28P01). */
  static async open(
    access: DatabaseAccess,
    database: string | undefined,
    limits: DataApiLimits,
    timeline: Timeline,
  ): Promise<Session> {
    const client = await timeline.postgres(() => openClient(access.connection, database || DEFAULT_DATABASE));
    return new Session(client, access, limits, timeline);
  }

  /** Runs one statement; past the time limit it is cancelled in the server, unless it may go on after the call has failed. */
  run(statement: BoundStatement, continueAfterTimeout = false): Promise<StatementResult> {
    return this.#timeline.postgres(() => this.#run(statement, continueAfterTimeout));
  }

  async #run(statement: BoundStatement, continueAfterTimeout: boolean): Promise<StatementResult> {
    const running = this.#client.query(new StatementRun(statement, this.#limits)).result;
    const late = Promise.withResolvers<"late">();
    const timer = setTimeout(() => late.resolve("late"), this.#limits.statementSeconds * 1000);
    try {
      const first = await Promise.race([running, late.promise]);
      if (first !== "late") return first;
    } finally {
      clearTimeout(timer);
    }
    if (continueAfterTimeout) this.#unfinished = running.catch(() => {});
    else await this.#cancel(running);
    throw new ServiceError("StatementTimeoutException", "Request timed out", {
      members: { dbConnectionId: this.#backend },
    });
  }

  /** Runs a statement of our own: BEGIN, COMMIT, a look into the catalog. */
  async query<R extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<R[]> {
    const { rows } = await this.#timeline.postgres(() => this.#client.query<R>(sql, values));
    return rows;
  }

  /** Resolves at once for a statement that goes on; the connection ends after it. */
  async end(): Promise<void> {
    if (this.#unfinished) {
      void this.#unfinished.then(() => this.#client.end()).catch(() => {});
      return;
    }
    await this.#client.end().catch(() => {});
  }

  /** The driver knows its backend's number but does not declare it. */
  get #backend(): number {
    return (this.#client as unknown as { readonly processID: number }).processID;
  }

  async #cancel(running: Promise<StatementResult>): Promise<void> {
    const ended = running.then(
      () => {},
      (error: unknown) => {
        if (!isCancelled(error)) return;
      },
    );
    const signal = (kind: "pg_cancel_backend" | "pg_terminate_backend") =>
      withClient(this.#host, DEFAULT_DATABASE, (client) => client.query(`select ${kind}($1)`, [this.#backend])).catch(
        // The server is gone, and the statement with it.
        () => {},
      );
    await signal("pg_cancel_backend");
    const timer = setTimeout(() => void signal("pg_terminate_backend"), CANCEL_SECONDS * 1000);
    await ended;
    clearTimeout(timer);
  }
}
