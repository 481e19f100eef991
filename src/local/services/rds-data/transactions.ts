import { randomBytes } from "node:crypto";
import { ServiceError } from "../../wire/service.ts";
import type { DataApiLimits } from "./limits.ts";
import type { Session } from "./session.ts";

interface Transaction {
  readonly session: Session;
  readonly begunAt: number;
  isBusy: boolean;
  idle: NodeJS.Timeout | undefined;
}

/** The open transactions. Each has a connection of its own and is rolled back when it idles too long or grows too old. */
export class Transactions {
  readonly #open = new Map<string, Transaction>();
  readonly #limits: DataApiLimits;

  constructor(limits: DataApiLimits) {
    this.#limits = limits;
  }

  /** Takes over a session in which BEGIN has run. */
  add(session: Session): string {
    const id = randomBytes(96).toString("base64");
    const transaction: Transaction = { session, begunAt: Date.now(), isBusy: false, idle: undefined };
    this.#open.set(id, transaction);
    this.#rest(id, transaction);
    return id;
  }

  /**
   * Runs work in a transaction; calls on one are sequential, a second at the same time is refused.
   * Throws `TransactionNotFoundException` for one that ended, expired or is another cluster's.
   */
  async use<T>(id: string, clusterArn: string, work: (session: Session) => Promise<T>): Promise<T> {
    const transaction = this.#find(id, clusterArn);
    transaction.isBusy = true;
    clearTimeout(transaction.idle);
    try {
      return await work(transaction.session);
    } finally {
      transaction.isBusy = false;
      if (this.#open.has(id)) this.#rest(id, transaction);
    }
  }

  /** Ends it with COMMIT or ROLLBACK; it is not found afterwards. */
  async finish(id: string, clusterArn: string, command: "commit" | "rollback"): Promise<void> {
    const { session, idle } = this.#find(id, clusterArn);
    clearTimeout(idle);
    this.#open.delete(id);
    try {
      await session.query(command);
    } finally {
      await session.end();
    }
  }

  /** A connection that ends without COMMIT is rolled back by the server. */
  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(
      open.map(({ session, idle }) => {
        clearTimeout(idle);
        return session.end();
      }),
    );
  }

  #find(id: string, clusterArn: string): Transaction {
    const transaction = this.#open.get(id);
    if (!transaction || transaction.session.clusterArn !== clusterArn) {
      throw new ServiceError("TransactionNotFoundException", `Transaction ${id} is not found`);
    }
    if (transaction.isBusy) throw new ServiceError("DatabaseErrorException", "Transaction is still running a query");
    return transaction;
  }

  #rest(id: string, transaction: Transaction): void {
    const leftSeconds = this.#limits.transactionSeconds - (Date.now() - transaction.begunAt) / 1000;
    const seconds = Math.max(0, Math.min(this.#limits.transactionIdleSeconds, leftSeconds));
    transaction.idle = setTimeout(() => {
      this.#open.delete(id);
      void transaction.session.end();
    }, seconds * 1000).unref();
  }
}
