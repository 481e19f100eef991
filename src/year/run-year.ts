/** A year of drills in one local cloud: the deployed machine and functions, real databases; only the clock and AWS's durations are modelled. */
import { glob, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import { LedgerEntry } from "../evidence/ledger.ts";
import { SOURCE_KEY } from "../local/account.ts";
import { type ModelledClock, openModelledClock } from "../local/clock.ts";
import { type LocalCloud, openLocalCloud } from "../local/cloud.ts";
import { EVIDENCE_BUCKET, MACHINE_ARN } from "../local/deployment.ts";
import { openPostgresHost } from "../local/postgres/open-postgres-host.ts";
import type { PostgresHost, PostgresServer } from "../local/postgres/postgres-host.ts";
import { runExecution } from "../local/run-execution.ts";
import type { SnapshotOptions } from "../local/services/rds/administration.ts";
import { YEAR_DATABASES, YEAR_PLANS, type YearDatabase } from "./databases.ts";
import { createSource, growSource, growthAt } from "./growth.ts";
import { storyOf, type YearDrill } from "./story.ts";
import { Troubles } from "./trouble.ts";

/** A restore of 50 modelled seconds takes ten minutes here: by the modelled clock, which is moved on at each wait. */
const RDS_SCALE = 12;
/** A wait of ten minutes is 60 ms. */
const WAIT_SCALE = 0.0001;

/** As many as are looked back, and one. */
const NIGHTS = 8;

/** In the order that they run in, the page last. */
const EVERY_MORNING = ["survey-backups", "watchdog", "write-index"] as const;

export interface YearOptions {
  /** Where the local cloud keeps what it makes; the year's evidence is below it. */
  readonly root: string;
  readonly seed: number;
  /** At most so many of those that are left; by default all. */
  readonly drills?: number | undefined;
  readonly onDrill?: (done: number, all: number, drill: YearDrill, verdict: string) => void;
}

export interface Year {
  readonly evidenceDirectory: string;
  readonly seconds: number;
  readonly verdicts: Readonly<Record<string, number>>;
}

/**
 * Goes on where it was left: what is in the ledger already has been drilled. The databases are then made anew, and other ones to the product:
 * the first comparison of each finds nothing to compare with.
 */
export async function runYear({ root, seed, drills, onDrill }: YearOptions): Promise<Year> {
  const directory = join(root, "year");
  const until = await endOfYear(directory);
  const story = storyOf(until, seed);
  const begin = story[0]?.at ?? until;
  const left = (await leftOf(story, directory)).slice(0, drills);
  const begun = performance.now();
  const verdicts: Record<string, number> = {};
  const clock = openModelledClock();
  const host = await openPostgresHost({ root });
  const troubles = new Troubles();
  try {
    const cloud = await openLocalCloud({
      host,
      root: directory,
      cacheDirectory: join(root, "cache"),
      plans: YEAR_PLANS.map(({ plan, file }) => ({ name: plan, json: JSON.stringify(file) })),
      rds: { timeScale: RDS_SCALE, callsPerSecond: Number.POSITIVE_INFINITY },
      waitScale: WAIT_SCALE,
      clock,
      ...troubles.options,
    });
    try {
      troubles.attach(cloud);
      // Time does not go back for what is there.
      clock.moveTo(left[0]?.backedUpAt ?? begin);
      const sources = await registerSources(cloud, host);
      const stage = { cloud, clock, troubles, begin };
      for (const [index, drill] of left.entries()) {
        const verdict = await runDrill({ ...stage, server: serverOf(sources, drill) }, drill);
        verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
        onDrill?.(index + 1, left.length, drill, verdict);
      }
      await lookAround(stage, sources, until);
    } finally {
      await cloud.close();
    }
  } finally {
    await host.close();
    clock.close();
  }
  return {
    evidenceDirectory: join(directory, EVIDENCE_BUCKET),
    seconds: (performance.now() - begun) / 1000,
    verdicts,
  };
}

/** Kept, so that a year that is gone on with is the same year. */
async function endOfYear(directory: string): Promise<Date> {
  await mkdir(directory, { recursive: true });
  const file = join(directory, "until.txt");
  const now = new Date().toISOString();
  await writeFile(file, now, { flag: "wx" }).catch(() => {});
  return new Date(await readFile(file, "utf8"));
}

/** What is in the ledger was drilled: of each plan the first ones. */
async function leftOf(story: readonly YearDrill[], directory: string): Promise<YearDrill[]> {
  const drilled = new Map<string, number>();
  for await (const file of glob("*/ledger/*.json", { cwd: join(directory, EVIDENCE_BUCKET) })) {
    const { plan } = z.parse(LedgerEntry, JSON.parse(await readFile(join(directory, EVIDENCE_BUCKET, file), "utf8")));
    drilled.set(plan, (drilled.get(plan) ?? 0) + 1);
  }
  return story.filter(({ plan: { plan } }) => {
    const skipped = drilled.get(plan) ?? 0;
    drilled.set(plan, skipped - 1);
    return skipped <= 0;
  });
}

type Sources = ReadonlyMap<YearDatabase, PostgresServer>;

async function registerSources(cloud: LocalCloud, host: PostgresHost): Promise<Sources> {
  const sources = new Map<YearDatabase, PostgresServer>();
  for (const source of YEAR_DATABASES) {
    const server = await host.create(join(host.runDirectory, `source-${source.name}`));
    await createSource(server.connection, source);
    sources.set(source, server);
    const { region, cluster: clusterId, name: databaseName } = source;
    await cloud.rds.registerSource({ region, clusterId, databaseName, server, kmsKeyId: SOURCE_KEY });
  }
  return sources;
}

function serverOf(sources: Sources, { plan }: YearDrill): PostgresServer {
  const server = sources.get(plan.database);
  if (server === undefined) throw new TypeError(`There is no server for ${plan.database.name}.`);
  return server;
}

interface Stage {
  readonly cloud: LocalCloud;
  readonly clock: ModelledClock;
  readonly troubles: Troubles;
  readonly begin: Date;
}

/** The last morning: every database has its nightly backups, one its last of three nights ago, and what looks at the account every day does. */
async function lookAround({ cloud, clock, begin }: Stage, sources: Sources, until: Date): Promise<void> {
  clock.moveTo(until);
  for (const [source, server] of sources) {
    await growSource(server.connection, source, { begin, at: until });
    const directory = join(cloud.host.runDirectory, `nightly-${source.name}`);
    await cloud.host.snapshot(server, directory);
    for (let nightsAgo = NIGHTS; nightsAgo >= (source.name === "inventory" ? 3 : 0); nightsAgo -= 1) {
      const createdAt = new Date(until.getTime() - nightsAgo * 86_400_000 - 2 * 3_600_000);
      const allocatedGib = Math.round(source.gib * growthAt(source, begin, createdAt));
      const { region, cluster: clusterId } = source;
      cloud.rds.registerSnapshot({ region, clusterId, kind: "automated", createdAt, directory, allocatedGib });
    }
  }
  for (const schedule of EVERY_MORNING) await cloud.events.fireSchedule(`restore-drill-${schedule}`, { slot: until });
  await cloud.events.settled();
}

function backUp(
  cloud: LocalCloud,
  source: YearDatabase,
  {
    begin,
    ...backup
  }: { readonly begin: Date; readonly createdAt: Date } & Pick<SnapshotOptions, "kind" | "snapshotId">,
): Promise<string> {
  const allocatedGib = Math.round(source.gib * growthAt(source, begin, backup.createdAt));
  return cloud.rds.takeSnapshot({ region: source.region, clusterId: source.cluster, allocatedGib, ...backup });
}

/** Resolves to its verdict, which the execution's end says. */
async function runDrill(
  { cloud, clock, troubles, begin, server }: Stage & { readonly server: PostgresServer },
  drill: YearDrill,
): Promise<string> {
  const { plan, at, backedUpAt, trigger } = drill;
  const { database } = plan;
  await growSource(server.connection, database, { begin, at: backedUpAt });
  // A drill before may have gone on for longer; time does not go back.
  clock.moveTo(new Date(Math.max(at.getTime(), Date.now())));
  const byHand = { kind: "manual", snapshotId: `${plan.plan}-${at.toISOString().slice(0, 10)}` } as const;
  const kind = plan.file.recoveryPoint === "manual" ? byHand : ({ kind: "automated" } as const);
  await backUp(cloud, database, { begin, createdAt: backedUpAt, ...kind });
  troubles.begin(cloud, drill);
  const { status, error } = await runExecution(cloud, MACHINE_ARN, { plan: plan.plan, trigger });
  await cloud.events.settled();
  troubles.end(cloud, drill);
  return status === "SUCCEEDED" ? "passed" : (error?.replace("Drill.", "").toLowerCase() ?? String(status));
}
