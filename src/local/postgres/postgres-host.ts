/** Where a client reaches one local server. The password is made per server and never leaves the local cloud's directory. */
export interface PostgresConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export interface PostgresServer {
  readonly dataDirectory: string;
  readonly connection: PostgresConnection;
  /** Immediate shutdown, confirmed: the process is gone when this resolves. Harmless when it is gone already. */
  stop(): Promise<void>;
}

/**
 * Real PostgreSQL servers below one directory of our own: nothing outside it is written, and nothing is left running when this
 * process ends, however it ends.
 */
export interface PostgresHost {
  /** A fresh, started server (initdb once per host version, then copied from that template). */
  create(dataDirectory: string): Promise<PostgresServer>;
  /** Starts a server on an existing data directory (a restored snapshot recovers from its backup label first). */
  start(dataDirectory: string): Promise<PostgresServer>;
  /** A hot physical copy of a running server, taken while it is written to. Resolves to its size in bytes. */
  snapshot(server: PostgresServer, snapshotDirectory: string): Promise<number>;
  /** Copies a snapshot or a stopped data directory, by reflink where the file system can. */
  copy(fromDirectory: string, toDirectory: string): Promise<void>;
  /** Deletes a data directory or snapshot below the host's own root; refuses any other path. */
  remove(directory: string): Promise<void>;
  /** Stops every server. */
  close(): Promise<void>;
}
