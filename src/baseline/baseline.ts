import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { PARTS } from "../evidence/parts.ts";
import { Instant } from "../plan/drill.ts";
import { drillIdOf } from "../plan/names.ts";

/** `baseline.json`, written last: without it there is no baseline, however many of its parts are there. Times are ISO 8601. */
export const Baseline = z.object({
  captureId: z.string(),
  plan: z.string(),
  planSha256: z.string(),
  cluster: z.string(),
  /** The database inside the cluster. */
  database: z.string(),
  /** The cluster itself, whatever it is called. */
  clusterResourceId: z.optional(z.string()),
  engineVersion: z.string(),
  startedAt: Instant,
  /** The moment of the one snapshot that all of it was read from: nothing in it was committed later. */
  capturedAt: Instant,
  finishedAt: Instant,
  /** Of the fingerprints, where there are any. */
  mode: z.optional(z.enum(["fast", "strong"])),
  checks: z.array(z.object({ name: z.string(), kind: z.string() })),
  parts: z.array(z.object({ part: z.enum(PARTS), sha256: z.string(), bytes: z.number() })),
});
export type Baseline = z.infer<typeof Baseline>;

const prefixOf = (cluster: string): string => `${cluster}/baselines/`;

/** Where the parts of a baseline are. */
export const baselinePrefix = (cluster: string, captureId: string): string => `${prefixOf(cluster)}${captureId}`;

/** Key of the document that makes the parts a baseline. */
export const baselineKey = (cluster: string, captureId: string): string =>
  `${baselinePrefix(cluster, captureId)}/baseline.json`;

/** Where a capture keeps how far it got, by the execution that runs it. */
export const progressKey = (cluster: string, runId: string): string => `${prefixOf(cluster)}in-progress/${runId}.json`;

/** A capture's id begins with its time, as a drill's does: the keys of a cluster's baselines are in the order of time. */
export const captureIdOf = drillIdOf;

/** The id's time, to compare with another's. */
export const stampOf = (moment: Date): string => drillIdOf({ id: "", startedAt: moment.toISOString() }).slice(0, 15);

/** Keys of `baseline.json` since a day, oldest first: at most what one listing of 1,000 keys holds. */
export async function baselineKeys(store: JsonStore, cluster: string, since: Date): Promise<string[]> {
  const keys = await store.list(prefixOf(cluster), `${prefixOf(cluster)}${stampOf(since)}`);
  return keys.filter((key) => BASELINE_KEY.test(key));
}

const BASELINE_KEY = /\/baselines\/\d{8}-\d{6}-[0-9a-f]{8}\/baseline\.json$/;
