import type { RDSClient } from "@aws-sdk/client-rds";
import * as z from "zod/mini";
import { StatementFailed } from "../aws/data-api/statement-failed.ts";
import { DamageRefused, type DatabaseAddress, DataSession } from "../aws/data-api.ts";
import { type AskedCheck, askedChecks } from "../checks/asked-checks.ts";
import { type CheckResult, CheckResults } from "../checks/result.ts";
import { SliceTime } from "../checks/slice-time.ts";
import { InputInvalid, NotOurs } from "../errors.ts";
import { Parts } from "../evidence/parts.ts";
import { Drill } from "../plan/drill.ts";
import { SandboxAnswer } from "../recovery/answers.ts";
import { findCluster } from "../recovery/describe.ts";
import { isSandboxOf } from "../recovery/ownership.ts";
import { ASK_SECONDS, type AskAgainServices, askAgain } from "./ask-again.ts";
import { Counterproof, CounterproofAnswer, type PlantedDamage } from "./counterproof.ts";
import { type Damage, MAX_TARGETS, shuffled, type Target } from "./damage.ts";
import { DAMAGES } from "./damages.ts";

/** A check is asked three times more: one that took longer than this is not asked again. */
const MAX_CHECK_SECONDS = 20;

/** Kinds that are asked one table, sequence or index alone: what the whole took says nothing of that. */
const ASKED_ALONE: ReadonlySet<string> = new Set(["fingerprint", "sequences", "index-contents", "foreign-keys"]);

/** Checks of one kind that a damage is tried on, until one can be planted for it. */
const MAX_CHECKS_A_DAMAGE = 3;

/** Three questions to one place, each of them cut off after its time, at the end of a statement of 45 s. */
const WORST_DAMAGE_MS = 3 * (ASK_SECONDS + 45) * 1000;

/** Step Functions waits whole seconds; nothing is being waited for, so one will do. */
const NEXT_SLICE_SECONDS = 1;

export interface ProveChecksServices extends AskAgainServices {
  readonly rds: (region: string) => RDSClient;
  readonly now: () => Date;
  /** What is left of this invocation. */
  readonly remainingMs: () => number;
}

export const ProveChecksInput = z.object({
  drill: Drill,
  sandbox: SandboxAnswer,
  /** The step's own earlier answer. Not needed: `counterproof.json` is the checkpoint. */
  counterproof: z.optional(CounterproofAnswer),
});
export type ProveChecksInput = z.infer<typeof ProveChecksInput>;

/**
 * Damages the sandbox of a drill that found nothing wrong, in a few random small ways, and asks the checks that have to see it. Every damage
 * is rolled back with the transaction that asked, so a call that is killed leaves nothing to mend; `<evidencePrefix>/counterproof.json` says
 * what was planted and seen. `pending` until every kind of damage is done with or the drill's time is up.
 *
 * @throws NotOurs unless RDS itself says that the cluster is this drill's; nothing was asked of it then
 */
export async function proveChecks(
  services: ProveChecksServices,
  { drill, sandbox }: ProveChecksInput,
): Promise<CounterproofAnswer> {
  const key = `${drill.evidencePrefix}/counterproof.json`;
  const stored = await services.store.get(key, Counterproof);
  const proof: Counterproof = stored ?? {
    drillId: drill.drillId,
    startedAt: services.now().toISOString(),
    complete: false,
    done: 0,
    planted: [],
    untried: [],
    unproven: [],
    looks: 0,
    dataApiCalls: 0,
  };
  if (proof.complete) return answerOf(proof);
  proof.looks += 1;
  const results = await services.store.get(`${drill.evidencePrefix}/checks.json`, CheckResults);
  const why = whyNot(results);
  if (why === undefined) {
    const address = await ownSandbox(services, drill, sandbox);
    const asked = (await askedChecks(services.store, drill)).filter(({ required }) => required);
    const quick = provable(asked, results?.results ?? []);
    await new Proving(services, drill, address, proof, () => services.store.put(key, proof)).run(asked, quick);
  } else Object.assign(proof, { why, complete: true });
  if (proof.complete) proof.finishedAt = services.now().toISOString();
  await services.store.put(key, proof);
  return answerOf(proof);
}

/** A check that has failed can fail: there is nothing left to show, and the sandbox is evidence now. */
function whyNot(results: CheckResults | undefined): string | undefined {
  if (results?.complete !== true) return "the checks were not done";
  const required = results.results.filter((result) => result.required);
  const others = required.filter(({ outcome }) => outcome !== "held").length;
  return others === 0 ? undefined : `${others} of ${required.length} required checks did not hold`;
}

/** Those that decide, held, and are quickly asked again. */
function provable(asked: readonly AskedCheck[], results: readonly CheckResult[]): AskedCheck[] {
  const quick = new Set(
    results.flatMap(({ name, kind, required, outcome, seconds }) =>
      required && outcome === "held" && (ASKED_ALONE.has(kind) || seconds <= MAX_CHECK_SECONDS) ? [name] : [],
    ),
  );
  return asked.filter(({ name }) => quick.has(name));
}

/** Name, tags and account of the cluster all say that this drill made it, or that AWS Backup restored it for this drill, and it is not the source. */
async function ownSandbox(
  { rds }: ProveChecksServices,
  drill: Drill,
  { clusterArn, secretArn }: SandboxAnswer,
): Promise<DatabaseAddress> {
  const id = drill.sandbox.cluster;
  const cluster = await findCluster(rds(drill.sandbox.region), id);
  const isOurs = cluster !== undefined && isSandboxOf(drill, cluster) && cluster.DBClusterArn === clusterArn;
  if (!isOurs)
    throw new NotOurs(
      `${id} (${clusterArn}) is not provably the sandbox of drill ${drill.drillId}, so it was not damaged and nothing was asked of it. Compare its ARN and its tags with the drill's; find out who made it.`,
    );
  if (secretArn === undefined)
    throw new InputInvalid(
      "The sandbox has no secret, so nothing can be asked of it: ProveChecks comes after RunChecks.",
    );
  return { clusterArn, secretArn, database: drill.source.database };
}

/** One invocation's share of the damages. */
class Proving {
  readonly #services: ProveChecksServices;
  readonly #drill: Drill;
  readonly #address: DatabaseAddress;
  readonly #proof: Counterproof;
  readonly #save: () => Promise<unknown>;
  readonly #time: SliceTime;

  constructor(
    services: ProveChecksServices,
    drill: Drill,
    address: DatabaseAddress,
    proof: Counterproof,
    save: () => Promise<unknown>,
  ) {
    this.#services = services;
    this.#drill = drill;
    this.#address = address;
    this.#proof = proof;
    this.#save = save;
    const remainingMs = (): number => services.remainingMs() - WORST_DAMAGE_MS;
    this.#time = new SliceTime({ now: services.now, remainingMs }, new Date(drill.deadlines.checksEndAt));
  }

  /** Of the checks that decide, those that are quick are asked again. */
  async run(asked: readonly AskedCheck[], quick: readonly AskedCheck[]): Promise<void> {
    const time = this.#time;
    for (let damage = DAMAGES[this.#proof.done]; damage !== undefined; damage = DAMAGES[this.#proof.done]) {
      if (time.isOver()) this.#proof.untried.push({ damage: damage.name, why: "the drill's time was up" });
      else if (time.hasTime()) await this.#plant(damage, quick);
      else return;
      this.#proof.done += 1;
      await this.#save();
    }
    const proven = new Set(this.#proof.planted.map(({ check }) => check));
    this.#proof.unproven = asked.map(({ name }) => name).filter((name) => !proven.has(name));
    this.#proof.complete = true;
  }

  /** At the first place of the first check where it can be done. */
  async #plant(damage: Damage, asked: readonly AskedCheck[]): Promise<void> {
    const seed = `${this.#drill.drillId} ${damage.name}`;
    const checks = shuffled(asked.filter(damage.suits), seed, ({ name }) => name).slice(0, MAX_CHECKS_A_DAMAGE);
    if (checks.length === 0) return;
    let why = "there is no table that it could be done to";
    for (const check of checks) {
      for (const target of await this.#targetsOf(damage, check, seed)) {
        if (!this.#time.hasTime()) break;
        const planted = await this.#ask(damage, check, target);
        this.#time.progressed();
        if (typeof planted !== "string") {
          this.#proof.planted.push(planted);
          return;
        }
        why = planted;
      }
    }
    this.#proof.untried.push({ damage: damage.name, why });
  }

  async #targetsOf(damage: Damage, check: AskedCheck, seed: string): Promise<Target[]> {
    const { data, store, session: options } = this.#services;
    const session = new DataSession(data, this.#address, options);
    const parts = new Parts(store, this.#drill.evidencePrefix);
    try {
      return (await damage.targets(check, { session, parts, seed })).slice(0, MAX_TARGETS);
    } catch (error) {
      if (!(error instanceof StatementFailed)) throw error;
      return [];
    } finally {
      await session.end();
      this.#proof.dataApiCalls += session.calls;
    }
  }

  /** What was planted and seen, or why it was not. */
  async #ask(damage: Damage, check: AskedCheck, target: Target): Promise<PlantedDamage | string> {
    const began = performance.now();
    const { stage = [], statements, only, where } = target;
    const ask = async (by: readonly string[]) => {
      const question = { drill: this.#drill, address: this.#address, check, only, damage: by };
      const { outcome, calls } = await askAgain(this.#services, question);
      this.#proof.dataApiCalls += calls;
      return outcome;
    };
    try {
      const before = await ask(stage);
      if (before !== "held") return `${check.name} was ${before} before the damage`;
      const during = await ask([...stage, ...statements]);
      if (during === "unchecked") return `${check.name} could not be asked of the damage`;
      const after = await ask(stage);
      const seconds = Math.round(performance.now() - began) / 1000;
      // Neither lets a drill pass: a table that lost its only row has nothing to look at.
      const detected = during === "failed" || during === "empty";
      return {
        damage: damage.name,
        where,
        check: check.name,
        kind: check.kind,
        before,
        during,
        after,
        detected,
        seconds,
      };
    } catch (error) {
      if (error instanceof DamageRefused) return `the database refused it: ${error.message}`;
      throw error;
    }
  }
}

function answerOf({ complete, looks, startedAt, finishedAt, planted, untried, why }: Counterproof): CounterproofAnswer {
  return {
    phase: complete ? "ready" : "pending",
    waitSeconds: complete ? 0 : NEXT_SLICE_SECONDS,
    looks,
    startedAt,
    ...(finishedAt === undefined ? {} : { finishedAt }),
    tried: planted.length,
    detected: planted.filter(({ detected }) => detected).length,
    untried: untried.length,
    ...(why === undefined ? {} : { why }),
  };
}
