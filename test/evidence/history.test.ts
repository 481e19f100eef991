import { GetObjectCommand } from "@aws-sdk/client-s3";
import "aws-sdk-client-mock-vitest/extend";
import { describe, expect, it } from "vitest";
import { DatabaseHistory, HISTORY_DRILLS, historyOf, rememberDrill } from "../../src/evidence/history.ts";
import { type LedgerEntry, writeLedger } from "../../src/evidence/ledger.ts";
import { evidenceBucket } from "./evidence-bucket.ts";
import { ledgerEntry } from "./sample-ledger.ts";

const KEY = "orders-production/history.json";
const NOW = new Date("2026-11-21T15:00:00.000Z");
const PATH = { fromRegion: "eu-west-1", toRegion: "eu-central-1", recoveryPoint: "automated" } as const;

/** The drill of so many days ago. */
function drillOf(daysAgo: number, changes: Partial<LedgerEntry> = {}): LedgerEntry {
  const at = new Date(NOW.getTime() - daysAgo * 86_400_000).toISOString();
  const drillId = `${at.slice(0, 10).replaceAll("-", "")}-150000-3f9a2b1c`;
  return ledgerEntry({ drillId, startedAt: at, endedAt: at, recoveryPath: PATH, ...changes });
}

const inLedger = (entries: readonly LedgerEntry[]): Record<string, unknown> =>
  Object.fromEntries(entries.map((entry) => [`orders-production/ledger/${entry.drillId}.json`, entry]));

/** Drills that are recorded one after the other, as they are. */
async function recorded(entries: readonly LedgerEntry[], bucket = evidenceBucket()) {
  const warnings: string[] = [];
  for (const entry of entries) {
    await writeLedger(bucket.store, entry);
    warnings.push(...(await rememberDrill(bucket.store, entry)));
  }
  const history = DatabaseHistory.parse(JSON.parse(bucket.objects.get(KEY) ?? "null"));
  return { ...bucket, history, warnings, ids: history.drills.map(({ drillId }) => drillId) };
}

describe("the history of a database", () => {
  it("has the newest drills, the oldest first, without what only the next drill asks", async () => {
    const all = Array.from({ length: HISTORY_DRILLS + 3 }, (_, index) => drillOf(60 - index));
    const { ids, history } = await recorded(all);
    expect(ids).toEqual(all.slice(3).map(({ drillId }) => drillId));
    expect(history.drills[0]).not.toHaveProperty("manifestSha256");
  });

  it("asks the ledger's listing whether it is whole, and reads no entry of it", async () => {
    const { store, s3 } = await recorded([drillOf(2), drillOf(1)]);
    s3.resetHistory();
    await rememberDrill(store, drillOf(1));
    expect(s3.commandCalls(GetObjectCommand).map(({ args: [{ input }] }) => input.Key)).toEqual([KEY]);
  });

  it("keeps one line of a drill that is recorded again, wherever it is", async () => {
    const { history, ids } = await recorded([
      drillOf(3, { verdict: "errored" }),
      drillOf(2),
      drillOf(3, { verdict: "failed" }),
    ]);
    expect(ids).toEqual([drillOf(3), drillOf(2)].map(({ drillId }) => drillId));
    expect(history.drills[0]?.verdict).toBe("failed");
  });

  it("remembers the last pass of each plan and each path for longer than its drills", async () => {
    const pass = drillOf(90);
    const broken = Array.from({ length: HISTORY_DRILLS + 1 }, (_, index) => drillOf(80 - index, { verdict: "failed" }));
    const elsewhere = { ...PATH, toRegion: "us-east-1" };
    const { history, ids } = await recorded([
      pass,
      ...broken,
      drillOf(1, { plan: "orders-us", recoveryPath: elsewhere }),
    ]);
    expect(ids).not.toContain(pass.drillId);
    expect(history.passes).toMatchObject({ orders: { drillId: pass.drillId }, "orders-us": {} });
    expect(history.paths).toMatchObject([
      { plan: "orders-us", path: elsewhere, lastPass: {} },
      { plan: "orders", path: PATH, lastPass: { drillId: pass.drillId }, lastDrill: { verdict: "failed" } },
    ]);
  });

  it("remembers the last drill of each plan that was no exercise, behind however many drills of another plan", async () => {
    const monthly = drillOf(70, { plan: "monthly", verdict: "failed" });
    const daily = Array.from({ length: HISTORY_DRILLS + 1 }, (_, index) => drillOf(60 - index));
    const exercise = drillOf(1, { plan: "monthly", scenario: "region-lost" });
    const { history, ids } = await recorded([drillOf(80, { plan: "monthly" }), monthly, ...daily, exercise]);
    expect(ids).not.toContain(monthly.drillId);
    expect(history.lastDrills).toMatchObject({
      monthly: { drillId: monthly.drillId, verdict: "failed" },
      orders: { drillId: daily.at(-1)?.drillId },
    });
  });

  it("takes a pass back when the drill is recorded again without one: the pass before it counts", async () => {
    const { history } = await recorded([drillOf(9), drillOf(2), drillOf(2, { verdict: "errored" })]);
    expect(history.passes["orders"]?.drillId).toBe(drillOf(9).drillId);
    expect(history.paths[0]).toMatchObject({ lastPass: { drillId: drillOf(9).drillId } });
  });

  it("counts no exercise as a pass of its plan, only of the path that it went", async () => {
    const exercise = { scenario: "region-lost", recoveryPath: { ...PATH, scenario: "region-lost" } };
    const { history } = await recorded([drillOf(3), drillOf(1, exercise)]);
    expect(history.passes["orders"]?.drillId).toBe(drillOf(3).drillId);
    expect(history.paths.map(({ path, lastPass }) => [path.scenario, lastPass?.drillId])).toEqual([
      ["region-lost", drillOf(1).drillId],
      [undefined, drillOf(3).drillId],
    ]);
  });

  it("has no path for a drill that was refused", async () => {
    const { recoveryPath: _, ...refused } = drillOf(1);
    expect((await recorded([refused])).history.paths).toEqual([]);
  });
});

describe("a history that is not what it should be", () => {
  const [first, second, third] = [drillOf(3), drillOf(2), drillOf(1)];
  const whole = [first, second, third].map(({ drillId }) => drillId);

  it("is made from the ledger when there is none", async () => {
    const { ids, warnings } = await recorded([third], evidenceBucket(inLedger([first, second])));
    expect(ids).toEqual(whole);
    expect(warnings).toEqual([]);
  });

  it("is made anew, and said, when it can not be read", async () => {
    const { ids, warnings } = await recorded(
      [third],
      evidenceBucket({ ...inLedger([first, second]), [KEY]: { schemaVersion: 1 } }),
    );
    expect(ids).toEqual(whole);
    expect(warnings).toEqual([expect.stringContaining("history.json can not be read")]);
  });

  it("is made anew, and nobody told, when it is from before the last drill of each plan was kept", async () => {
    const { store, history } = await recorded([first, second]);
    const { lastDrills: _, ...older } = history;
    await store.put(KEY, older);
    const remade = await historyOf(store, "orders-production", NOW);
    expect(remade).toEqual({ history, warnings: [] });
    await rememberDrill(store, third);
    expect((await historyOf(store, "orders-production", NOW)).history?.lastDrills).toMatchObject({
      orders: { drillId: third.drillId },
    });
  });

  it("is made anew when it lacks a drill of the ledger, or has one that the ledger has not", async () => {
    const { store, objects } = await recorded([first]);
    await writeLedger(store, second);
    const lacking = evidenceBucket(Object.fromEntries(objects));
    expect((await recorded([third], lacking)).ids).toEqual(whole);
    objects.delete(`orders-production/ledger/${second.drillId}.json`);
    await rememberDrill(store, second);
    expect((await recorded([third], evidenceBucket(Object.fromEntries(objects)))).ids).toEqual([
      first.drillId,
      third.drillId,
    ]);
  });

  it("says which entries of the ledger can not be read, and has the others", async () => {
    const damaged = { ...inLedger([second]), [`orders-production/ledger/${first.drillId}.json`]: "{" };
    const { ids, warnings } = await recorded([third], evidenceBucket(damaged));
    expect(ids).toEqual([second.drillId, third.drillId]);
    expect(warnings).toEqual([expect.stringContaining(first.drillId)]);
  });

  it("is read through to the ledger by who asks for it, and left as it is", async () => {
    const { store, objects } = evidenceBucket({ ...inLedger([first]), [KEY]: "{" });
    const { history, warnings } = await historyOf(store, "orders-production", NOW);
    expect(history?.drills.map(({ drillId }) => drillId)).toEqual([first.drillId]);
    expect(warnings).toHaveLength(1);
    expect(objects.get(KEY)).toBe("{");
    expect(await historyOf(store, "never-drilled", NOW)).toEqual({ warnings: [] });
  });
});
