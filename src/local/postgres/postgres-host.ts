/** Where a client reaches one local server. The password is made per server and never leaves the local cloud's directory. */
export interface PostgresConnection {
  readonly host: string;
  readonly port: number;
  /** The superuser that belongs to the host, as `rdsadmin` belongs to RDS: never the account that a drill signs in with. */
  readonly user: string;
  readonly password: string;
}

export interface StopOptions {
  /** A checkpointed shutdown: the data files are complete without their WAL, so they can be edited or kept. Default: immediate. */
  readonly clean?: boolean;
}

export interface PostgresServer {
  readonly dataDirectory: string;
  readonly connection: PostgresConnection;
  /** What the server has logged since it was started. */
  readonly logFile: string;
  /** Shuts down, confirmed: the process is gone when this resolves. Harmless when it is gone already. Committed rows are kept. */
  stop(options?: StopOptions): Promise<void>;
}

/**
 * Real PostgreSQL servers below one directory of our own: nothing outside it is written, and nothing is left running when this
 * process ends, however it ends.
 */
export interface PostgresHost {
  /**
   * The place for everything that must not outlive this host: data directories, snapshots. It is deleted by `close`, and when the
   * process dies without it. What a caller puts elsewhere below the root (a cache) stays; only servers running there are stopped.
   */
  readonly runDirectory: string;
  /** The server's version, e.g. `18.4`. */
  readonly version: string;
  /** A fresh, started server (initdb once per root, then copied from that template). */
  create(dataDirectory: string): Promise<PostgresServer>;
  /** Starts a server on an existing data directory (a restored snapshot recovers from its backup label first). */
  start(dataDirectory: string): Promise<PostgresServer>;
  /** A hot physical copy of a running server, taken while it is written to. Resolves to its size in bytes. */
  snapshot(server: PostgresServer, snapshotDirectory: string): Promise<number>;
  /** Copies a snapshot or a stopped data directory, by reflink where the file system can. */
  copy(fromDirectory: string, toDirectory: string): Promise<void>;
  /** The same files in another directory too: for a snapshot and its twin, neither of which is written to or started. */
  share(fromDirectory: string, toDirectory: string): Promise<void>;
  /** Deletes a data directory or snapshot below the host's own root, stopping a server that runs on it; refuses any other path. */
  remove(directory: string): Promise<void>;
  /** Stops every server and deletes the run directory. */
  close(): Promise<void>;
}
