import { describe, expect, it } from "vitest";
import { baselineProblems } from "../../packaging/baseline-problems.ts";
import { planWith } from "./plans.ts";

const secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:restore-drill/orders-AbCdEf";
const readable = planWith({ source: `{ region: eu-west-1, cluster: orders, database: shop, secret: "${secret}" }` });

describe("baselineProblems", () => {
  it("lets a schedule capture from a plan that names its secret", () => {
    expect(baselineProblems([readable], { plan: "orders", state: "ENABLED" })).toEqual([]);
  });

  it("refuses a schedule for a plan that there is not, with those there are", () => {
    expect(baselineProblems([readable], { plan: "ordres", state: "ENABLED" })).toEqual([
      expect.stringMatching(/baselinePlan is ordres, which is no plan in drills\/ \(orders\): .*DISABLED\.$/),
    ]);
  });

  it("refuses a schedule for a plan without a secret", () => {
    expect(baselineProblems([planWith()], { plan: "orders", state: "ENABLED" })).toEqual([
      expect.stringContaining("the plan orders names no source.secret"),
    ]);
  });

  it("does not mind either while nothing is captured", () => {
    expect(baselineProblems([planWith()], { plan: "ordres", state: "DISABLED" })).toEqual([]);
  });
});
