/** A year of drills in one local cloud: the deployed machine and functions, real databases; only the clock and AWS's durations are modelled. */
import { glob, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SOURCE_KEY } from "../local/account.ts";
import { type ModelledClock, openModelledClock } from "../local/clock.ts";
import { type LocalCloud, openLocalCloud } from "../local/cloud.ts";
import { EVIDENCE_BUCKET, MACHINE_ARN } from "../local/deployment.ts";
import { openPostgresHost } from "../local/postgres/open-postgres-host.ts";
import type { PostgresHost, PostgresServer } from "../local/postgres/postgres-host.ts";
import { runExecution } from "../local/run-execution.ts";
import { YEAR_DATABASES, YEAR_PLANS, type YearDatabase } from "./databases.ts";
import { createSource, growSource, growthAt } from "./growth.ts";
import { storyOf, type YearDrill } from "./story.ts";
import { Troubles } from "./trouble.ts";

/** A restore of 50 modelled seconds takes ten minutes here: by the modelled clock, which is moved on at each wait. */
const RDS_SCALE = 12;
/** A wait of ten minutes is 60 ms. */
const WAIT_SCALE = 0.0001;

export interface YearOptions {
  /** Where the local cloud keeps what it makes; the year's evidence is below it. */
  readonly root: string;
  readonly seed: number;
  /** At most so many drills, those of the story's beginning. */
  readonly drills?: number | undefined;
  readonly onDrill?: (done: number, all: number, drill: YearDrill, verdict: string) => void;
}

export interface Year {
  readonly evidenceDirectory: string;
  readonly seconds: number;
  readonly verdicts: Readonly<Record<string, number>>;
}

/** Goes on where it was left: what is in the ledger already has been drilled. */
export async function runYear({ root, seed, drills, onDrill }: YearOptions): Promise<Year> {
  const directory = join(root, "year");
  const until = await endOfYear(directory);
  const story = storyOf(until, seed);
  const done = await drilled(directory);
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
      const begin = story[0]?.at ?? until;
      const sources = await registerSources(cloud, host);
      clock.moveTo(story[done]?.at ?? until);
      for (const [index, drill] of story.slice(0, drills).entries()) {
        if (index < done) continue;
        const verdict = await runDrill({ cloud, clock, troubles, begin, server: serverOf(sources, drill) }, drill);
        verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
        onDrill?.(index + 1, story.length, drill, verdict);
      }
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

async function drilled(directory: string): Promise<number> {
  let entries = 0;
  for await (const _ of glob("*/ledger/*.json", { cwd: join(directory, EVIDENCE_BUCKET) })) entries += 1;
  return entries;
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
  readonly server: PostgresServer;
}

/** Resolves to its verdict, which the execution's end says. */
async function runDrill({ cloud, clock, troubles, begin, server }: Stage, drill: YearDrill): Promise<string> {
  const { plan, at, backedUpAt, trigger } = drill;
  const { database } = plan;
  await growSource(server.connection, database, { begin, at: backedUpAt });
  // A drill before may have gone on for longer; time does not go back.
  clock.moveTo(new Date(Math.max(at.getTime(), Date.now())));
  await cloud.rds.takeSnapshot({
    region: database.region,
    clusterId: database.cluster,
    kind: plan.file.recoveryPoint === "manual" ? "manual" : "automated",
    ...(plan.file.recoveryPoint === "manual" ? { snapshotId: `${plan.plan}-${at.toISOString().slice(0, 10)}` } : {}),
    createdAt: backedUpAt,
    allocatedGib: Math.round(database.gib * growthAt(database, begin, backedUpAt)),
  });
  troubles.begin(cloud, drill);
  const { status, error } = await runExecution(cloud, MACHINE_ARN, { plan: plan.plan, trigger });
  await cloud.events.settled();
  troubles.end(cloud, drill);
  return status === "SUCCEEDED" ? "passed" : (error?.replace("Drill.", "").toLowerCase() ?? String(status));
}
