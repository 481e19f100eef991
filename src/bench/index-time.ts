import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { S3Client } from "@aws-sdk/client-s3";
import { PATIENCE_FOR_EVIDENCE, patience } from "../aws/clients.ts";
import { JsonStore } from "../aws/json-store.ts";
import { HISTORY_DRILLS } from "../evidence/history.ts";
import { writeIndex } from "../index/write-index.ts";
import { validatePlan } from "../plan/validate.ts";
import type { Fleet, Opened } from "./slow-aws.ts";
import { ANSWER_MILLISECONDS, CREDENTIALS, planOf, weeklyDrills } from "./watchdog-time.ts";

export interface IndexTime {
  readonly seconds: number;
  /** What it computed; the rest is waiting. */
  readonly cpuSeconds: number;
  readonly pageBytes: number;
}

/**
 * The page over so many databases with a year of weekly drills each, made of their histories, or, where there are none, of every entry of their
 * ledgers.
 */
export async function timeIndex(databases: number, from: "histories" | "ledgers"): Promise<IndexTime> {
  const now = new Date();
  const names = Array.from({ length: databases }, (_, index) => `database-${index}`);
  const fleet: Fleet = {
    databases: names,
    drills: weeklyDrills(now, HISTORY_DRILLS),
    hasHistories: from === "histories",
    answerMilliseconds: ANSWER_MILLISECONDS,
  };
  const aws = new Worker(new URL("./slow-aws.ts", import.meta.url), { workerData: fleet });
  const [{ url }] = (await once(aws, "message")) as [Opened];
  const client = { endpoint: url, region: "eu-west-1", credentials: CREDENTIALS, forcePathStyle: true };
  const store = new JsonStore(new S3Client({ ...client, ...patience(PATIENCE_FOR_EVIDENCE) }), "evidence");
  try {
    const before = { wall: performance.now(), cpu: process.threadCpuUsage() };
    const answer = await writeIndex({
      store,
      logger: console,
      now: () => now,
      plans: { names: async () => names, read: async (name) => validatePlan(planOf(name), name) },
    });
    const { user, system } = process.threadCpuUsage(before.cpu);
    if (answer.databases !== databases) throw new Error("The index lacks databases.");
    return {
      seconds: (performance.now() - before.wall) / 1000,
      cpuSeconds: (user + system) / 1e6,
      pageBytes: answer.bytes,
    };
  } finally {
    await aws.terminate();
  }
}
