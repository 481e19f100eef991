import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sandbox } from "../checks/sandbox.ts";
import { prove } from "./proving.ts";
import { CHECKS, SHOP } from "./shop.ts";

let sandbox: Sandbox;
let shop: string;
beforeAll(async () => {
  sandbox = await Sandbox.open();
  shop = await sandbox.database(SHOP);
});
afterAll(() => sandbox.close());

describe("every damage", () => {
  it("is seen by the check that is there for it", async () => {
    const { proof } = await prove(sandbox, shop, CHECKS);
    expect(proof.planted.filter(({ detected }) => !detected)).toEqual([]);
  });
});
