import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { PlanInvalid, PlanNotFound } from "../../src/errors.ts";
import { deployedPlan } from "../../src/plan/library.ts";
import { SAMPLE_PLAN } from "./sample-plan.ts";

const root = resolve(import.meta.dirname, "../../.restore-drill/test", `plan-library-${process.pid}`);
const drills = join(root, "drills");
/** As packaging embeds it. */
const PLAN_JSON = JSON.stringify(SAMPLE_PLAN.file);

beforeAll(async () => {
  await mkdir(drills, { recursive: true });
  await writeFile(join(drills, "orders.json"), PLAN_JSON);
  await writeFile(join(drills, "broken.json"), "plan: [");
  // A valid plan beside the directory: only a path that leaves the directory would find it.
  await writeFile(join(root, "outside.json"), PLAN_JSON);
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rm(root, { recursive: true, force: true }));

describe("deployedPlan", () => {
  it("reads the plan of that name", async () => {
    const { plan } = await deployedPlan("orders", drills);
    expect(plan.source.cluster).toBe("orders-production");
  });

  it("looks below the Lambda's package", async () => {
    vi.stubEnv("LAMBDA_TASK_ROOT", root);
    await expect(deployedPlan("orders")).resolves.toMatchObject({ plan: { plan: "orders" } });
  });

  it("names the plans there are, and the one that was meant", async () => {
    const refusal = deployedPlan("ordres", drills);
    await expect(refusal).rejects.toThrow(PlanNotFound);
    await expect(refusal).rejects.toThrow(/no plan "ordres"\. Did you mean "orders"\? There are: broken, orders\./);
  });

  it.each(["../outside", "./orders", "orders.json", `${drills}/orders`, "", ".", "orders\0"])(
    "reads no file for %j, which is the name of no plan",
    async (name) => {
      await expect(deployedPlan(name, drills)).rejects.toThrow(PlanNotFound);
    },
  );

  it("says so when no plan was deployed", async () => {
    await expect(deployedPlan("orders", join(root, "nowhere"))).rejects.toThrow(/No plan was deployed/);
  });

  it("reads the same plan that the YAML file holds", async () => {
    expect(await deployedPlan("orders", drills)).toEqual(SAMPLE_PLAN);
  });

  it("names the file of a plan that does not parse", async () => {
    const refusal = deployedPlan("broken", drills);
    await expect(refusal).rejects.toThrow(PlanInvalid);
    await expect(refusal).rejects.toThrow(/drills\/broken\.json is not JSON: the package is damaged/);
  });
});
