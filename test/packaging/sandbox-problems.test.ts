import { describe, expect, it } from "vitest";
import { type SandboxSettings, sandboxProblems } from "../../packaging/sandbox-problems.ts";
import { parsePlan } from "../../src/plan/parse.ts";
import type { Plan } from "../../src/plan/plan.ts";

/** Everything of sandboxes is made by the stack. */
const MADE: SandboxSettings = {
  name: "restore-drill",
  region: "eu-central-1",
  subnetGroup: "",
  securityGroup: "",
  kmsKey: "",
};
const planIn = (sandbox = "{ region: eu-central-1 }"): Plan =>
  parsePlan(
    `plan: orders
source: { region: eu-west-1, cluster: orders, database: shop }
sandbox: ${sandbox}
objectives: { rto: 4h, rpo: 24h }
`,
    "drills/orders.yml",
  ).plan;
const problemsOf = (settings: Partial<SandboxSettings>, plans = [planIn()]): string[] =>
  sandboxProblems(plans, { ...MADE, ...settings });

describe("sandboxProblems", () => {
  it.each<[string, Partial<SandboxSettings>]>([
    ["all of it made", {}],
    ["the network named", { subnetGroup: "drills", securityGroup: "sg-1" }],
    ["only the key named", { kmsKey: "alias/drills" }],
    [
      "a stage that is like production's, with everything named",
      { name: "restore-drill-live", subnetGroup: "drills", securityGroup: "sg-1", kmsKey: "alias/drills" },
    ],
  ])("finds nothing wrong with %s", (_, settings) => expect(problemsOf(settings)).toEqual([]));

  it("refuses a security group for a network that the stack makes", () => {
    expect(problemsOf({ securityGroup: "sg-1" })).toEqual([
      "sandboxSecurityGroup is sg-1, but the stack makes the network of sandboxes, with a security group of its own: name sandboxSubnetGroup too, or neither.",
    ]);
  });

  it("refuses a named network without a security group, but for plans that name their own", () => {
    expect(problemsOf({ subnetGroup: "drills" })).toEqual([
      "The plan orders names no sandbox.securityGroup, and the stack has sandboxSubnetGroup drills without sandboxSecurityGroup: name one of that network in either.",
    ]);
    const own = planIn("{ region: eu-central-1, securityGroup: sg-0a }");
    expect(problemsOf({ subnetGroup: "drills" }, [own])).toEqual([]);
  });

  it("refuses a plan whose sandbox is in another region than the stack, but for one that names its network", () => {
    const elsewhere = planIn("{ region: eu-west-1 }");
    expect(problemsOf({}, [elsewhere])).toEqual([
      "The sandbox of the plan orders is in eu-west-1 and the stack in eu-central-1: deploy the stack there (--region eu-west-1), or name sandbox.subnetGroup and sandbox.securityGroup of that region in the plan.",
    ]);
    const own = planIn("{ region: eu-west-1, subnetGroup: mine, securityGroup: sg-0a }");
    expect(problemsOf({}, [own])).toEqual([]);
  });

  it.each(["live", "production", "eu-prod"])("refuses the stage %s, whose network no drill would use", (stage) => {
    expect(problemsOf({ name: `restore-drill-${stage}` })[0]).toContain(
      `restore-drill-${stage}, which looks like production's`,
    );
  });
});
