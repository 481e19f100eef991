import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DrillResult } from "../../src/cli/drill-result.ts";
import { rehearse } from "../../src/cli/rehearsal.ts";
import { SOURCE_KEY } from "../../src/local/account.ts";
import type { LocalCloud } from "../../src/local/cloud.ts";
import type { Sabotage } from "../../src/local/sabotage/sabotage.ts";
import { SABOTAGES } from "../../src/local/sabotage/sabotages.ts";
import type { RdsFaults } from "../../src/local/services/rds/faults.ts";
import { Plan, type PlanFile } from "../../src/plan/plan.ts";
import { demoPlan, type EndedDrill, openSmallTheatre, smallPlan, type Theatre } from "./theatre.ts";

/** Where the demo and the package are kept for all tests. */
const ROOT = resolve(import.meta.dirname, "../../.restore-drill");
const PLANS = join(ROOT, "test");

/** What is set up with the cloud and not while it runs: these have a cloud of their own, as `npm run drill` opens it. */
const isOfItsOwn = ({ backupAgeSeconds, dataApiLimits, name }: Sabotage): boolean =>
  backupAgeSeconds !== undefined || dataApiLimits !== undefined || name === "slow";

/** Restores, reads and counterproofs, side by side with another test file's. */
const TIMEOUT_MS = 180_000;

describe("a sabotaged recovery, one of many in one account", { timeout: TIMEOUT_MS }, () => {
  let theatre: Theatre;
  let plan: Plan;
  let sabotage: Sabotage | undefined;
  let faults: RdsFaults | undefined;
  let hook: Parameters<LocalCloud["rds"]["onRestored"]>[0] | undefined;

  beforeAll(async () => {
    const file = await smallPlan();
    plan = Plan.parse(file);
    theatre = await openSmallTheatre(
      "sabotages",
      { orders: file },
      {
        faults: { outcome: (step, subject) => faults?.outcome?.(step, subject) },
        intercept: (call) => sabotage?.intercept?.(call),
      },
    );
    theatre.cloud.rds.onRestored(async (cluster, server) => hook?.(cluster, server));
  });
  afterAll(() => theatre?.close());

  async function sabotaged(chosen: Sabotage): Promise<EndedDrill> {
    const onRestored = (wanted: typeof hook): void => {
      hook = wanted;
    };
    sabotage = chosen;
    faults = chosen.faults?.(plan);
    hook = undefined;
    theatre.cloud.account.keys.enable(plan.source.region, SOURCE_KEY);
    const rds = Object.assign(Object.create(theatre.cloud.rds), { onRestored });
    chosen.prepare?.({ cloud: { ...theatre.cloud, rds }, plan });
    return theatre.drill("orders");
  }

  for (const chosen of SABOTAGES.filter((candidate) => !isOfItsOwn(candidate)))
    it(`${chosen.name} ends as ${expected(chosen)}: ${chosen.what}`, async () => {
      const { report, messages, evidence } = await sabotaged(chosen);
      expect(report.verdict.verdict).toBe(chosen.verdict);
      expect(report.verdict.reason).toBe(chosen.reason);
      expect(report.leftovers.map(({ kind }) => kind)).toEqual(chosen.name === "leak" ? ["cluster"] : []);
      expect(messages).toHaveLength(1);
      expect([...evidence.keys()]).toEqual(expect.arrayContaining(["report.json", "checks.json", "manifest.json"]));
    });
});

/** What of the demo's checks tells of these: that rows came back, and how old they are. */
const isTelling = ({ kind }: NonNullable<PlanFile["checks"]>[number]): boolean =>
  kind === "rows" || kind === "freshness";

describe("a sabotaged recovery, in an account of its own", { timeout: TIMEOUT_MS }, () => {
  let plans: string;

  beforeAll(async () => {
    await mkdir(PLANS, { recursive: true });
    plans = await mkdtemp(join(PLANS, "sabotage-"));
  });
  afterAll(() => rm(plans, { recursive: true, force: true }));

  async function sabotaged(sabotage: Sabotage): Promise<DrillResult> {
    const { checks = [] } = await demoPlan();
    const plan = await demoPlan({
      checks: checks.filter(isTelling),
      counterproof: false,
      // A restore that is too slow is waited for: its objective is one that a test can wait for.
      ...(sabotage.name === "slow" ? { objectives: { rto: "5s", rpo: "24h" } } : {}),
    });
    const planFile = join(plans, `${sabotage.name}.yml`);
    await writeFile(planFile, JSON.stringify(plan));
    return rehearse({ root: ROOT, planFile, sabotage });
  }

  for (const sabotage of SABOTAGES.filter(isOfItsOwn))
    it(`${sabotage.name} ends as ${expected(sabotage)}: ${sabotage.what}`, async () => {
      const rehearsal = await sabotaged(sabotage);
      expect(rehearsal.verdict).toBe(sabotage.verdict);
      expect(rehearsal.report?.verdict.reason).toBe(sabotage.reason);
      expect(rehearsal.report?.leftovers).toEqual([]);
      // What was drilled before in this directory decides whether it pages too.
      const isPage = rehearsal.notifications.map(({ bodies }) => JSON.parse(bodies["default"] ?? "{}").page === true);
      expect([[false], [false, true], [true, false]]).toContainEqual(isPage);
      expect(rehearsal.evidence.filter((file) => /(report|checks|manifest)\.json$/.test(file))).toHaveLength(3);
    });
});

function expected({ verdict, reason }: Sabotage): string {
  return reason === undefined ? verdict : `${verdict} (${reason})`;
}
