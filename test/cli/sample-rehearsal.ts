import type { DrillResult } from "../../src/cli/drill-result.ts";
import { toldOf } from "../../src/cli/told.ts";
import { Report } from "../../src/evidence/report.ts";
import type { PublishedMessage } from "../../src/local/services/sns.ts";
import { DRILL_ID, SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { checkResult, ISOLATION, TEARDOWN } from "../verdict/sample-results.ts";
import { SAMPLE_VERDICT } from "../verdict/sample-verdict.ts";

export const EVIDENCE = `/tmp/evidence/orders-production/${DRILL_ID}/report.json`;

export function reportWith(changes: Partial<Report> = {}): Report {
  return Report.parse({
    schemaVersion: 1,
    drillId: DRILL_ID,
    database: "orders-production",
    plan: "orders",
    execution: { id: "arn:aws:states:::execution:drill", name: "drill", startedAt: SAMPLE_DRILL.startedAt },
    endedAt: "2026-11-21T15:00:00.000Z",
    verdict: SAMPLE_VERDICT,
    drill: SAMPLE_DRILL,
    checks: [checkResult()],
    isolation: ISOLATION,
    teardown: TEARDOWN,
    leftovers: [],
    cost: { estimated: { usd: 4.2, items: [] }, actual: { usd: 1.2345, items: [] }, basis: "list prices" },
    ...changes,
  });
}

/** What SNS took: `json` is what the notification says to machines. */
export function message(json: Record<string, unknown> = {}): PublishedMessage {
  return {
    messageId: "1",
    topicArn: "arn:aws:sns:eu-central-1:111122223333:restore-drill",
    at: "2026-11-21T15:00:01.000Z",
    subject: "PASSED: orders-production, restore drill",
    bodies: { default: JSON.stringify({ leftovers: [], ...json }), email: "long", sms: "short" },
    attributes: {},
  };
}

export function rehearsalWith(changes: Partial<DrillResult> = {}): DrillResult {
  const notifications = changes.notifications ?? [message()];
  return {
    drillId: DRILL_ID,
    plan: "orders",
    verdict: "passed",
    cause: undefined,
    report: reportWith(),
    told: toldOf(notifications),
    notifications,
    evidence: [EVIDENCE],
    executionArn: "arn:aws:states:::execution:drill",
    isLocal: true,
    ...changes,
  };
}
