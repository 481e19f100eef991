import { describe, expect, it } from "vitest";
import { didYouMean, nearestOf } from "../../src/plan/suggest.ts";

describe("nearestOf", () => {
  it.each([
    ["regoin", "region"],
    ["eu-centrall-1", "eu-central-1"],
    ["freshnes", "freshness"],
    ["orders_production", "orders-production"],
  ])("takes %s for %s", (word, meant) => {
    expect(nearestOf(word, ["region", "cluster", "eu-central-1", "freshness", "orders-production"])).toBe(meant);
  });

  it.each(["completely-different", "xyzzyxyzzy", ""])("does not guess at %j", (word) => {
    expect(nearestOf(word, ["region", "cluster"])).toBeUndefined();
  });

  it("has nothing to suggest when nothing is known", () => {
    expect(nearestOf("region", [])).toBeUndefined();
  });
});

describe("didYouMean", () => {
  it("is a sentence to append", () => {
    expect(didYouMean("regoin", ["region"])).toBe(' Did you mean "region"?');
  });

  it("is nothing when nothing is near", () => {
    expect(didYouMean("xyzzyxyzzy", ["region"])).toBe("");
  });
});
