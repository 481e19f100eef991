import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataSession } from "../../src/aws/data-api.ts";
import type { JsonStore } from "../../src/aws/json-store.ts";
import type { Asking, Capturing, Progress } from "../../src/checks/kind.ts";
import { freshness } from "../../src/checks/kinds/freshness.ts";
import { Drift } from "../../src/evidence/drift.ts";
import { Parts } from "../../src/evidence/parts.ts";
import type { CheckOf } from "../../src/plan/checks.ts";
import type { ReferencePoint } from "../../src/plan/drill.ts";
import { drillOf, fingerprintKey, memoryStore, Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;
let database: string;
beforeAll(async () => {
  sandbox = await Sandbox.open();
  database = await sandbox.database(`create table beat (at timestamptz, ends timestamptz);
    insert into beat values ('2026-11-01 11:30:00.123456Z', '2027-01-01Z');
    create table nothing (at timestamptz)`);
});
afterAll(() => sandbox.close());

const CHECK = { kind: "freshness", table: "beat", column: "at", within: 3600, required: true } as const;
const BASELINE: ReferencePoint = {
  kind: "baseline",
  id: "b",
  takenAt: "2026-11-01T11:45:00.000Z",
  prefix: "shop/baselines/b",
};

async function reading<Answer>(store: JsonStore, prefix: string, read: (of: Reading) => Promise<Answer>) {
  const api = sandbox.api();
  const session = new DataSession(api.client, { clusterArn: "c", secretArn: "s", database });
  try {
    return await read({
      session,
      another: () => session,
      parts: new Parts(store, prefix),
      fingerprintKey,
      hasTime: () => true,
      reached: async () => {},
    });
  } finally {
    await session.end();
    await api.close();
  }
}
type Reading = Omit<Capturing, "baselineId" | "capturedAt" | "settledAt">;

const capture = (store: JsonStore, check: Partial<CheckOf<"freshness">> = {}) =>
  reading(store, BASELINE.prefix, (of) =>
    freshness.capture === undefined
      ? Promise.reject(new Error("not captured"))
      : freshness.capture(
          { ...CHECK, ...check },
          { ...of, baselineId: "b", capturedAt: new Date(BASELINE.takenAt), settledAt: new Date(BASELINE.takenAt) },
          undefined,
        ),
  );

const ask = (store: JsonStore, ...references: ReferencePoint[]) =>
  reading(store, "shop/drill-1", (of) => {
    const asking: Asking = {
      ...of,
      reader: of.session,
      drill: drillOf(database),
      references: references.map((point) => ({ ...point, parts: new Parts(store, point.prefix) })),
    };
    return freshness.ask(CHECK, asking, undefined);
  });

const outcomeOf = (progress: Progress) => ("finding" in progress ? progress.finding : { outcome: "at a cursor" });

describe("a freshness check", () => {
  it("captures the newest moment of its column, beside those of other checks", async () => {
    const store = memoryStore();
    await store.put(`${BASELINE.prefix}/heartbeats.json`, { "other at": "2026-11-01T10:00:00.000Z" });
    expect(outcomeOf(await capture(store))).toMatchObject({ outcome: "held", newestAt: "2026-11-01T11:30:00.123Z" });
    expect(JSON.parse((await store.getText(`${BASELINE.prefix}/heartbeats.json`)) ?? "")).toEqual({
      "other at": "2026-11-01T10:00:00.000Z",
      "beat at": "2026-11-01T11:30:00.123Z",
    });
  });

  it("captures nothing of an empty table, nor a moment that is yet to come", async () => {
    const store = memoryStore();
    expect(outcomeOf(await capture(store, { table: "nothing" })).outcome).toBe("empty");
    expect(outcomeOf(await capture(store, { column: "ends" })).outcome).toBe("unchecked");
    expect(await store.getText(`${BASELINE.prefix}/heartbeats.json`)).toBeUndefined();
  });

  it("holds when what the source had at its baseline came back, and leaves what it saw for later drills", async () => {
    const store = memoryStore();
    await capture(store);
    expect(outcomeOf(await ask(store, BASELINE)).outcome).toBe("held");
    expect(await store.getText("shop/drill-1/heartbeats.json")).toContain("2026-11-01T11:30:00.123Z");
    const moment = "2026-11-01T11:30:00.123Z";
    expect(Object.values((await store.get("shop/drill-1/drift.json", Drift)) ?? {})).toEqual([
      {
        reference: { kind: "baseline", id: BASELINE.id, takenAt: BASELINE.takenAt },
        entries: [{ key: "newest beat at", source: moment, restored: moment, match: true }],
      },
    ]);
  });

  it("fails when the source had something newer, although the data is fresh enough", async () => {
    const store = memoryStore();
    await store.put(`${BASELINE.prefix}/heartbeats.json`, { "beat at": "2026-11-01T11:30:00.124Z" });
    expect(outcomeOf(await ask(store, BASELINE))).toMatchObject({
      outcome: "failed",
      newestAt: "2026-11-01T11:30:00.123Z",
      observed:
        "2026-11-01T11:30:00.123Z, but the source had 2026-11-01T11:30:00.124Z when its baseline was captured at 2026-11-01T11:45:00.000Z: what was written in between did not come back",
    });
  });

  it("compares with baselines alone: an earlier drill may have had another recovery point", async () => {
    const store = memoryStore();
    await store.put("shop/drill-0/heartbeats.json", { "beat at": "2026-11-01T11:59:00.000Z" });
    const drill: ReferencePoint = { ...BASELINE, kind: "drill", prefix: "shop/drill-0" };
    expect(outcomeOf(await ask(store, drill)).outcome).toBe("held");
  });

  it("is unchecked when the baseline can not be read", async () => {
    const store = memoryStore();
    await store.put(`${BASELINE.prefix}/heartbeats.json`, ["damaged"]);
    expect(outcomeOf(await ask(store, BASELINE))).toMatchObject({
      outcome: "unchecked",
      observed: expect.stringContaining("s3://evidence/shop/baselines/b/heartbeats.json can not be read"),
    });
  });
});
