import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { RDSClient } from "@aws-sdk/client-rds";
import { S3Client } from "@aws-sdk/client-s3";
import { PATIENCE_FOR_EVIDENCE, patience } from "../aws/clients.ts";
import { JsonStore } from "../aws/json-store.ts";
import { watchdog } from "../cadence/watchdog.ts";
import { deployedPlan } from "../plan/library.ts";
import type { Fleet, Opened } from "./slow-aws.ts";

export interface WatchdogTime {
  readonly seconds: number;
  /** What it computed; the rest is waiting. */
  readonly cpuSeconds: number;
}

/** What S3 takes to answer within a region, in the order of magnitude; RDS takes longer, and is asked some 20 times. */
export const ANSWER_MILLISECONDS = 30;
const DAY_MILLISECONDS = 86_400_000;
/** A year of weekly drills. */
const DRILLS = 52;
export const CREDENTIALS = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "secret" };

/** The watchdog over so many databases, each with a plan and a year of weekly drills, of which the last has passed. */
export async function timeWatchdog(directory: string, databases: number): Promise<WatchdogTime> {
  const now = new Date();
  const names = Array.from({ length: databases }, (_, index) => `database-${index}`);
  const plans = await mkdtemp(join(directory, "plans-"));
  for (const name of names) await writeFile(join(plans, `${name}.json`), JSON.stringify(planOf(name)));
  const fleet: Fleet = { databases: names, drills: weeklyDrills(now, DRILLS), answerMilliseconds: ANSWER_MILLISECONDS };
  const aws = new Worker(new URL("./slow-aws.ts", import.meta.url), { workerData: fleet });
  const [{ url }] = (await once(aws, "message")) as [Opened];
  const client = { endpoint: url, region: "eu-west-1", credentials: CREDENTIALS };
  const s3 = new S3Client({ ...client, forcePathStyle: true, ...patience(PATIENCE_FOR_EVIDENCE) });
  const rds = new RDSClient({ ...client, ...patience() });
  const silent = { info: () => {}, warn: console.warn, error: console.error };
  const write = process.stdout.write;
  process.stdout.write = () => true;
  try {
    const before = { wall: performance.now(), cpu: process.threadCpuUsage() };
    const answer = await watchdog({
      store: new JsonStore(s3, "evidence"),
      rds: () => rds,
      metrics: new Metrics({ namespace: "RestoreDrill", serviceName: "bench" }),
      logger: silent,
      now: () => now,
      plans: { names: async () => names, read: (name) => deployedPlan(name, plans) },
      homeRegion: "eu-west-1",
      ownAccount: "111122223333",
      watchedRegions: [],
      maxUncovered: 0,
    });
    const { user, system } = process.threadCpuUsage(before.cpu);
    const seconds = (performance.now() - before.wall) / 1000;
    if (answer.overdue.length + answer.unknown.length + answer.coverage.uncovered.length > 0)
      throw new Error("The watchdog found something in a fleet that has nothing.");
    return { seconds, cpuSeconds: (user + system) / 1e6 };
  } finally {
    process.stdout.write = write;
    await aws.terminate();
    await rm(plans, { recursive: true, force: true });
  }
}

/** Drills that passed, the oldest first and the last one six days ago. */
export const weeklyDrills = (now: Date, count: number): Fleet["drills"] =>
  Array.from({ length: count }, (_, week) => {
    const startedAt = new Date(now.getTime() - (count - week) * 7 * DAY_MILLISECONDS + DAY_MILLISECONDS).toISOString();
    const drillId = `${startedAt.slice(0, 10).replaceAll("-", "")}-${startedAt.slice(11, 19).replaceAll(":", "")}-3f9a2b1c`;
    return { drillId, startedAt, endedAt: startedAt, verdict: "passed" };
  });

export const planOf = (name: string) => ({
  plan: name,
  source: { region: "eu-west-1", cluster: name, database: "shop" },
  sandbox: { region: "eu-west-1" },
  objectives: { rto: "4h", rpo: "24h" },
  cadence: { every: "8d" },
  checks: [{ kind: "rows", table: "public.orders", expect: { atLeast: 1 } }],
});
