import { Metrics } from "@aws-lambda-powertools/metrics";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { mockClient } from "aws-sdk-client-mock";
import { PlanNotFound } from "../../src/errors.ts";
import type { LedgerEntry } from "../../src/evidence/ledger.ts";
import { NotifyOutcomeInput, notifyOutcome } from "../../src/notify/notify-outcome.ts";
import { evidenceBucket } from "../evidence/evidence-bucket.ts";
import { SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { SAMPLE_VERDICT } from "../verdict/sample-verdict.ts";

export const OUTCOMES = "arn:aws:sns:eu-central-1:111122223333:restore-drill-outcomes";
export const PAGES = "arn:aws:sns:eu-central-1:111122223333:restore-drill-pages";
export const execution = {
  id: "arn:aws:states:eu-central-1:111122223333:execution:restore-drill:weekly-1",
  name: "weekly-1",
  startedAt: SAMPLE_DRILL.startedAt,
};
export const EVIDENCE = {
  bucket: "restore-drill-evidence",
  prefix: SAMPLE_DRILL.evidencePrefix,
  files: [],
  manifestSha256: "0".repeat(64),
  leftovers: [],
  actualUsd: 1.237,
};
export const PASSED = {
  execution,
  request: { plan: "orders" },
  drill: SAMPLE_DRILL,
  verdict: { ...SAMPLE_VERDICT, causes: [] },
  evidence: EVIDENCE,
};
/** As judge-drill writes it. */
export const FAILED = {
  ...SAMPLE_VERDICT,
  verdict: "failed",
  reason: "data",
  error: "Drill.Failed",
  causes: ["rows orders", "total of payments"],
  summary: "2 of 25 checks failed. rows orders: 0 rows; expected 12,004 rows",
  nextStep:
    "Do not count on this recovery point until the findings are explained: compare them with the source, and the checks with its schema; then drill an older recovery point.",
  findings: ["rows orders: 0 rows; expected 12,004 rows", "total of payments: 0; expected between 1 and 2,000,000"],
} as const;
export const LEFT = [
  {
    kind: "cluster" as const,
    id: SAMPLE_DRILL.sandbox.cluster,
    region: "eu-central-1",
    reason: "deleting, asked to be deleted",
  },
];

/** A drill of the database that ended an hour after it began, on a day of November 2026. */
export function pastDrill(day: number, changes: Partial<LedgerEntry> = {}): LedgerEntry {
  const date = `2026-11-${String(day).padStart(2, "0")}`;
  return {
    drillId: `${date.replaceAll("-", "")}-143205-00000000`,
    plan: "orders",
    database: "orders-production",
    trigger: { kind: "schedule", by: "weekly" },
    verdict: "passed",
    causes: [],
    summary: "It ended.",
    startedAt: `${date}T14:32:05.000Z`,
    endedAt: `${date}T15:32:05.000Z`,
    stepSeconds: {},
    leftovers: 0,
    actualUsd: 1,
    manifestSha256: "0".repeat(64),
    ...changes,
  };
}

/** A failure as `FAILED`, which is told for the first time by that. */
export const pastFailure = (day: number, changes: Partial<LedgerEntry> = {}): LedgerEntry =>
  pastDrill(day, { verdict: "failed", reason: "data", causes: [...FAILED.causes], ...changes });

const ledgerOf = (drills: readonly LedgerEntry[]): Record<string, LedgerEntry> =>
  Object.fromEntries(drills.map((drill) => [`${drill.database}/ledger/${drill.drillId}.json`, drill]));

interface Published {
  readonly topicArn: string;
  readonly subject: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly bodies: Readonly<Record<"default" | "email" | "sms" | "http" | "https", string>>;
  readonly json: Readonly<Record<string, unknown>>;
  readonly bytes: number;
}

/** SNS and a bucket, both mocked at the client. */
export function desk() {
  const client = new SNSClient({ region: "eu-central-1" });
  const sns = mockClient(client);
  sns.on(PublishCommand).resolves({ MessageId: "message-1" });
  const bucket = evidenceBucket();
  const services = {
    sns: client,
    topicArn: OUTCOMES,
    pageTopicArn: PAGES,
    metrics: new Metrics({ namespace: "T", serviceName: "restore-drill" }),
    store: bucket.store,
    now: () => new Date("2026-11-21T18:00:00.000Z"),
    logger: { error: () => {} },
    plans: async () => {
      throw new PlanNotFound("no plan");
    },
  };
  return {
    sns,
    bucket,
    notify: (input: object = PASSED) => notifyOutcome(services, NotifyOutcomeInput.parse(input)),
    remember: (...drills: LedgerEntry[]): void => {
      for (const [key, entry] of Object.entries(ledgerOf(drills))) bucket.objects.set(key, JSON.stringify(entry));
    },
    published: (): Published[] =>
      sns.commandCalls(PublishCommand).map(({ args: [{ input }] }) => {
        const bodies = JSON.parse(input.Message ?? "{}") as Published["bodies"];
        const attributes = Object.entries(input.MessageAttributes ?? {});
        return {
          topicArn: input.TopicArn ?? "",
          subject: input.Subject ?? "",
          attributes: Object.fromEntries(attributes.map(([name, { StringValue = "" }]) => [name, StringValue])),
          bodies,
          json: JSON.parse(bodies.default) as Record<string, unknown>,
          bytes: Buffer.byteLength(input.Message ?? "") + Buffer.byteLength(JSON.stringify(input.MessageAttributes)),
        };
      }),
  };
}
