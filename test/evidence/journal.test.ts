import { describe, expect, it } from "vitest";
import { type JournalEntry, readJournal, STEPS, writeJournal } from "../../src/evidence/journal.ts";
import { evidenceBucket } from "./evidence-bucket.ts";

const entry = (changes: Partial<JournalEntry> = {}): JournalEntry => ({
  step: "copy-snapshot",
  startedAt: "2026-11-21T14:32:05.000Z",
  endedAt: "2026-11-21T14:33:05.000Z",
  answer: { phase: "pending" },
  ...changes,
});

describe("the journal", () => {
  it("holds each step's last entry and nothing for steps that never ran", async () => {
    const { store, objects } = evidenceBucket();
    const failed = entry({ step: "tear-down", error: { name: "Drill.NotOurs", message: "m", details: { a: [1] } } });
    await writeJournal(store, "orders/d1", entry());
    await writeJournal(store, "orders/d1", entry({ answer: { phase: "ready" } }));
    await writeJournal(store, "orders/d1", failed);
    expect([...objects.keys()]).toEqual(["orders/d1/journal/copy-snapshot.json", "orders/d1/journal/tear-down.json"]);
    expect(await readJournal(store, "orders/d1")).toEqual({
      entries: { "copy-snapshot": entry({ answer: { phase: "ready" } }), "tear-down": failed },
      unreadable: [],
      texts: {
        "journal/copy-snapshot.json": objects.get("orders/d1/journal/copy-snapshot.json"),
        "journal/tear-down.json": objects.get("orders/d1/journal/tear-down.json"),
      },
    });
  });

  it("gives no text of what is written after the manifest that would hold its hash", async () => {
    const { store } = evidenceBucket();
    for (const step of STEPS) await writeJournal(store, "orders/d1", entry({ step }));
    const { texts } = await readJournal(store, "orders/d1");
    expect(Object.keys(texts)).toHaveLength(STEPS.length - 2);
    expect(texts).not.toHaveProperty(["journal/record-evidence.json"]);
    expect(texts).not.toHaveProperty(["journal/notify-outcome.json"]);
  });

  it("is read by the steps' names alone, without listing", async () => {
    const { store, s3 } = evidenceBucket();
    expect(await readJournal(store, "orders/d1")).toEqual({ entries: {}, unreadable: [], texts: {} });
    expect(s3.calls()).toHaveLength(STEPS.length);
  });

  it("names the entry that can not be read, and does without it", async () => {
    const { store, s3 } = evidenceBucket({ "orders/d1/journal/run-checks.json": { step: "run-checks" } });
    await writeJournal(store, "orders/d1", entry());
    const { entries, unreadable } = await readJournal(store, "orders/d1");
    expect(Object.keys(entries)).toEqual(["copy-snapshot"]);
    expect(unreadable).toEqual([
      expect.stringMatching(/run-checks .*journal\/run-checks\.json can not be read: "startedAt"/),
    ]);
    s3.rejects(new Error("the bucket is gone"));
    expect((await readJournal(store, "orders/d1")).unreadable).toHaveLength(STEPS.length);
  });
});
