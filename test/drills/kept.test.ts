import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SweepAnswer } from "../../src/sweep/sweep.ts";
import { demoPlan, type EndedDrill, openTheatre, type Theatre } from "./theatre.ts";

describe("a drill whose plan keeps the sandbox when it has failed", { timeout: 180_000 }, () => {
  let theatre: Theatre;
  let ended: EndedDrill;
  beforeAll(async () => {
    theatre = await openTheatre("kept", {
      orders: await demoPlan({
        source: { region: "eu-west-1", cluster: "orders-production", database: "shop" },
        counterproof: false,
        keep: { for: "2h" },
        limits: { costUsd: 50 },
        checks: [{ kind: "rows", table: "shop.customer", expect: { equals: 1 } }],
      }),
    });
    ended = await theatre.drill("orders");
  });
  afterAll(() => theatre?.close());

  const sweep = async (request: object): Promise<SweepAnswer> => {
    const { arn } = theatre.cloud.template.functions.find(({ name }) => name === "sweep") ?? {};
    return (await theatre.cloud.lambda.invoke(arn ?? "", request)) as SweepAnswer;
  };
  const there = () => theatre.cloud.rds.leftovers().map(({ kind, id }) => `${kind} ${id}`);

  it("leaves the sandbox and nothing else, and tells of it, not of a leak", () => {
    const sandbox = `restore-drill-${ended.drillId}`;
    expect(ended.report.verdict.verdict).toBe("failed");
    expect(there()).toEqual(expect.arrayContaining([`cluster ${sandbox}`, `instance ${sandbox}-writer`]));
    expect(there()).not.toContain(`snapshot ${sandbox}-copy`);
    expect(ended.report).toMatchObject({
      leftovers: [],
      kept: { resources: [{ id: sandbox }, { id: `${sandbox}-writer` }], end: expect.stringContaining(ended.drillId) },
    });
    const [message] = ended.messages;
    expect(message?.bodies["email"]).toContain("KEPT until");
    expect(message?.subject).not.toContain("LEFT BEHIND");
  });

  it("is left alone by the hourly sweep while its time lasts", async () => {
    const { swept, failed } = await sweep({});
    expect(failed).toEqual([]);
    expect(swept).toMatchObject({ leaked: [], foreign: [], ended: [], kept: [{}, {}] });
  });

  it("is ended early by the command that people were told", async () => {
    for (let call = 0; call < 100; call += 1) {
      const { swept, failed } = await sweep({ drill: ended.drillId });
      expect(failed).toEqual([]);
      if (swept.ended.length === 0) break;
      await pause(100);
    }
    await theatre.cloud.rds.settled();
    expect(there()).toEqual([]);
  });
});
