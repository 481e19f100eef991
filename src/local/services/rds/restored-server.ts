import type { PostgresConnection, PostgresServer } from "../../postgres/postgres-host.ts";
import type { RdsCore, RestoredServer } from "./core.ts";
import type { Cluster, Region } from "./resources.ts";

/**
 * Starts a restored cluster's PostgreSQL: its recovery from the snapshot's backup label happens here. The first time, the hooks get the
 * server before anybody else does.
 */
export async function startRestored(core: RdsCore, region: Region, cluster: Cluster): Promise<void> {
  if (cluster.server) return;
  const access = new Access(core, cluster.dataDirectory);
  await access.start();
  if (!cluster.prepared) {
    cluster.prepared = true;
    const about = { region: region.name, id: cluster.id, databaseName: cluster.facts.databaseName };
    for (const hook of core.restoreHooks) await hook(about, access);
    await access.start();
  }
  cluster.server = access.server;
}

class Access implements RestoredServer {
  readonly dataDirectory: string;
  server: PostgresServer | undefined;
  readonly #core: RdsCore;

  constructor(core: RdsCore, dataDirectory: string) {
    this.#core = core;
    this.dataDirectory = dataDirectory;
  }

  get connection(): PostgresConnection {
    if (this.server) return this.server.connection;
    throw new Error(`The server on ${this.dataDirectory} is stopped.`);
  }

  async start(): Promise<PostgresConnection> {
    this.server ??= await this.#core.timeline.postgres(() => this.#core.host.start(this.dataDirectory));
    return this.server.connection;
  }

  async stop(): Promise<void> {
    await this.server?.stop({ clean: true });
    this.server = undefined;
  }
}
