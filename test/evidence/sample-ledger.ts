import type { LedgerEntry } from "../../src/evidence/ledger.ts";
import { DRILL_ID, SAMPLE_DRILL } from "../plan/sample-drill.ts";

export function ledgerEntry(changes: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    drillId: DRILL_ID,
    plan: "orders",
    database: SAMPLE_DRILL.source.cluster,
    trigger: SAMPLE_DRILL.trigger,
    verdict: "passed",
    summary: "The restored database is right.",
    startedAt: SAMPLE_DRILL.startedAt,
    endedAt: "2026-11-21T15:32:05.000Z",
    stepSeconds: {},
    leftovers: 0,
    actualUsd: 1.5,
    manifestSha256: "0".repeat(64),
    ...changes,
  };
}
