import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fillSource, SANDBOX_REGION, SOURCE } from "../../src/chaos/source.ts";
import { LedgerEntry } from "../../src/evidence/ledger.ts";
import { Report } from "../../src/evidence/report.ts";
import { SOURCE_KEY } from "../../src/local/account.ts";
import { MACHINE_ARN } from "../../src/local/deployment.ts";
import { runExecution } from "../../src/local/run-execution.ts";
import { LostRegions, STAGED } from "../../src/local/scenarios/stage.ts";
import { drillIdOf } from "../../src/plan/names.ts";
import { Plan, type PlanFile } from "../../src/plan/plan.ts";
import { SCENARIO_NAMES, type ScenarioName } from "../../src/plan/scenario.ts";
import { type OwnCloud, openOwnCloud, QUICK } from "./small-cloud.ts";

/** Where nothing answers once it is lost; the sources of the other exercises are elsewhere. */
const LOST_REGION = "eu-west-2";

/** A database of its own for each exercise, all of them on one server. */
const planOf = (name: ScenarioName): PlanFile => ({
  plan: name,
  source: { ...SOURCE, cluster: `of-${name}`, ...(name === "region-lost" ? { region: LOST_REGION } : {}) },
  sandbox: { region: SANDBOX_REGION },
  objectives: { rto: "10m", rpo: "24h" },
  counterproof: false,
  checks: [
    { kind: "rows", table: "purchase", expect: { equals: 400 } },
    { kind: "freshness", table: "beat", column: "at", within: "1h" },
  ],
});
const PLANS = Object.fromEntries(SCENARIO_NAMES.map((name) => [name, planOf(name)]));

interface Exercise {
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly report: Report;
  readonly entry: LedgerEntry;
  readonly page: string;
}

describe("an exercise in a world as it takes it to be", { timeout: 180_000 }, () => {
  const lost = new LostRegions();
  const moments = new Map<ScenarioName, Date>();
  let own: OwnCloud;
  let held: Map<ScenarioName, Exercise>;

  async function hold(plan: ScenarioName, request: object): Promise<Exercise> {
    const { executionArn, startDate, error, cause } = await runExecution(own.cloud, MACHINE_ARN, { plan, ...request });
    const drillId = drillIdOf({ id: executionArn, startedAt: (startDate ?? new Date()).toISOString() });
    const directory = join(own.cloud.evidenceDirectory, `of-${plan}`);
    const read = (file: string): Promise<string> => readFile(join(directory, file), "utf8");
    return {
      error,
      cause,
      report: Report.parse(JSON.parse(await read(`${drillId}/report.json`))),
      entry: LedgerEntry.parse(JSON.parse(await read(`ledger/${drillId}.json`))),
      page: await read(`${drillId}/report.html`),
    };
  }

  beforeAll(async () => {
    // Four at a time keep both cores busy: looking five times less often leaves them to the servers.
    own = await openOwnCloud("scenarios", PLANS, { ...QUICK, waitScale: 0.2, intercept: lost.intercept });
    const { cloud, host } = own;
    const server = await host.create(join(host.runDirectory, "source"));
    await fillSource(server.connection);
    const backups = new Map<ScenarioName, string>();
    for (const name of SCENARIO_NAMES) {
      const { region, cluster: clusterId, database: databaseName } = Plan.parse(PLANS[name]).source;
      await cloud.rds.registerSource({ region, clusterId, databaseName, server, kmsKeyId: SOURCE_KEY });
      backups.set(name, await cloud.rds.takeSnapshot({ region, clusterId, kind: "automated" }));
    }
    for (const name of SCENARIO_NAMES) {
      const world = { cloud, plan: Plan.parse(PLANS[name]), server, snapshotId: backups.get(name) ?? "" };
      // The server is that of all of them: what is deleted is backed up before anything is damaged.
      if (name !== "corruption") moments.set(name, await STAGED[name].stage(world, lost));
    }
    const corrupted = {
      cloud,
      plan: Plan.parse(PLANS["corruption"]),
      server,
      snapshotId: backups.get("corruption") ?? "",
    };
    moments.set("corruption", await STAGED.corruption.stage(corrupted, lost));
    const all = SCENARIO_NAMES.map(async (name): Promise<[ScenarioName, Exercise]> => {
      const failureMoment = moments.get(name)?.toISOString();
      return [name, await hold(name, { scenario: { name }, failureMoment })];
    });
    held = new Map(await Promise.all(all));
  }, 180_000);
  afterAll(() => own?.close());

  const exercise = (name: ScenarioName): Exercise => {
    const found = held.get(name);
    if (found === undefined) throw new Error(`${name} was not held`);
    return found;
  };

  it.each(SCENARIO_NAMES)("%s passes, and says so on its scorecard, its page and in the ledger", (name) => {
    const { error, cause, report, entry, page } = exercise(name);
    expect([error, cause]).toEqual([undefined, undefined]);
    expect(report.leftovers).toEqual([]);
    const missed = report.scorecard?.criteria
      .filter(({ outcome }) => outcome === "missed")
      .map((each) => each.criterion);
    // Whoever has the account can delete the copy: this one has but one.
    expect(missed).toEqual(name === "ransomware" ? ["It is in another account than the cluster"] : []);
    expect(entry.recoveryPath?.scenario).toBe(name);
    expect(page).toContain(`Exercise: ${report.scorecard?.title}`);
  });

  it("takes the recovery point that each leaves", () => {
    const taken = SCENARIO_NAMES.map((name) => exercise(name).report.drill?.recoveryPoint);
    expect(taken).toMatchObject([
      { kind: "automated", region: SOURCE.region, id: expect.stringMatching(/-\d\d-\d\d$/) },
      { id: "of-region-lost-standing-copy", region: SANDBOX_REGION },
      { id: "of-accidental-deletion-by-hand", region: SOURCE.region },
      { id: "of-ransomware-standing-copy", region: SOURCE.region },
    ]);
  });

  it("makes no call to a lost region, and none that a role may not make", () => {
    expect(own.cloud.calls.filter(({ region }) => region === LOST_REGION)).toEqual([]);
    expect(own.cloud.authorisations.filter(({ decision }) => decision !== "allowed")).toEqual([]);
  });

  it("fails where the exercise finds the hole: nothing of this database stands in the drill region", async () => {
    const { error, cause, report, page } = await hold("corruption", { scenario: { name: "region-lost" } });
    expect(error).toBe("Drill.Failed");
    expect(cause).toContain(`There is no way back without ${SOURCE.region}`);
    expect(report.drill).toBeUndefined();
    expect(report.scorecard?.criteria[0]).toMatchObject({ outcome: "missed" });
    expect(page).toContain("Exercise: Region lost");
  });
});
