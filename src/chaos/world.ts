/** One account in which drill after drill runs, each with its fault, and is looked at from all sides afterwards. */
import { glob, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SOURCE_KEY } from "../local/account.ts";
import { captureBaselineOf } from "../local/capture.ts";
import { type LocalCloud, openLocalCloud } from "../local/cloud.ts";
import { MACHINE_ARN } from "../local/deployment.ts";
import { openOwnRoot } from "../local/own-root.ts";
import { openPostgresHost } from "../local/postgres/open-postgres-host.ts";
import type { PostgresHost, PostgresServer } from "../local/postgres/postgres-host.ts";
import { runExecution } from "../local/run-execution.ts";
import { drillIdOf } from "../plan/names.ts";
import { Arming, type PassedSite } from "./arming.ts";
import type { Fault, Setting } from "./fault.ts";
import { foreignResources, registerBystanders, touched } from "./foreign.ts";
import { type Observation, observeEvidence } from "./observation.ts";
import { campaignPlans, contentHash, damageCopy, fillSource, SOURCE } from "./source.ts";

/** A drill of AWS's minutes takes two seconds; what is waited for is real PostgreSQL. */
const TIME_SCALE = 0.002;
const WAIT_SCALE = 0.01;
/** A drill that has not come to rest by then hangs. The slowest that are refused for good end by their hurried deadlines, after 20 s. */
const REST_SECONDS = 90;
const LOOK_MS = 20;
/** At rest for this many looks in a row: an execution's end may start another one. */
const RESTING_LOOKS = 6;

export interface Ran {
  readonly observation: Observation;
  readonly passed: readonly PassedSite[];
  readonly seconds: number;
}

/** What is compared before and after. */
interface Look {
  readonly content: string;
  readonly foreign: ReadonlyMap<string, string>;
  readonly directories: readonly string[];
}

export class World {
  readonly #cloud: LocalCloud;
  readonly #host: PostgresHost;
  readonly #root: string;
  readonly #source: PostgresServer;
  readonly #arming: Arming;
  readonly #setting: { backup: Setting["backup"] };
  readonly #kept: ReadonlySet<string>;

  private constructor(
    parts: { cloud: LocalCloud; host: PostgresHost; root: string; source: PostgresServer; arming: Arming },
    setting: { backup: Setting["backup"] },
    kept: ReadonlySet<string>,
  ) {
    ({ cloud: this.#cloud, host: this.#host, root: this.#root, source: this.#source, arming: this.#arming } = parts);
    this.#setting = setting;
    this.#kept = kept;
  }

  /** Everything is written below `directory`; the functions' bundles are kept in its `cache`. */
  static async open(directory: string, name: string): Promise<World> {
    const root = await openOwnRoot(join(directory, "chaos"), name);
    const host = await openPostgresHost({ root: directory });
    const arming = new Arming();
    const cloud = await openLocalCloud({
      host,
      root,
      cacheDirectory: join(directory, "cache"),
      plans: Object.entries(campaignPlans()).map(([plan, file]) => ({ name: plan, json: JSON.stringify(file) })),
      rds: { timeScale: TIME_SCALE, callsPerSecond: Number.POSITIVE_INFINITY },
      waitScale: WAIT_SCALE,
      ...arming.hooks,
    });
    arming.attach(cloud);
    const source = await host.create(join(host.runDirectory, "source"));
    await fillSource(source.connection);
    // Before the source: they share its server, and the last reader of a server is the one that can sign in.
    await registerBystanders(cloud, source);
    const cluster = { region: SOURCE.region, clusterId: SOURCE.cluster };
    await cloud.rds.registerSource({ ...cluster, databaseName: SOURCE.database, server: source, kmsKeyId: SOURCE_KEY });
    for (const plan of Object.keys(campaignPlans())) await captureBaselineOf(cloud, plan);
    await cloud.rds.takeSnapshot({ ...cluster, kind: "automated" });
    const setting: { backup: Setting["backup"] } = { backup: "good" };
    cloud.rds.onRestored(async (_cluster, server) => {
      if (setting.backup === "damaged") await damageCopy(server.connection);
    });
    const kept = new Set(await files(cloud.evidenceDirectory));
    const world = new World({ cloud, host, root, source, arming }, setting, kept);
    // Warms the functions up, and says how long a drill takes on this machine now.
    await world.run({ plan: "plain", backup: "good" }, undefined);
    return world;
  }

  /** Runs one drill, with its fault if one is given, and forgets it: the next one finds the account as this one did. */
  async run(setting: Setting, fault: Fault | undefined): Promise<Ran> {
    const begun = performance.now();
    this.#setting.backup = setting.backup;
    const before = await this.#look();
    const messagesBefore = this.#cloud.messages.length;
    this.#arming.arm(fault);
    const execution = await this.#execute(setting.plan);
    const isAtRest = await this.#rest();
    const { fired, passed } = this.#arming;
    this.#arming.arm(undefined);
    const after = await this.#look();
    const drillId = drillIdOf({
      id: execution.executionArn,
      startedAt: (execution.startDate ?? new Date()).toISOString(),
    });
    const observation: Observation = {
      drillId,
      isReached: fault === undefined || fired > 0,
      isAtRest,
      execution: { status: execution.status ?? "", error: execution.error ?? "", cause: execution.cause ?? "" },
      messages: this.#cloud.messages.slice(messagesBefore),
      evidence: await observeEvidence(this.#cloud.evidenceDirectory, drillId),
      leftovers: [
        ...this.#cloud.rds.leftovers().map(({ kind, id, status }) => ({ kind, id, status })),
        ...after.directories
          .filter((name) => !before.directories.includes(name))
          .map((id) => ({ kind: "directory" as const, id, status: "there" })),
      ],
      isSourceChanged: before.content !== after.content,
      touched: touched(before.foreign, after.foreign),
    };
    await this.#forget();
    if (fault === undefined) this.#arming.tookSeconds((performance.now() - begun) / 1000);
    return { observation, passed, seconds: (performance.now() - begun) / 1000 };
  }

  async close(): Promise<void> {
    await this.#cloud.close();
    await this.#host.close();
    await rm(this.#root, { recursive: true, force: true });
  }

  async #execute(plan: string): ReturnType<typeof runExecution> {
    return runExecution(this.#cloud, MACHINE_ARN, { plan, trigger: { kind: "manual", by: "the fault campaign" } });
  }

  /** Also what goes on behind the execution: a function that runs on, an execution that another one's end started, work of RDS. */
  async #rest(): Promise<boolean> {
    const end = performance.now() + REST_SECONDS * 1000;
    let resting = 0;
    while (resting < RESTING_LOOKS && performance.now() < end) {
      await this.#cloud.events.settled();
      const isBusy = this.#cloud.states.running() + this.#cloud.lambda.running() > 0;
      resting = isBusy ? 0 : resting + 1;
      await sleep(LOOK_MS);
    }
    await this.#cloud.rds.settled();
    return resting >= RESTING_LOOKS;
  }

  async #look(): Promise<Look> {
    return {
      content: await contentHash(this.#source.connection),
      foreign: await foreignResources(this.#cloud),
      directories: await directories(join(this.#host.runDirectory, "rds")),
    };
  }

  /** A drill that is remembered would be waited for and compared with by the next one. */
  async #forget(): Promise<void> {
    const directory = this.#cloud.evidenceDirectory;
    for (const file of await files(directory)) if (!this.#kept.has(file)) await rm(join(directory, file));
  }
}

async function files(directory: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of glob("**/*", { cwd: directory, withFileTypes: true }))
    if (entry.isFile()) found.push(join(entry.parentPath, entry.name).slice(directory.length + 1));
  return found;
}

/** Data directories and snapshots, by region. */
async function directories(root: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of glob("*/*/*", { cwd: root })) found.push(entry);
  return found;
}
