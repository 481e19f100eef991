/** What starts drills: slots of schedules, events, and the incident that was opened last. */
import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { type SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import fc from "fast-check";
import { JsonStore } from "../../aws/json-store.ts";
import { EvidenceUnreadable, InputInvalid, NoPlanForEvent } from "../../errors.ts";
import { ACCOUNT_ID } from "../../local/account.ts";
import { HOME_REGION, MACHINE_ARN } from "../../local/deployment.ts";
import { DrillRequest } from "../../plan/drill.ts";
import { validatePlan } from "../../plan/validate.ts";
import { StartingEvent, startEventDrill } from "../../start/start-event-drill.ts";
import { StartScheduledDrillInput, startScheduledDrill } from "../../start/start-scheduled-drill.ts";
import { parseInput } from "../../step.ts";
import { anyJson, mutated, mutatedText } from "./mutations.ts";
import { is } from "./named.ts";
import { PLAN } from "./samples.ts";
import type { Target } from "./target.ts";

const AT = "2026-11-21T14:00:00Z";
const NOW = new Date("2026-11-21T14:05:00.000Z");
const SOURCE = { account: ACCOUNT_ID, region: PLAN.source.region, cluster: PLAN.source.cluster };
const INCIDENTS = { alarms: ["orders-data-loss"], guardduty: true, lookback: "15m" };
const PLANS = new Map([
  [PLAN.plan, validatePlan({ ...PLAN, incidents: INCIDENTS, restoreTests: true }, "drills/plain.json")],
]);

const ENVELOPE = {
  version: "0",
  id: "c4c1c1c9-6542-e61b",
  account: ACCOUNT_ID,
  time: AT,
  region: HOME_REGION,
  resources: [],
};
const ALARM = {
  ...ENVELOPE,
  source: "aws.cloudwatch",
  "detail-type": "CloudWatch Alarm State Change",
  detail: {
    alarmName: "orders-data-loss",
    configuration: { metrics: [{ id: "m1" }] },
    state: { value: "ALARM", timestamp: "2026-11-21T14:00:00.989+0000", reasonData: "{}" },
  },
};
const THREAT = {
  ...ENVELOPE,
  source: "aws.guardduty",
  "detail-type": "GuardDuty Finding",
  detail: {
    accountId: ACCOUNT_ID,
    region: SOURCE.region,
    id: "16afba5c5c43e07c9e3e5e2e544e95df",
    type: "Discovery:RDS/TorIPCaller",
    resource: { resourceType: "RDSDBInstance", rdsDbInstanceDetails: { dbClusterIdentifier: SOURCE.cluster } },
    service: { eventFirstSeen: "2026-11-21T13:52:13.000Z", archived: false, additionalInfo: { value: "{}" } },
    createdAt: "2026-11-21T13:59:58.201Z",
  },
};
const REQUESTED = {
  ...ENVELOPE,
  source: "restore-drill",
  "detail-type": "Restore Drill Requested",
  detail: { plan: PLAN.plan, at: AT, reason: "a wrong migration" },
};
const RESTORE_TEST = {
  ...ENVELOPE,
  source: "aws.backup",
  "detail-type": "Restore Job State Change",
  detail: {
    restoreJobId: "AB123456-78C9-0123-456D-789012E34567",
    status: "COMPLETED",
    resourceType: "Aurora",
    restoreTestingPlanArn: `arn:aws:backup:${HOME_REGION}:${ACCOUNT_ID}:restore-testing-plan:weekly`,
    sourceResourceArn: `arn:aws:rds:${SOURCE.region}:${ACCOUNT_ID}:cluster:${SOURCE.cluster}`,
  },
};

/** Step Functions takes a name of these characters alone, once its logs are to be read: whatever is asked for is looked at before it is taken. */
const NAME = /^[A-Za-z0-9_-]{1,80}$/;

const sfn = {
  send: async (command: unknown): Promise<unknown> => {
    if (!(command instanceof StartExecutionCommand)) throw new TypeError("Only executions are started here.");
    const { name = "", input = "" } = command.input;
    if (!NAME.test(name)) throw new TypeError(`an execution is called ${name}`);
    DrillRequest.parse(JSON.parse(input));
    return { executionArn: `${MACHINE_ARN}:${name}` };
  },
} as unknown as SFNClient;

/** A bucket that holds this text or nothing, and takes every write. */
function bucketOf(text: string | undefined): JsonStore {
  const send = async (command: unknown): Promise<unknown> => {
    if (command instanceof PutObjectCommand) return {};
    if (!(command instanceof GetObjectCommand)) throw new TypeError("The bucket of starts knows no such command.");
    if (text === undefined) throw new NoSuchKey({ message: "none", $metadata: {} });
    return { ETag: '"0"', Body: { transformToString: async () => text } };
  };
  return new JsonStore({ send } as unknown as S3Client, "evidence");
}

const deliver = async (event: unknown, stored?: string): Promise<void> => {
  const services = {
    sfn,
    stateMachineArn: MACHINE_ARN,
    store: bucketOf(stored),
    now: () => NOW,
    logger: { info: () => {}, error: () => {} },
    plans: {
      names: async () => [...PLANS.keys()],
      read: async (name: string) => PLANS.get(name) ?? Promise.reject(new Error("no plan")),
    },
  };
  const { started, why } = await startEventDrill(services, parseInput("start-event-drill", StartingEvent, event));
  if (why === "") throw new TypeError(`an event was answered ${started} without a reason`);
};

const EVENTS = [ALARM, THREAT, REQUESTED, RESTORE_TEST].map(
  (sample): Target => ({
    name: `an event: ${sample["detail-type"]}`,
    inputs: fc.oneof(mutated(sample), anyJson()),
    take: (event) => deliver(event),
    isNamed: is(InputInvalid, NoPlanForEvent),
  }),
);

const OPENED = {
  plan: PLAN.plan,
  openedAt: "2026-11-21T13:59:00.000Z",
  quietUntil: "2026-11-21T19:59:00.000Z",
  happenedAt: AT,
  claimedAt: "2026-11-21T14:00:00.000Z",
  request: { plan: PLAN.plan, failureMoment: AT, trigger: { kind: "incident", by: "alarm orders-data-loss" } },
};

const INCIDENT: Target = {
  name: "a stored incident",
  inputs: fc.oneof(
    mutated(OPENED).map((document) => JSON.stringify(document) ?? ""),
    mutatedText(JSON.stringify(OPENED)),
  ),
  take: (stored) => deliver(ALARM, String(stored)),
  isNamed: is(EvidenceUnreadable),
};

const SLOT: Target = {
  name: "a schedule's slot",
  inputs: fc.oneof(mutated({ plan: PLAN.plan, schedule: "restore-drill-plain", slot: AT }), anyJson()),
  take: (input) =>
    startScheduledDrill(
      { sfn, stateMachineArn: MACHINE_ARN },
      parseInput("start-scheduled-drill", StartScheduledDrillInput, input),
    ),
  isNamed: is(InputInvalid),
};

export const STARTS: readonly Target[] = [...EVENTS, INCIDENT, SLOT];
