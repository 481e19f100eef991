import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LedgerEntry } from "../../src/evidence/ledger.ts";
import { type ModelledClock, openModelledClock } from "../../src/local/clock.ts";
import { type EndedDrill, openSmallTheatre, smallPlan, type Theatre } from "../drills/theatre.ts";

const MOMENT = new Date("2026-03-10T04:12:00Z");

describe("a local cloud at another time", { timeout: 180_000 }, () => {
  let clock: ModelledClock;
  let theatre: Theatre;
  let drill: EndedDrill;
  let realSeconds: number;

  beforeAll(async () => {
    clock = openModelledClock();
    const { checks = [] } = await smallPlan();
    const orders = await smallPlan({
      counterproof: false,
      checks: checks.filter(({ kind }) => kind === "tables" || kind === "rows"),
    });
    theatre = await openSmallTheatre("clock", { orders }, { clock, waitScale: 0.001, rds: { timeScale: 10 } });
    clock.moveTo(MOMENT);
    await theatre.cloud.rds.takeSnapshot({ region: "eu-west-1", clusterId: "orders-production", kind: "automated" });
    const begun = performance.now();
    drill = await theatre.drill("orders");
    realSeconds = (performance.now() - begun) / 1000;
  });
  afterAll(async () => {
    await theatre?.close();
    clock.close();
    // The clock of this test is the machine's again.
    expect(Math.abs(Date.now() - (performance.timeOrigin + performance.now()))).toBeLessThan(60_000);
  });

  it("runs a drill that is of that time in everything it writes", async () => {
    expect(drill.report.verdict.verdict).toBe("passed");
    expect(drill.drillId).toMatch(/^20260310-0412/);
    const entry = LedgerEntry.parse(JSON.parse(drill.evidence.get("ledger.json") ?? ""));
    for (const moment of [entry.startedAt, entry.endedAt, drill.report.drill?.recoveryPoint.createdAt])
      expect(moment).toMatch(/^2026-03-10T0[45]:/);
    const page = drill.evidence.get("report.html") ?? "";
    expect(page).toContain("2026-03-10 04:1");
    const today = new Date(performance.timeOrigin + performance.now()).toISOString().slice(0, 10);
    const files = [...drill.evidence].filter(([, text]) => text.includes(today)).map(([name]) => name);
    expect(files).toEqual([]);
    expect(JSON.stringify(drill.messages)).not.toContain(today);
    expect(drill.messages).toHaveLength(1);
  });

  it("waits in that time alone", async () => {
    const { phases, objectives } = drill.report.verdict;
    const restore = phases.find(({ name }) => name === "restore")?.seconds ?? 0;
    // 50 s of restore and 30 s of its writer, ten times as long.
    expect(restore).toBeGreaterThan(800);
    expect(objectives.rto?.measuredSeconds).toBeLessThan(3600);
    expect(realSeconds).toBeLessThan(60);
    expect(theatre.cloud.rds.leftovers()).toEqual([]);
  });
});
