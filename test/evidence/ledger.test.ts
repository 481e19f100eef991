import { describe, expect, it } from "vitest";
import { earlierDrills, expectedSeconds, writeLedger } from "../../src/evidence/ledger.ts";
import { evidenceBucket } from "./evidence-bucket.ts";
import { ledgerEntry } from "./sample-ledger.ts";

const NOW = new Date("2026-11-21T14:00:00Z");
const key = (drillId: string): string => `orders/ledger/${drillId}.json`;
const entries = (...drillIds: string[]) =>
  Object.fromEntries(drillIds.map((drillId) => [key(drillId), ledgerEntry({ drillId, database: "orders" })]));
const idsOf = async (documents: Record<string, unknown>): Promise<string[]> =>
  (await earlierDrills(evidenceBucket(documents).store, "orders", NOW)).entries.map(({ drillId }) => drillId);

describe("earlierDrills", () => {
  it("reads the newest five of the database, oldest first", async () => {
    const ids = [1, 2, 3, 4, 5, 6, 7].map((day) => `2026110${day}-000000-00000000`);
    expect(await idsOf({ ...entries(...ids), "payments/ledger/20261120-000000-00000000.json": "{" })).toEqual(
      ids.slice(2),
    );
  });

  it("finds the newest behind a year of several drills a day", async () => {
    const old = Array.from(
      { length: 1200 },
      (_, index) => `20260${1 + (index % 9)}01-000000-${String(index).padStart(8, "0")}`,
    );
    const recent = [1, 2, 3, 4, 5].map((day) => `2026111${day}-000000-00000000`);
    expect(await idsOf(entries(...old, ...recent))).toEqual(recent);
  });

  it("looks back 400 days for a database that is seldom drilled, and no further", async () => {
    expect(await idsOf(entries("20250101-000000-00000000", "20260115-000000-00000000"))).toEqual([
      "20260115-000000-00000000",
    ]);
  });

  it("passes over what can not be read, and says so", async () => {
    const { store } = evidenceBucket({
      ...entries("20261101-000000-00000000", "20261103-000000-00000000"),
      [key("20261102-000000-00000000")]: { drillId: "x" },
    });
    const learned = await earlierDrills(store, "orders", NOW);
    expect(learned.entries).toHaveLength(2);
    expect(learned.warnings).toEqual([
      expect.stringMatching(/^s3:\/\/evidence\/orders\/ledger\/20261102.* can not be read/),
    ]);
  });

  it("does not take a bucket that refuses for a database without history", async () => {
    const { store, s3 } = evidenceBucket(entries("20261101-000000-00000000"));
    s3.rejects(new Error("denied"));
    await expect(earlierDrills(store, "orders", NOW)).rejects.toThrow("denied");
  });

  it("knows of no drill before the first", async () => {
    expect(await idsOf({})).toEqual([]);
  });
});

describe("expectedSeconds", () => {
  const steps = (...seconds: object[]) => seconds.map((stepSeconds) => ledgerEntry({ stepSeconds }));

  it("is the median of each step, by value and not by text", () => {
    const copies = [100, 20, 9, 8, 30].map((copy) => ({ copy, restore: copy * 1000 }));
    expect(expectedSeconds(steps(...copies))).toEqual({ copy: 20, restore: 20_000 });
  });

  it("knows nothing of a step that no drill got through", () => {
    expect(expectedSeconds(steps({ copy: 1 }, {}))).toEqual({ copy: 1 });
    expect(expectedSeconds([])).toEqual({});
  });
});

describe("writeLedger", () => {
  it("replaces a drill's own entry and no other", async () => {
    const { store, objects } = evidenceBucket();
    await writeLedger(store, ledgerEntry({ drillId: "20261101-000000-00000000", database: "orders" }));
    await writeLedger(store, ledgerEntry({ drillId: "20261102-000000-00000000", database: "orders" }));
    await writeLedger(
      store,
      ledgerEntry({ drillId: "20261102-000000-00000000", database: "orders", verdict: "failed" }),
    );
    expect([...objects.keys()]).toEqual([key("20261101-000000-00000000"), key("20261102-000000-00000000")]);
  });
});
