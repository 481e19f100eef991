/** What the evidence bucket holds, as each of its readers reads it. */
import fc from "fast-check";
import type * as z from "zod/mini";
import type { JsonStore } from "../../aws/json-store.ts";
import { Baseline } from "../../baseline/baseline.ts";
import { CaptureProgress } from "../../baseline/capture-progress.ts";
import { findReferences } from "../../baseline/references.ts";
import { askedChecks } from "../../checks/asked-checks.ts";
import { CheckResults } from "../../checks/result.ts";
import { Counterproof, describeCounterproof } from "../../counterproof/counterproof.ts";
import { EvidenceUnreadable } from "../../errors.ts";
import { JournalEntry } from "../../evidence/journal.ts";
import { earlierDrills, expectedSeconds, LedgerEntry } from "../../evidence/ledger.ts";
import { Manifest } from "../../evidence/report.ts";
import { readNotification } from "../../notify/notification.ts";
import type { Drill } from "../../plan/drill.ts";
import { waitSecondsFor } from "../../recovery/pacing.ts";
import { readTurns } from "../../turns/turns.ts";
import { Verdict } from "../../verdict/verdict.ts";
import { storeOf } from "./fuzzed-store.ts";
import { anyJson, mutated, mutatedText } from "./mutations.ts";
import { is, none } from "./named.ts";
import { PLAN, STORED } from "./samples.ts";
import type { Target } from "./target.ts";

const NOW = new Date("2026-11-22T00:00:00.000Z");
const PREFIX = "orders-production/20261121-143205-3f9a2b1c";

const documentsLike = (sample: object): fc.Arbitrary<string> => {
  const text = JSON.stringify(sample);
  return fc.oneof(
    mutated(JSON.parse(text) as object).map((document) => JSON.stringify(document) ?? ""),
    mutatedText(text),
    anyJson().map((document) => JSON.stringify(document) ?? ""),
  );
};

const by =
  (schema: z.core.$ZodType) =>
  (store: JsonStore): Promise<unknown> =>
    store.get("orders/x.json", schema);

/** The plan that `askedChecks` reads; of the drill it needs to know where that is. */
const checksOf = (store: JsonStore): Promise<unknown> => askedChecks(store, { evidencePrefix: PREFIX } as Drill);

const READERS: Readonly<Record<string, readonly [object, (store: JsonStore) => Promise<unknown>]>> = {
  verdict: [STORED.verdict, by(Verdict)],
  "ledger entry": [STORED.ledger, by(LedgerEntry)],
  "journal entry": [STORED.journal, by(JournalEntry)],
  baseline: [STORED.baseline, by(Baseline)],
  "checks.json": [STORED.checks, by(CheckResults)],
  manifest: [STORED.manifest, by(Manifest)],
  "turns.json": [STORED.turns, readTurns],
  "outcome/notification.json": [STORED.notification, (store) => readNotification(store, PREFIX)],
  "counterproof.json": [
    STORED.counterproof,
    async (store) => {
      const counterproof = await store.get("counterproof.json", Counterproof);
      return counterproof && describeCounterproof(counterproof);
    },
  ],
  "progress of a baseline": [
    STORED.progress,
    (store) => CaptureProgress.open(store, "in-progress.json", NOW, () => "id"),
  ],
  "plan.json": [{ plan: PLAN }, checksOf],
};

const DOCUMENTS = Object.entries(READERS).map(
  ([name, [sample, read]]): Target => ({
    name: `a stored ${name}`,
    inputs: documentsLike(sample),
    take: (text) => read(storeOf(String(text))),
    isNamed: is(EvidenceUnreadable),
  }),
);

const SECONDS_LEFT = 600;
const LEDGER_KEYS = ["20261101", "20261108"].map((day) => `orders-production/ledger/${day}-020000-3f9a2b1c.json`);

/** A ledger entry may pass its schema and be absurd all the same: it must neither stop a drill nor let it wait for ever. */
const LEARNED: Target = {
  name: "what is learned from a ledger",
  inputs: documentsLike(STORED.ledger),
  take: async (text) => {
    const store = storeOf(String(text), LEDGER_KEYS);
    const { entries } = await earlierDrills(store, "orders-production", NOW);
    for (const expected of Object.values(expectedSeconds(entries))) {
      const waitSeconds = waitSecondsFor({ elapsedSeconds: 5, expectedSeconds: expected, secondsLeft: SECONDS_LEFT });
      if (!Number.isInteger(waitSeconds) || waitSeconds < 1 || waitSeconds > SECONDS_LEFT + 1)
        throw new RangeError(`a wait of ${waitSeconds} s`);
    }
    const search = { plan: "plain", cluster: "orders-production", database: "shop", before: NOW, now: NOW };
    await findReferences(store, { ...search, earlier: entries });
  },
  isNamed: none,
};

export const STORED_DOCUMENTS: readonly Target[] = [...DOCUMENTS, LEARNED];
