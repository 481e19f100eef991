/** One account in which drill after drill runs, each with its fault, and is looked at from all sides afterwards. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SOURCE_KEY } from "../local/account.ts";
import { captureBaselineOf } from "../local/capture.ts";
import { type LocalCloud, openLocalCloud } from "../local/cloud.ts";
import { MACHINE_ARN } from "../local/deployment.ts";
import { openOwnRoot } from "../local/own-root.ts";
import { openPostgresHost } from "../local/postgres/open-postgres-host.ts";
import type { PostgresHost, PostgresServer } from "../local/postgres/postgres-host.ts";
import { runExecution, stopExecutions } from "../local/run-execution.ts";
import { drillIdOf } from "../plan/names.ts";
import { Arming, type PassedSite } from "./arming.ts";
import type { Fault, Setting } from "./fault.ts";
import { evidenceFiles, type Footprint, forgetEvidence, leaveForeignEvidence, lookAround } from "./footprint.ts";
import { registerBystanders, touched } from "./foreign.ts";
import { type Observation, observeEvidence } from "./observation.ts";
import { campaignPlans, damageCopy, fillSource, SOURCE } from "./source.ts";

/** A drill of AWS's minutes takes two seconds; what is waited for is real PostgreSQL. */
const TIME_SCALE = 0.002;
const WAIT_SCALE = 0.01;
/** What ends neither by its deadlines nor by its own attempts hangs. The slowest are refused for good: at their hurried deadlines, after 20 s, or by some ten retries of 20 s. */
const EXECUTION_SECONDS = 300;
/** What goes on behind an execution is its finish and what RDS deletes. */
const REST_SECONDS = 90;
const LOOK_MS = 20;
/** At rest for this many looks in a row: an execution's end may start another one. */
const RESTING_LOOKS = 6;

export interface Ran {
  readonly observation: Observation;
  readonly passed: readonly PassedSite[];
  readonly seconds: number;
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
    await leaveForeignEvidence(cloud.evidenceDirectory);
    const kept = new Set(await evidenceFiles(cloud));
    return new World({ cloud, host, root, source, arming }, setting, kept);
  }

  /** Runs one drill, with its fault if one is given, and forgets it: the next one finds the account as this one did. */
  async run(setting: Setting, fault: Fault | undefined): Promise<Ran> {
    const begun = performance.now();
    this.#setting.backup = setting.backup;
    const before = await this.#look();
    const messagesBefore = this.#cloud.messages.length;
    this.#arming.arm(setting, fault);
    const execution = await this.#execute(setting.plan);
    const isAtRest = (await this.#rest()) && !execution.isHung;
    const { fired, passed, finishing } = this.#arming;
    this.#arming.disarm();
    const drillId = drillIdOf({
      id: execution.executionArn,
      startedAt: (execution.startDate ?? new Date()).toISOString(),
    });
    const after = await this.#look(drillId);
    const observation: Observation = {
      drillId,
      isReached: fault === undefined || fired > 0,
      isAtRest,
      execution: { status: execution.status ?? "", error: execution.error ?? "", cause: execution.cause ?? "" },
      finishing: [...finishing],
      messages: this.#cloud.messages.slice(messagesBefore),
      evidence: await observeEvidence(this.#cloud.evidenceDirectory, drillId),
      leftovers: [
        ...this.#cloud.rds.leftovers().map(({ kind, id, status }) => ({ kind, id, status })),
        ...after.directories
          .filter((name) => !before.directories.includes(name))
          .map((id) => ({ kind: "directory" as const, id, status: "there" })),
      ],
      isSourceChanged: before.source !== after.source,
      touched: touched(before.foreign, after.foreign),
    };
    await forgetEvidence(this.#cloud, this.#kept);
    if (fault === undefined) this.#arming.tookSeconds((performance.now() - begun) / 1000);
    return { observation, passed, seconds: (performance.now() - begun) / 1000 };
  }

  async close(): Promise<void> {
    await this.#cloud.close();
    await this.#host.close();
    await rm(this.#root, { recursive: true, force: true });
  }

  /** One that has not ended when its time is up is stopped, and hangs. */
  async #execute(plan: string): Promise<Awaited<ReturnType<typeof runExecution>> & { readonly isHung: boolean }> {
    const trigger = { kind: "manual", by: "the fault campaign" };
    const running = runExecution(this.#cloud, MACHINE_ARN, { plan, trigger });
    const ended = await within(EXECUTION_SECONDS, running);
    if (ended !== undefined) return { ...ended, isHung: false };
    await stopExecutions(this.#cloud, MACHINE_ARN, `not ended after ${EXECUTION_SECONDS} s`);
    return { ...(await running), isHung: true };
  }

  /** Also what goes on behind the execution: a function that runs on, an execution that another one's end started, work of RDS. */
  async #rest(): Promise<boolean> {
    const end = performance.now() + REST_SECONDS * 1000;
    const left = (): number => Math.max(0, (end - performance.now()) / 1000);
    let resting = 0;
    while (resting < RESTING_LOOKS && left() > 0) {
      await within(left(), this.#cloud.events.settled());
      const isBusy = this.#cloud.states.running() + this.#cloud.lambda.running() > 0;
      resting = isBusy ? 0 : resting + 1;
      await sleep(LOOK_MS);
    }
    const isSettled = await within(
      left(),
      this.#cloud.rds.settled().then(() => true),
    );
    return resting >= RESTING_LOOKS && isSettled === true;
  }

  async #look(own?: string): Promise<Footprint> {
    return lookAround({ cloud: this.#cloud, host: this.#host, source: this.#source }, own);
  }
}

/** Undefined when it takes longer. */
async function within<Answer>(seconds: number, work: Promise<Answer>): Promise<Answer | undefined> {
  const over = new AbortController();
  const limit = sleep(seconds * 1000, undefined, { signal: over.signal }).catch(() => undefined);
  try {
    return await Promise.race([work, limit]);
  } finally {
    over.abort();
  }
}
