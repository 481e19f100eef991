import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { Parts } from "../../src/evidence/parts.ts";
import { evidenceBucket } from "./evidence-bucket.ts";

const Any = z.object({ a: z.number() });

describe("the parts that a drill is held against", () => {
  it("are read where they are what was left, or where that is not known", async () => {
    const { store, objects } = evidenceBucket();
    await new Parts(store, "shop/drill").leave("chains.json", { a: 1 });
    const sha256 = createHash("sha256")
      .update(objects.get("shop/drill/chains.json") ?? "")
      .digest("hex");
    expect(await new Parts(store, "shop/drill", { "chains.json": sha256 }).get("chains.json", Any)).toEqual({ a: 1 });
    expect(await new Parts(store, "shop/drill").get("chains.json", Any)).toEqual({ a: 1 });
    expect(await new Parts(store, "shop/drill", { "chains.json": sha256 }).get("catalog.json", Any)).toBeUndefined();
  });

  it("are refused where somebody wrote them anew, or took them away", async () => {
    const { store, objects } = evidenceBucket({ "shop/drill/chains.json": { a: 2 } });
    const parts = new Parts(store, "shop/drill", { "chains.json": "0".repeat(64) });
    await expect(parts.get("chains.json", Any)).rejects.toThrow(
      /s3:\/\/evidence\/shop\/drill\/chains\.json is not what was left/,
    );
    objects.clear();
    await expect(parts.get("chains.json", Any)).rejects.toThrow(/is not what was left/);
  });
});
