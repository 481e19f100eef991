import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { openOwnRoot } from "../../../src/local/own-root.ts";
import { openPostgresHost, type PostgresHostOptions } from "../../../src/local/postgres/open-postgres-host.ts";
import type { PostgresHost } from "../../../src/local/postgres/postgres-host.ts";

const parent = fileURLToPath(new URL("../../../.restore-drill/test/", import.meta.url));

/** A directory for one test or file; the caller deletes it. */
export function makeTestRoot(): Promise<string> {
  return openOwnRoot(parent, "root");
}

/** A host on a root of its own, closed and deleted when the test ends. */
export async function openTestHost(options: Partial<PostgresHostOptions> = {}): Promise<PostgresHost> {
  const root = options.root ?? (await makeTestRoot());
  const host = await openPostgresHost({ ...options, root });
  onTestFinished(async () => {
    await host.close();
    if (options.root === undefined) await rm(root, { recursive: true, force: true });
  });
  return host;
}
