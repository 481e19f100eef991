/** A local cloud of a test file: on servers and in a directory of its own, with what every test file shares cached. */
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { BundledPlan } from "../../packaging/bundle.ts";
import { type LocalCloud, type LocalCloudOptions, openLocalCloud } from "../../src/local/cloud.ts";
import { openOwnRoot } from "../../src/local/own-root.ts";
import { openPostgresHost } from "../../src/local/postgres/open-postgres-host.ts";
import type { PostgresHost } from "../../src/local/postgres/postgres-host.ts";

/** The demo and the package are kept here for all test files, where `npm run drill` keeps them too. */
const WORK = resolve(import.meta.dirname, "../../.restore-drill");
export const CACHE = join(WORK, "cache");

/** RDS is all but instant, and looked at every 40 ms: real servers take a second to start, and each look is a function's whole run. */
export const QUICK = {
  rds: { timeScale: 0.002, callsPerSecond: Number.POSITIVE_INFINITY },
  waitScale: 0.04,
} as const satisfies Partial<LocalCloudOptions>;

export interface OwnCloud {
  readonly cloud: LocalCloud;
  readonly host: PostgresHost;
  close(): Promise<void>;
}

/** Plans by the names of their files, deployed as they are given, the wrong ones too. */
export async function openOwnCloud(
  name: string,
  plans: Readonly<Record<string, unknown>>,
  options: Partial<LocalCloudOptions> = {},
): Promise<OwnCloud> {
  const root = await openOwnRoot(join(WORK, "test"), name);
  const host = await openPostgresHost({ root: WORK });
  const bundled = Object.entries(plans).map(
    ([plan, file]): BundledPlan => ({ name: plan, json: JSON.stringify(file) }),
  );
  const close = async (cloud?: LocalCloud): Promise<void> => {
    await cloud?.close();
    await host.close();
    await rm(root, { recursive: true, force: true });
  };
  try {
    const cloud = await openLocalCloud({ host, root, cacheDirectory: CACHE, plans: bundled, ...options });
    return { cloud, host, close: () => close(cloud) };
  } catch (error) {
    await close();
    throw error;
  }
}
