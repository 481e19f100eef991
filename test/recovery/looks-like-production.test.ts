import { describe, expect, it } from "vitest";
import { looksLikeProduction } from "../../src/recovery/looks-like-production.ts";

describe("looksLikeProduction", () => {
  it.each(["production", "orders-prod", "prd_db", "alias/Production", "OrdersProdDb", "prod2", "live", "eu.live.1"])(
    "is true of %s",
    (name) => expect(looksLikeProduction(name)).toBe(true),
  );

  it.each([
    "restore-drill",
    "products",
    "delivery",
    "preprod",
    "non-prod",
    "pre_production",
    "alive",
    "",
    "reproduction",
  ])("is false of %s", (name) => expect(looksLikeProduction(name)).toBe(false));
});
