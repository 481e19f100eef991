import {
  BeginTransactionCommand,
  ExecuteStatementCommand,
  type RDSDataClient,
  RollbackTransactionCommand,
} from "@aws-sdk/client-rds-data";
import { askingThrough, makingReader, NoReader } from "./data-api/reader.ts";
import { settingsOf } from "./data-api/settings.ts";
import { StatementFailed, statementFailedBy } from "./data-api/statement-failed.ts";
import { type Bind, parameterOf, Row } from "./data-api/values.ts";

/** The Data API cancels a statement after 45 s (RDS user guide, Data API limits). */
export const STATEMENT_WALL_SECONDS = 45;

/** Just below the wall, so that the database itself cancels and says so, and no statement is left running behind a lost call. */
const STATEMENT_SECONDS = STATEMENT_WALL_SECONDS - 1;

/** Before each new attempt to begin: 15 s in all, what a resuming cluster takes. */
const BEGIN_WAITS_MS = [1000, 2000, 4000, 8000] as const;

/** No attempt to begin starts later than this: one call that hangs takes 2 attempts of 60 s (src/aws/clients.ts), and five would take ten minutes. */
const BEGIN_WITHIN_SECONDS = 30;

/** A statement that lost its connection is asked once more, if it was lost early: a late one would not fit the reserve of a slice. */
const RETRY_WITHIN_SECONDS = 10;

/** How long the attempts of one `query` go on before the call that is its last; that one takes what the client allows a call. */
export const QUERY_RETRY_SECONDS = RETRY_WITHIN_SECONDS + BEGIN_WITHIN_SECONDS;

/**
 * A transaction keeps a lock on every table that it has read: a migration of the source would wait for it, and the application behind that.
 * One that shares a moment can let go of them and look at the same moment again.
 */
const LOCKED_SECONDS = 2;

export interface DatabaseAddress {
  readonly clusterArn: string;
  readonly secretArn: string;
  readonly database: string;
}

export interface SessionOptions {
  /** What one statement may take; by default one second less than the Data API allows. */
  readonly statementSeconds?: number;
  readonly pause?: (milliseconds: number) => Promise<void>;
  /** PostgreSQL settings beside those that every session brings, each with a value of our own. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The role under which the plan's own SQL is asked, made where it is not there yet: of a sandbox, never of a source. */
  readonly reader?: string | undefined;
}

/** What a session's transactions see; without it each statement sees what was committed when it began. */
export type View =
  /** All of one transaction sees one moment. `transactionId`: of one that an earlier invocation began. */
  | { readonly kind: "own"; readonly transactionId?: string | undefined }
  /** Every transaction sees what the exported snapshot of another one sees, for as long as that one is open. */
  | { readonly kind: "shared"; readonly snapshotId: string }
  /**
   * Every transaction first does this to the database, and then reads: only it sees what it did, and nothing of that stays. Another one
   * that does the same would wait for its locks, so `alone` ends those that are open before a transaction begins.
   */
  | { readonly kind: "damaged"; readonly by: readonly string[]; readonly alone: () => Promise<void> };

/** `pg_export_snapshot()` answers three hexadecimal numbers. `set transaction snapshot` takes no bind, so nothing else gets into it. */
const SNAPSHOT_ID = /^[0-9A-F]{1,16}(-[0-9A-F]{1,16}){1,2}$/i;

/** The transaction that exported the snapshot is gone, and the moment with it: what was read of it can not be completed. */
export class SnapshotLost extends Error {
  override readonly name = "SnapshotLost";
}

/** What a damaged view begins with was refused by the database: a constraint, a trigger, a privilege that is not there. */
export class DamageRefused extends Error {
  override readonly name = "DamageRefused";
}

/** What an error message may repeat. */
const askedIn = (sql: string, binds: Readonly<Record<string, Bind>>): string =>
  [sql, ...Object.values(binds).filter((bind) => typeof bind === "string")].join("\n");

const pauseFor = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));

/**
 * Statements against one database through the Data API, in read-only transactions that are always rolled back. One transaction serves
 * many statements; an error ends it and the next statement begins another. A Data API session keeps no `set`, so each transaction
 * brings its own settings.
 */
export class DataSession {
  readonly #client: RDSDataClient;
  readonly #address: DatabaseAddress;
  readonly #options: Required<SessionOptions>;
  readonly #view: View | undefined;
  #begunAt = 0;
  #hasReader = false;
  #transactionId: string | undefined;
  #seconds = 0;
  #calls = 0;

  constructor(client: RDSDataClient, address: DatabaseAddress, options: SessionOptions = {}, view?: View) {
    this.#client = client;
    this.#address = address;
    this.#options = {
      statementSeconds: STATEMENT_SECONDS,
      pause: pauseFor,
      settings: {},
      reader: undefined,
      ...options,
    };
    this.#view = view;
    if (options.reader !== undefined && view !== undefined && view.kind !== "damaged")
      throw new TypeError("A transaction that shows another moment can not be prepared for a reader.");
    if (view?.kind === "own") this.#transactionId = view.transactionId;
    if (view?.kind === "shared" && !SNAPSHOT_ID.test(view.snapshotId))
      throw new TypeError(`${JSON.stringify(view.snapshotId)} is not the id of an exported snapshot.`);
  }

  /** The open transaction, for another invocation to go on in. */
  get transactionId(): string | undefined {
    return this.#transactionId;
  }

  /** Time spent in statements so far, as seen through the Data API. */
  get seconds(): number {
    return this.#seconds;
  }

  /** Calls made so far, those to begin and end transactions included: what the Data API bills. */
  get calls(): number {
    return this.#calls;
  }

  /**
   * The rows of one statement. Binds are named in the statement as `:name`.
   *
   * @throws StatementFailed when the statement or the database is at fault; the SDK's own error when the drill is (permissions, secret)
   */
  async query(sql: string, binds: Readonly<Record<string, Bind>> = {}): Promise<Row[]> {
    const began = performance.now();
    try {
      return await this.#attempt(sql, binds);
    } catch (error) {
      // Reading twice is harmless, and the first answer was lost.
      const isRetryable = error instanceof StatementFailed && error.fault === "unavailable";
      if (!isRetryable || performance.now() - began > RETRY_WITHIN_SECONDS * 1000) throw error;
      return await this.#attempt(sql, binds);
    }
  }

  /** Ends the open transaction, if there is one. The next statement begins another. */
  async end(): Promise<void> {
    const transactionId = this.#transactionId;
    if (transactionId === undefined) return;
    this.#transactionId = undefined;
    const { clusterArn: resourceArn, secretArn } = this.#address;
    this.#calls += 1;
    // Nothing was written: a rollback that fails leaves only what the Data API drops by itself after 3 idle minutes.
    await this.#client.send(new RollbackTransactionCommand({ resourceArn, secretArn, transactionId })).catch(() => {});
  }

  async #attempt(sql: string, binds: Readonly<Record<string, Bind>>): Promise<Row[]> {
    const transactionId = this.#transactionId ?? (await this.#begin());
    try {
      const rows = await this.#execute(transactionId, sql, binds);
      if (this.#view?.kind === "shared" && performance.now() - this.#begunAt > LOCKED_SECONDS * 1000) await this.end();
      return rows;
    } catch (error) {
      await this.#endAfter(error);
      throw statementFailedBy(error, askedIn(sql, binds)) ?? error;
    }
  }

  async #begin(): Promise<string> {
    const { clusterArn: resourceArn, secretArn, database } = this.#address;
    const began = performance.now();
    for (let attempt = 0; ; attempt += 1) {
      this.#calls += 1;
      try {
        if (this.#view?.kind === "damaged") await this.#view.alone();
        const { transactionId = "" } = await this.#client.send(
          new BeginTransactionCommand({ resourceArn, secretArn, database }),
        );
        this.#transactionId = transactionId;
        this.#begunAt = performance.now();
        if (this.#options.reader !== undefined) await this.#enter(transactionId, this.#options.reader);
        if (this.#view !== undefined) await this.#takeView(transactionId, this.#view);
        await this.#execute(transactionId, settingsOf(this.#options), {});
        return transactionId;
      } catch (error) {
        await this.#endAfter(error);
        if (error instanceof DamageRefused || error instanceof NoReader) throw error;
        const failed = statementFailedBy(error);
        // No statement of a check is in play yet: what is wrong with the call itself is the drill's own fault.
        if (failed === undefined || failed.fault === "invalid") throw error;
        const waitMs = BEGIN_WAITS_MS[attempt];
        if (failed.fault !== "unavailable" || waitMs === undefined) throw failed;
        if (performance.now() - began + waitMs > BEGIN_WITHIN_SECONDS * 1000) throw failed;
        await this.#options.pause(waitMs);
      }
    }
  }

  /** The role is made by a statement of its own, which commits; what lets a transaction ask through it goes with the transaction. */
  async #enter(transactionId: string, reader: string): Promise<void> {
    try {
      if (!this.#hasReader) await this.#execute(undefined, makingReader(reader), {});
      this.#hasReader = true;
      await this.#execute(transactionId, "set transaction read write", {});
      await this.#execute(transactionId, askingThrough(reader, this.#options.statementSeconds * 1000), {});
    } catch (error) {
      const failed = statementFailedBy(error);
      if (failed === undefined || failed.fault === "unavailable" || failed.fault === "timeout") throw error;
      throw new NoReader(failed);
    }
  }

  /** Before any query: the first one takes a snapshot, and PostgreSQL then refuses to change it. */
  async #takeView(transactionId: string, view: View): Promise<void> {
    if (view.kind === "damaged") return this.#damage(transactionId, view.by);
    await this.#execute(transactionId, "set transaction isolation level repeatable read, read only", {});
    if (view.kind === "own") return;
    try {
      await this.#execute(transactionId, `set transaction snapshot '${view.snapshotId}'`, {});
    } catch (error) {
      const fault = statementFailedBy(error)?.fault;
      if (fault === undefined || fault === "unavailable" || fault === "timeout") throw error;
      throw new SnapshotLost("The transaction that exported the snapshot has ended.", { cause: error });
    }
  }

  /** The settings that follow make the transaction read only again: what is asked of the damage may not add to it. */
  async #damage(transactionId: string, by: readonly string[]): Promise<void> {
    await this.#execute(transactionId, "set transaction read write", {});
    await this.#execute(transactionId, `set local statement_timeout = ${this.#options.statementSeconds * 1000}`, {});
    for (const statement of by) {
      try {
        await this.#execute(transactionId, statement, {});
      } catch (error) {
        const failed = statementFailedBy(error, statement);
        if (failed === undefined || failed.fault === "unavailable") throw error;
        throw new DamageRefused(failed.message, { cause: error });
      }
    }
  }

  async #execute(
    transactionId: string | undefined,
    sql: string,
    binds: Readonly<Record<string, Bind>>,
  ): Promise<Row[]> {
    const { clusterArn: resourceArn, secretArn, database } = this.#address;
    const began = performance.now();
    this.#calls += 1;
    try {
      const { records = [] } = await this.#client.send(
        new ExecuteStatementCommand({
          resourceArn,
          secretArn,
          database,
          ...(transactionId === undefined ? {} : { transactionId }),
          sql,
          parameters: Object.entries(binds).map(([name, bind]) => parameterOf(name, bind)),
          resultSetOptions: { longReturnType: "STRING", decimalReturnType: "STRING" },
        }),
      );
      return records.map((fields) => new Row(fields));
    } finally {
      this.#seconds += (performance.now() - began) / 1000;
    }
  }

  async #endAfter(error: unknown): Promise<void> {
    // A database that does not answer will not answer a rollback either.
    if (statementFailedBy(error)?.fault === "unavailable") this.#transactionId = undefined;
    else await this.end();
  }
}
