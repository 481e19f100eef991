import { describe, expect, it } from "vitest";
import { PlanNotFound } from "../../src/errors.ts";
import { subjectOf } from "../../src/evidence/subject.ts";
import { drillIdOf } from "../../src/plan/names.ts";
import { SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { SAMPLE_PLAN } from "../plan/sample-plan.ts";

const execution = { id: "arn:execution:1", name: "weekly-1", startedAt: "2026-11-21T14:32:05.123Z" };
const drillId = drillIdOf(execution);
const plans = async (name: string) => {
  if (name !== "orders") throw new PlanNotFound(`no plan ${name}`);
  return SAMPLE_PLAN;
};

describe("subjectOf", () => {
  it("is the drill's own word once there is one", async () => {
    expect(await subjectOf(plans, { execution, request: { plan: "else" }, drill: SAMPLE_DRILL })).toEqual({
      drillId: SAMPLE_DRILL.drillId,
      database: "orders-production",
      plan: "orders",
      trigger: SAMPLE_DRILL.trigger,
      prefix: SAMPLE_DRILL.evidencePrefix,
    });
  });

  it("files a refused drill with its database's others, with who asked for it", async () => {
    const request = { plan: "orders", trigger: { kind: "schedule", by: "weekly" } };
    expect(await subjectOf(plans, { execution, request })).toEqual({
      drillId,
      database: "orders-production",
      plan: "orders",
      trigger: { kind: "schedule", by: "weekly" },
      prefix: `orders-production/${drillId}`,
    });
  });

  it("files a drill of no known plan as unplanned, by the name of its execution", async () => {
    expect(await subjectOf(plans, { execution, request: { plan: "ordres" } })).toEqual({
      drillId,
      database: "unplanned",
      plan: "ordres",
      trigger: { kind: "manual", by: "weekly-1" },
      prefix: `unplanned/${drillId}`,
    });
  });

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["a text", "orders"],
    ["a list", ["orders"]],
    ["no plan", { paln: "orders" }],
    ["a plan that is no text", { plan: { toString: "orders" } }],
    ["a path", { plan: "../../etc/passwd" }],
    ["markup", { plan: "<script>alert(1)</script>" }],
    ["line breaks", { plan: "orders\nSubject: all is well" }],
    ["a text without end", { plan: "a".repeat(100_000) }],
  ])("takes no name from a request that is %s", async (_, request) => {
    expect(await subjectOf(plans, { execution, request })).toMatchObject({ plan: "unplanned", database: "unplanned" });
  });

  it.each([
    ["an unknown kind", { kind: "urgent", by: "me" }],
    ["control characters", { kind: "schedule", by: "me\u0000\nSubject: x" }],
    ["a text without end", { kind: "schedule", by: "b".repeat(10_000) }],
  ])("takes no trigger of %s", async (_, trigger) => {
    const subject = await subjectOf(plans, { execution, request: { plan: "orders", trigger } });
    expect(subject.trigger).toEqual({ kind: "manual", by: "weekly-1" });
  });
});
