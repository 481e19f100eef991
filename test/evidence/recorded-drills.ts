import type { JsonStore } from "../../src/aws/json-store.ts";
import type { CheckResult } from "../../src/checks/result.ts";
import type { Counterproof } from "../../src/counterproof/counterproof.ts";
import { LedgerEntry } from "../../src/evidence/ledger.ts";
import { RecordEvidenceInput, recordEvidence } from "../../src/evidence/record-evidence.ts";
import { MESSAGE_KINDS } from "../../src/notify/notification.ts";
import type { Drill } from "../../src/plan/drill.ts";
import type { Verdict } from "../../src/verdict/verdict.ts";
import { SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { SAMPLE_PLAN } from "../plan/sample-plan.ts";
import { checkResults, ISOLATION, STORY, TEARDOWN } from "../verdict/sample-results.ts";
import { SAMPLE_VERDICT } from "../verdict/sample-verdict.ts";

export interface Recorded {
  readonly database?: string;
  /** `2026-11-07`: a drill of that morning. */
  readonly day: string;
  readonly drill?: Partial<Drill>;
  readonly verdict?: Partial<Verdict>;
  readonly checks?: CheckResult[];
  readonly counterproof?: Counterproof;
  /** As the user wrote it. */
  readonly plan?: object;
}

/** `20261107-060000-00000000` */
export const idOf = (day: string): string => `${day.replaceAll("-", "")}-060000-00000000`;

/** Leaves the evidence of a drill as RecordEvidence does, after what the steps before it leave. */
export async function recordDrill(
  store: JsonStore,
  { database = "orders-production", day, drill, verdict, checks, counterproof, plan = { plan: "orders" } }: Recorded,
): Promise<LedgerEntry> {
  const drillId = idOf(day);
  const prefix = `${database}/${drillId}`;
  const startedAt = `${day}T06:00:00.000Z`;
  const endedAt = `${day}T06:30:00.000Z`;
  for (const [step, answer] of [
    ["prove-isolation", ISOLATION],
    ["run-checks", STORY.checks],
    ["tear-down", TEARDOWN],
  ] as const)
    await store.put(`${prefix}/journal/${step}.json`, { step, startedAt, endedAt, answer });
  await store.put(`${prefix}/checks.json`, { ...checkResults(checks), drillId });
  if (counterproof !== undefined) await store.put(`${prefix}/counterproof.json`, { ...counterproof, drillId });
  await store.put(`${prefix}/plan.json`, { plan });
  await store.put(`${prefix}/heartbeats.json`, { beat: endedAt });
  const input = RecordEvidenceInput.parse({
    execution: { id: `arn:execution:${drillId}`, name: "weekly", startedAt },
    request: { plan: "orders" },
    drill: {
      ...SAMPLE_DRILL,
      source: { ...SAMPLE_DRILL.source, cluster: database },
      drillId,
      startedAt,
      evidencePrefix: prefix,
      ...drill,
    },
    verdict: { ...SAMPLE_VERDICT, ...verdict },
    teardown: TEARDOWN,
  });
  await recordEvidence(
    { store, plans: async () => SAMPLE_PLAN, now: () => new Date(endedAt), logger: { warn: () => {} } },
    input,
  );
  const done = { step: "record-evidence", startedAt: endedAt, endedAt, answer: {} };
  await store.put(`${prefix}/journal/record-evidence.json`, done);
  for (const kind of MESSAGE_KINDS) await store.put(`${prefix}/outcome/${kind}.json`, { state: "sent" });
  return LedgerEntry.parse(await store.get(`${database}/ledger/${drillId}.json`, LedgerEntry));
}
