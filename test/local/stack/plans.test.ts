import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { dashboard } from "../../../packaging/dashboard.ts";
import { planResources } from "../../../packaging/plan-resources.ts";
import { Template } from "../../../packaging/template-scope.ts";
import { exchangePlans } from "../../../src/local/stack/plans.ts";
import { Plan, type PlanFile } from "../../../src/plan/plan.ts";

const planFile = (plan: string): PlanFile => ({
  plan,
  source: { region: "eu-west-1", cluster: `${plan}-production`, database: "shop" },
  sandbox: { region: "eu-central-1" },
  objectives: { rto: "1h", rpo: "1d" },
  cadence: { schedule: "rate(7 days)" },
  incidents: { alarms: [`${plan}-lost`] },
});
const bundled = (name: string, file: object) => ({ name, json: JSON.stringify(file) });
const resourcesOf = (...names: string[]) => {
  const plans = names.map((plan) => z.parse(Plan, planFile(plan)));
  return { ...planResources(plans, { name: "drills" }), ...dashboard(plans, { name: "drills" }) };
};

const STATIC = { DeadLetters: { Type: "AWS::SQS::Queue", Properties: { QueueName: "drills-dead-letters" } } };
const packaged = z.parse(Template, { Parameters: {}, Resources: { ...STATIC, ...resourcesOf("orders") } });
const exchanged = (...given: { name: string; json: string }[]) =>
  exchangePlans(packaged, { packaged: [bundled("orders", planFile("orders"))], given, name: "drills" }).Resources;

describe("exchangePlans", () => {
  it("gives a template what other plans need in place of what its own did, and changes nothing else", () => {
    const wanted = z.parse(Template, { Resources: { ...STATIC, ...resourcesOf("users", "carts") } }).Resources;
    expect(exchanged(bundled("users", planFile("users")), bundled("carts", planFile("carts")))).toEqual(wanted);
  });

  it("leaves a template as it is for its own plans", () => {
    expect(exchanged(bundled("orders", planFile("orders")))).toEqual(packaged.Resources);
  });

  it("gives a plan what it needs under the name of its file, and a wrong one nothing", () => {
    expect(Object.keys(exchanged(bundled("users", planFile("orders"))))).toContain("UsersSchedule");
    expect(Object.keys(exchanged(bundled("users", { plan: "users" })))).toEqual(["DeadLetters", "Dashboard"]);
  });
});
