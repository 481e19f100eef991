import type { RDSDataClient } from "@aws-sdk/client-rds-data";
import { type DatabaseAddress, DataSession, type SessionOptions, SnapshotLost } from "../aws/data-api.ts";
import { onlyRow } from "../reading/only-row.ts";

/** The Data API drops a transaction after 3 idle minutes: asked this often, it is never idle for half of that. */
const KEEP_ALIVE_SECONDS = 60;

const utc = (moment: string): string => `to_char((${moment}) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Without pg_read_all_stats a role sees the beginnings of its own transactions alone, and of prepared ones. */
const OLDEST_OPEN = `select min(began) from (select xact_start began from pg_stat_activity where datname = current_database()
  union all select prepared from pg_prepared_xacts where database = current_database()) x`;

/** A moment of the source that can be looked at again: by its id from other sessions, for as long as the transaction is open. */
export interface Moment {
  readonly snapshotId: string;
  readonly transactionId: string;
  /** By the source's own clock, just after the snapshot was taken: nothing in it was committed later. ISO 8601. */
  readonly capturedAt: string;
  /** Before it no open transaction began, as far as the role may see: what one writes will bear the time of its beginning. */
  readonly settledAt: string;
}

/**
 * The transaction that exported the snapshot, which does nothing else: a statement that fails ends its transaction, and must not end this
 * one. It outlives the invocation that began it.
 */
export class HeldSnapshot {
  readonly moment: Moment;
  readonly #session: DataSession;
  readonly #timer: NodeJS.Timeout;
  #asking: Promise<unknown> = Promise.resolve();

  private constructor(session: DataSession, moment: Moment) {
    this.#session = session;
    this.moment = moment;
    this.#timer = setInterval(() => void this.#ask(), KEEP_ALIVE_SECONDS * 1000).unref();
  }

  /** @throws StatementFailed when the source does not answer */
  static async take(data: RDSDataClient, address: DatabaseAddress, options?: SessionOptions): Promise<HeldSnapshot> {
    const session = new DataSession(data, address, options, { kind: "own" });
    const row = onlyRow(
      await session.query(
        `select pg_export_snapshot(), ${utc("clock_timestamp() + interval '1 ms'")}, ${utc(`least(clock_timestamp(), (${OLDEST_OPEN}))`)}`,
      ),
    );
    const { transactionId = "" } = session;
    return new HeldSnapshot(session, {
      snapshotId: row.text(0),
      transactionId,
      capturedAt: row.text(1),
      settledAt: row.text(2),
    });
  }

  /** Goes on where another invocation stopped. @throws SnapshotLost when its transaction has ended meanwhile */
  static async resume(
    data: RDSDataClient,
    address: DatabaseAddress,
    moment: Moment,
    options?: SessionOptions,
  ): Promise<HeldSnapshot> {
    const { transactionId } = moment;
    const held = new HeldSnapshot(new DataSession(data, address, options, { kind: "own", transactionId }), moment);
    await held.#ask();
    // A session whose transaction is gone begins another, which sees another moment.
    if (held.#session.transactionId === transactionId) return held;
    await held.release();
    throw new SnapshotLost("The transaction that exported the snapshot ended between two invocations.");
  }

  /** Leaves the transaction open for the next invocation. */
  async leave(): Promise<void> {
    clearInterval(this.#timer);
    await this.#asking;
    // One that was begun in place of the one that is gone holds back vacuum for nothing.
    if (this.#session.transactionId !== this.moment.transactionId) await this.#session.end();
  }

  /** Ends the transaction: what the source keeps for it can go. */
  async release(): Promise<void> {
    await this.leave();
    await this.#session.end();
  }

  /** Whoever looks at the moment next is told when it is gone; this is not the place to fail. */
  async #ask(): Promise<void> {
    this.#asking = this.#session.query("select 1").catch(() => {});
    await this.#asking;
  }
}
