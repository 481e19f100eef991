/** Valid documents of every kind that comes from outside: fuzzing begins at what is right. */
import type { Baseline } from "../../baseline/baseline.ts";
import type { Progress } from "../../baseline/capture-progress.ts";
import type { CheckResults } from "../../checks/result.ts";
import type { Counterproof } from "../../counterproof/counterproof.ts";
import type { JournalEntry } from "../../evidence/journal.ts";
import type { LedgerEntry } from "../../evidence/ledger.ts";
import type { Manifest } from "../../evidence/report.ts";
import { ACCOUNT_ID } from "../../local/account.ts";
import { HOME_REGION, MACHINE_ARN } from "../../local/deployment.ts";
import type { Notification } from "../../notify/notification.ts";
import type { Verdict } from "../../verdict/verdict.ts";
import { campaignPlans } from "../source.ts";

const ID = "20261121-143205-3f9a2b1c";
const AT = "2026-11-21T14:32:05.000Z";
const LATER = "2026-11-21T15:32:05.000Z";
const ARN = "arn:aws:states:eu-central-1:123456789012:execution:restore-drill:one";
const SHA = "0".repeat(64);

const EXECUTION = { id: ARN, name: "one", startedAt: AT };
const REQUEST = {
  plan: "plain",
  recoveryPoint: "latest",
  failureMoment: AT,
  trigger: { kind: "manual", by: "somebody" },
  scenario: { name: "region-lost" },
};
export const DOCUMENT = { request: REQUEST, execution: EXECUTION };
/** What EventBridge hands to the machine that finishes a drill, and an operator to the one that captures a baseline. */
export const ADOPTION = { request: { executionArn: ARN }, execution: EXECUTION };

/** A plan with every kind of member that a plan has. */
export const PLAN = {
  ...campaignPlans().plain,
  description: "What the fuzzing begins at",
  recoveryPoint: "latest",
  limits: { time: "2h", costUsd: 5 },
  checks: [
    ...(campaignPlans().plain.checks ?? []),
    { kind: "migration", table: "migration", column: "version", expect: { atLeast: "2" } },
    { kind: "grants", present: [{ role: "app", on: "customer", may: ["select"] }] },
    { kind: "heap", coverage: "sampled", budget: "10m" },
    { kind: "catalog", migrations: { table: "migration", column: "version" } },
    { kind: "hash-chain", table: "audit", orderBy: "seq", previous: "prev", hash: "hash", preimage: "payload" },
    { kind: "rows", name: "many", required: false, table: 'shop."Order Items"', expect: { between: [1, 9] } },
  ],
};

const VERDICT: Verdict = {
  verdict: "failed",
  reason: "data",
  error: "Drill.Failed",
  summary: "1 of 2 checks failed.",
  nextStep: "Look.",
  findings: ["rows: 1"],
  phases: [{ name: "select", startedAt: AT, seconds: 1.5 }],
  objectives: { rto: { objectiveSeconds: 60, measuredSeconds: 61, met: false } },
  recoveryPointAgeSeconds: 3600,
};

const LEDGER: LedgerEntry = {
  drillId: ID,
  plan: "plain",
  database: "orders-production",
  trigger: { kind: "manual", by: "somebody" },
  verdict: "passed",
  summary: "The restored database is right.",
  startedAt: AT,
  endedAt: LATER,
  rtoSeconds: 12,
  rpoSeconds: 60,
  stepSeconds: { copy: 1, restore: 2, checks: 3, teardown: 4 },
  sizeGib: 10,
  isReference: true,
  sourceDatabase: "shop",
  recoveryPointAt: AT,
  leftovers: 0,
  actualUsd: 1.5,
  manifestSha256: SHA,
};

const JOURNAL: JournalEntry = {
  step: "tear-down",
  startedAt: AT,
  endedAt: LATER,
  answer: { phase: "ready" },
  error: { name: "Drill.NotOurs", message: "It is somebody else's.", details: { id: "x" } },
};

const BASELINE: Baseline = {
  captureId: ID,
  plan: "plain",
  planSha256: SHA,
  cluster: "orders-production",
  database: "shop",
  engineVersion: "18.4",
  startedAt: AT,
  capturedAt: AT,
  finishedAt: LATER,
  mode: "strong",
  checks: [{ name: "fingerprint", kind: "fingerprint" }],
  parts: [{ part: "fingerprints.json", sha256: SHA, bytes: 12 }],
};

const CHECKS: CheckResults = {
  drillId: ID,
  startedAt: AT,
  complete: false,
  results: [
    {
      name: "rows",
      kind: "rows",
      required: true,
      outcome: "failed",
      expected: "1",
      observed: "0",
      seconds: 0.1,
      fault: "missing",
    },
  ],
  cursor: { seconds: 1, at: { table: 3 }, share: { doneBytes: 1, totalBytes: 2 } },
};

const MANIFEST: Manifest = { drillId: ID, files: [{ file: "report.json", sha256: SHA, bytes: 12 }] };

const TURNS = {
  turns: [
    {
      drillId: ID,
      executionArn: ARN,
      evidencePrefix: `orders-production/${ID}`,
      database: "eu-west-1/orders-production",
      region: "eu-central-1",
      takenAt: AT,
    },
  ],
  waiting: [{ drillId: ID, database: "eu-west-1/billing-production", region: "eu-central-1", seenAt: AT }],
};

const NOTIFICATION: Notification = { state: "sending", at: AT, verdict: "passed", messageId: "one" };

const COUNTERPROOF: Counterproof = {
  drillId: ID,
  startedAt: AT,
  finishedAt: LATER,
  complete: true,
  done: 1,
  planted: [],
  untried: [{ damage: "rows", why: "There are none." }],
  unproven: ["sql"],
  looks: 1,
  dataApiCalls: 12,
};

const PROGRESS: Progress = {
  startedAt: AT,
  looks: 3,
  attempt: 1,
  captureId: ID,
  attemptStartedAt: AT,
  moment: { snapshotId: "00000003-1", transactionId: "742", capturedAt: AT, settledAt: AT },
  captured: ["rows"],
  cursor: { at: { table: 3 } },
  failure: { name: "Error", message: "no" },
};

/** What Step Functions tells EventBridge of a drill that was stopped. */
export const EVENT = {
  version: "0",
  id: "one",
  "detail-type": "Step Functions Execution Status Change",
  source: "aws.states",
  account: ACCOUNT_ID,
  time: AT,
  region: HOME_REGION,
  resources: [ARN],
  detail: {
    executionArn: ARN,
    stateMachineArn: MACHINE_ARN,
    name: "one",
    status: "ABORTED",
    input: "{}",
    output: null,
  },
};

export const STORED = {
  turns: TURNS,
  notification: NOTIFICATION,
  adoption: { by: ARN, at: AT },
  counterproof: COUNTERPROOF,
  progress: PROGRESS,
  verdict: VERDICT,
  ledger: LEDGER,
  journal: JOURNAL,
  baseline: BASELINE,
  checks: CHECKS,
  manifest: MANIFEST,
};
