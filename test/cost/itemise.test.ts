import { describe, expect, it } from "vitest";
import { isPriced, itemise, type Usage } from "../../src/cost/itemise.ts";
import { measuredUsage } from "../../src/cost/usage.ts";
import { drillWith, momentAt, SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { STORY, TEARDOWN } from "../verdict/sample-results.ts";

const USAGE: Usage = {
  sizeGib: 730,
  copied: true,
  transferred: true,
  sandboxHours: 2,
  copyHours: 3,
  instanceClass: "db.serverless",
  maxAcu: 8,
  dataApiCalls: 1_000_000,
  transitions: 1000,
};
const usdOf = (usage: Partial<Usage>, item: RegExp): number | undefined =>
  itemise({ ...USAGE, ...usage }).items.find((line) => item.test(line.item))?.usd;

describe("itemise", () => {
  it.each([
    [/transfer/, 14.6],
    [/snapshot copy/, 3 * 0.021],
    [/sandbox storage/, 2 * 0.1],
    [/at most 8 ACU/, 16 * 0.12],
    [/Data API/, 0.35],
    [/state transitions/, 0.025],
  ])("prices %s", (item, usd) => {
    expect(usdOf({}, item)).toBeCloseTo(usd, 10);
  });

  it("shows what keeping a sandbox costs apart from the drill, and nothing where it is not kept", () => {
    const kept = (usage: Partial<Usage>) =>
      itemise({ ...USAGE, ...usage }).items.filter(({ item }) => item.startsWith("kept sandbox"));
    expect(kept({ keptHours: 10 }).map(({ usd }) => usd)).toEqual([
      expect.closeTo(10 * 0.1),
      expect.closeTo(80 * 0.12),
    ]);
    expect(kept({ keptHours: 10, instanceClass: "db.r6g.large" })[1]?.usd).toBeCloseTo(2.6);
    expect(kept({})).toEqual([]);
    expect(kept({ keptHours: 0 })).toEqual([]);
  });

  it("adds its items up", () => {
    const { usd, items } = itemise(USAGE);
    expect(usd).toBeCloseTo(
      items.reduce((sum, item) => sum + item.usd, 0),
      10,
    );
  });

  it("charges no transfer for a copy within a region, and no copy where none is made", () => {
    expect(usdOf({ transferred: false }, /transfer/)).toBe(0);
    expect(usdOf({ transferred: false }, /snapshot copy/)).toBeGreaterThan(0);
    expect(usdOf({ copied: false, transferred: false }, /snapshot copy/)).toBe(0);
  });

  it("bills an instance for ten minutes at least", () => {
    expect(usdOf({ instanceClass: "db.r6g.large", sandboxHours: 0.01 }, /db\.r6g\.large/)).toBeCloseTo(0.26 / 6, 10);
    expect(usdOf({ instanceClass: "db.r6g.large", sandboxHours: 2 }, /db\.r6g\.large/)).toBeCloseTo(0.52, 10);
  });

  it("says of a class whether it has a price", () => {
    expect(["db.serverless", "db.r6g.large", "db.x9.large"].map(isPriced)).toEqual([true, true, false]);
  });
});

describe("measuredUsage", () => {
  const usage = measuredUsage(SAMPLE_DRILL, { ...STORY, teardown: TEARDOWN }, 14, momentAt(2000).toISOString());

  it("runs from the requests to the confirmed deletion", () => {
    expect(usage.sandboxHours).toBeCloseTo((1505 - 304) / 3600, 10);
    expect(usage.copyHours).toBeCloseTo((1505 - 3) / 3600, 10);
  });

  it("runs to the end of the drill when nothing says that it is gone", () => {
    expect(measuredUsage(SAMPLE_DRILL, STORY, 0, momentAt(2000).toISOString()).sandboxHours).toBeCloseTo(
      1696 / 3600,
      10,
    );
  });

  it("is nothing for what never began", () => {
    expect(measuredUsage(SAMPLE_DRILL, {}, 0, momentAt(2000).toISOString())).toMatchObject({
      sandboxHours: 0,
      copyHours: 0,
      copied: false,
    });
  });

  it("pays no copy that was not needed", () => {
    const drill = drillWith({ copy: { needed: false, snapshotId: "x" } });
    const { copied, transferred } = measuredUsage(drill, STORY, 0, momentAt(2000).toISOString());
    expect([copied, transferred]).toEqual([false, false]);
  });

  it("counts a look as a Task, a Choice and a Wait, the last without a Wait", () => {
    // 15 of every drill; looks: turn 1, copy 4, sandbox 8, checks 1, teardown 5.
    expect(usage.transitions).toBe(15 + 2 + 11 + 23 + 2 + 14);
  });
});
