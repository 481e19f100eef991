import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Baseline } from "../../src/baseline/baseline.ts";
import { findReferences } from "../../src/baseline/references.ts";
import type { LedgerEntry } from "../../src/evidence/ledger.ts";
import { evidenceBucket } from "../evidence/evidence-bucket.ts";
import { ledgerEntry } from "../evidence/sample-ledger.ts";

const BEFORE = new Date("2026-11-21T04:00:00.000Z");

/** A baseline captured that long before the recovery point, at its key. */
function baseline(minutesBefore: number, changes: Partial<Baseline> = {}): Record<string, Baseline> {
  const capturedAt = new Date(BEFORE.getTime() - minutesBefore * 60_000).toISOString();
  const captureId = `${capturedAt.slice(0, 10).replaceAll("-", "")}-${capturedAt.slice(11, 19).replaceAll(":", "")}-0a1b2c3d`;
  const document: Baseline = {
    captureId,
    plan: "orders",
    planSha256: "0",
    cluster: "orders-production",
    database: "shop",
    engineVersion: "16.4",
    startedAt: capturedAt,
    capturedAt,
    finishedAt: capturedAt,
    checks: [],
    parts: [],
    ...changes,
  };
  return { [`orders-production/baselines/${captureId}/baseline.json`]: document };
}

/** A drill that may be compared with, at its key. */
function drilled(day: number, changes: Partial<LedgerEntry> = {}): Record<string, LedgerEntry> {
  const drillId = `202611${String(day).padStart(2, "0")}-120000-0a1b2c3d`;
  const entry = ledgerEntry({
    drillId,
    isReference: true,
    sourceDatabase: "shop",
    recoveryPointAt: `2026-11-${String(day).padStart(2, "0")}T04:00:00.000Z`,
    ...changes,
  });
  const manifest = { drillId, files: [{ file: "chains.json", sha256: "c0ffee", bytes: 1 }] };
  const sha256 = createHash("sha256")
    .update(`${JSON.stringify(manifest)}`)
    .digest("hex");
  return {
    [`orders-production/ledger/${drillId}.json`]: { ...entry, manifestSha256: changes.manifestSha256 ?? sha256 },
    [`orders-production/${drillId}/manifest.json`]: manifest as never,
  };
}

async function find(documents: Record<string, unknown>) {
  const { store } = evidenceBucket(documents);
  const earlier = Object.entries(documents)
    .filter(([key]) => key.includes("/ledger/"))
    .map(([, entry]) => entry as LedgerEntry)
    .slice(-5);
  return findReferences(store, {
    plan: "orders",
    cluster: "orders-production",
    database: "shop",
    clusterResourceId: "cluster-ONE",
    before: BEFORE,
    now: new Date("2026-11-21T14:00:00.000Z"),
    earlier,
  });
}

describe("findReferences", () => {
  it("finds nothing where nothing was left", async () => {
    expect(await find({})).toEqual({ points: [], warnings: [] });
  });

  it("takes the newest baseline from before the recovery point, and then the last drill", async () => {
    const { points } = await find({ ...baseline(90), ...baseline(30), ...baseline(-1), ...drilled(14) });
    expect(points).toEqual([
      {
        kind: "baseline",
        id: "20261121-033000-0a1b2c3d",
        takenAt: "2026-11-21T03:30:00.000Z",
        prefix: "orders-production/baselines/20261121-033000-0a1b2c3d",
        sha256: {},
      },
      {
        kind: "drill",
        id: "20261114-120000-0a1b2c3d",
        takenAt: "2026-11-14T04:00:00.000Z",
        prefix: "orders-production/20261114-120000-0a1b2c3d",
        sha256: { "chains.json": "c0ffee" },
      },
    ]);
  });

  it("takes one of the very moment of the recovery point, and none whose data is later than its id says", async () => {
    expect((await find(baseline(0))).points).toMatchObject([{ takenAt: BEFORE.toISOString() }]);
    expect((await find(baseline(1, { capturedAt: "2026-11-21T04:00:00.001Z" }))).points).toEqual([]);
  });

  it("looks back as far as it has to", async () => {
    const oldDays = 300;
    expect((await find(baseline(oldDays * 1440))).points).toHaveLength(1);
    expect((await find(baseline(401 * 1440))).points).toEqual([]);
  });

  it("does not take parts for a baseline, nor how far a capture got", async () => {
    const { points, warnings } = await find({
      "orders-production/baselines/20261121-033000-0a1b2c3d/fingerprints.json": {},
      "orders-production/baselines/in-progress/20261121-033000-0a1b2c3d.json": {},
    });
    expect({ points, warnings }).toEqual({ points: [], warnings: [] });
  });

  it("says which baseline can not be read and takes the one before", async () => {
    const { points, warnings } = await find({
      ...baseline(90),
      "orders-production/baselines/20261121-033000-0a1b2c3d/baseline.json": '{"captureId": "20261121-03',
    });
    expect(points).toMatchObject([{ id: "20261121-023000-0a1b2c3d" }]);
    expect(warnings).toEqual([
      expect.stringMatching(/s3:\/\/evidence\/.*20261121-033000-0a1b2c3d\/baseline\.json can not be read/),
    ]);
  });

  it("prefers the plan's own baseline to a newer one of another plan, and takes none of another database", async () => {
    const other = baseline(30, { plan: "billing" });
    expect((await find({ ...baseline(90), ...other })).points).toMatchObject([{ id: "20261121-023000-0a1b2c3d" }]);
    expect((await find(other)).points).toMatchObject([{ id: "20261121-033000-0a1b2c3d" }]);
    expect((await find(baseline(30, { database: "crm" }))).points).toEqual([]);
  });

  it("prefers a drill that passed to a newer one that was inconclusive, even behind many that failed", async () => {
    const failed = Object.assign({}, ...[8, 9, 10, 11, 12, 13].map((day) => drilled(day, { isReference: false })));
    const documents = { ...drilled(2), ...drilled(3, { verdict: "inconclusive" }), ...failed };
    expect((await find(documents)).points).toMatchObject([{ kind: "drill", id: "20261102-120000-0a1b2c3d" }]);
    const inconclusive = { ...drilled(3, { verdict: "inconclusive" }), ...failed };
    expect((await find(inconclusive)).points).toMatchObject([{ kind: "drill", id: "20261103-120000-0a1b2c3d" }]);
  });

  it("takes the drill whose recovery point is the newest, whenever it was drilled, and no exercise", async () => {
    const old = { recoveryPointAt: "2026-11-02T04:00:00.000Z" };
    const documents = {
      ...drilled(10),
      ...Object.assign({}, ...[11, 12, 13, 14, 15].map((day) => drilled(day, old))),
      ...drilled(16, { scenario: "ransomware" }),
    };
    expect((await find(documents)).points).toMatchObject([{ kind: "drill", takenAt: "2026-11-10T04:00:00.000Z" }]);
    expect((await find(drilled(16, { scenario: "region-lost" }))).points).toEqual([]);
  });

  it("compares moments, not how they are written", async () => {
    // 11:00 UTC on the day before the oldest of the newest drills began, and half an hour before the recovery point of the one before these.
    const old = { recoveryPointAt: "2026-11-11T01:00:00+14:00", startedAt: "2026-11-11T00:30:00.000Z" };
    const documents = {
      ...drilled(10, { recoveryPointAt: "2026-11-10T11:30:00.000Z" }),
      ...Object.assign({}, ...[11, 12, 13, 14, 15].map((day) => drilled(day, old))),
    };
    expect((await find(documents)).points).toMatchObject([{ id: "20261110-120000-0a1b2c3d" }]);
  });

  it("compares with nothing of a drill whose manifest is not the one that the ledger knows", async () => {
    const { points, warnings } = await find({ ...baseline(30), ...drilled(14, { manifestSha256: "0".repeat(64) }) });
    expect(points).toMatchObject([{ kind: "baseline" }]);
    expect(warnings).toEqual([expect.stringContaining("20261114-120000-0a1b2c3d/manifest.json is not the manifest")]);
  });

  it("takes nothing of another cluster that had the same name", async () => {
    const of = (clusterResourceId: string) => ({
      ...baseline(60, { clusterResourceId }),
      ...drilled(12, { sourceResourceId: clusterResourceId }),
    });
    expect((await find(of("cluster-OTHER"))).points).toEqual([]);
    expect((await find(of("cluster-ONE"))).points).toHaveLength(2);
  });

  it("takes no drill of another plan or database, nor one whose recovery point is newer", async () => {
    const documents = {
      ...drilled(12, { plan: "billing" }),
      ...drilled(13, { sourceDatabase: "crm" }),
      ...drilled(14, { recoveryPointAt: "2026-11-21T04:00:00.001Z" }),
    };
    expect((await find(documents)).points).toEqual([]);
  });
});
