import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  SFNClient,
} from "@aws-sdk/client-sfn";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it } from "vitest";
import { PlanNotFound } from "../../src/errors.ts";
import { adoptDrill } from "../../src/finish/adopt-drill.ts";
import { evidenceBucket } from "../evidence/evidence-bucket.ts";
import { DRILL_ID, SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { SAMPLE_VERDICT } from "../verdict/sample-verdict.ts";

const client = new SFNClient({});
const sfn = mockClient(client);
const DRILL_ARN = "arn:aws:states:eu-central-1:111122223333:execution:restore-drill:weekly-1";
const finishing = (name: string) => ({
  id: `arn:execution:finish:${name}`,
  name,
  startedAt: "2026-11-21T16:00:01.000Z",
});
const ADOPTION = `${SAMPLE_DRILL.evidencePrefix}/outcome/adoption.json`;
let bucket: ReturnType<typeof evidenceBucket>;
/** Of the executions that finish drills. */
const statuses = new Map<string, string>();

const ABORTED = {
  name: "weekly-1",
  status: "ABORTED",
  startDate: new Date("2026-11-21T14:32:05.000Z"),
  stopDate: new Date("2026-11-21T16:00:00.000Z"),
  input: '{"plan":"orders"}',
  error: "",
  cause: "stopped by hand",
} as const;

function ended(
  as: object = ABORTED,
  document: object | null = { drill: SAMPLE_DRILL, copy: { phase: "ready" } },
): void {
  sfn.reset();
  sfn.on(DescribeExecutionCommand).callsFake(({ executionArn }) => {
    if (executionArn === DRILL_ARN) return as;
    const status = statuses.get(executionArn);
    if (status === undefined) throw new ExecutionDoesNotExist({ message: "gone", $metadata: {} });
    return { status };
  });
  const entered = document === null ? undefined : { name: "RestoreSandbox", input: JSON.stringify(document) };
  sfn.on(GetExecutionHistoryCommand).resolves({
    events: [
      { timestamp: undefined, type: "ExecutionAborted", id: 9 },
      ...(entered === undefined
        ? []
        : [{ timestamp: undefined, type: "TaskStateEntered" as const, id: 8, stateEnteredEventDetails: entered }]),
    ],
  });
}

beforeEach(() => {
  bucket = evidenceBucket();
  statuses.clear();
  ended();
});

async function adopt(name = "f1") {
  return adoptDrill(
    {
      store: bucket.store,
      sfn: client,
      plans: async () => {
        throw new PlanNotFound("no plan");
      },
      now: () => new Date("2026-11-21T16:00:02.000Z"),
      logger: { error: () => {} },
    },
    { request: { executionArn: DRILL_ARN }, execution: finishing(name) },
  );
}

describe("adoptDrill", () => {
  it("goes on with the document as it stood, under the drill's own execution", async () => {
    const { adopted, document } = await adopt();
    expect(adopted).toBe(true);
    expect(document).toMatchObject({
      drill: { drillId: DRILL_ID },
      copy: { phase: "ready" },
      request: { plan: "orders" },
      execution: { id: DRILL_ARN, name: "weekly-1", startedAt: "2026-11-21T14:32:05.000Z" },
      interruption: {
        status: "ABORTED",
        state: "RestoreSandbox",
        at: "2026-11-21T16:00:00.000Z",
        cause: "stopped by hand",
      },
    });
  });

  it("fails the drill with the interruption, in a sentence for people", async () => {
    expect((await adopt()).document?.["failure"]).toEqual({
      Error: "Drill.Interrupted",
      Cause: "The execution was stopped (ABORTED) in RestoreSandbox: stopped by hand.",
    });
  });

  it("keeps the failure that the drill had come to: an interruption is no excuse for a backup that can not be restored", async () => {
    const failure = { Error: "Drill.RestoreFailed", Cause: "{}" };
    ended(ABORTED, { drill: SAMPLE_DRILL, failure });
    expect((await adopt()).document?.["failure"]).toEqual(failure);
  });

  it("keeps a verdict that was reached", async () => {
    ended(ABORTED, { drill: SAMPLE_DRILL, verdict: SAMPLE_VERDICT });
    expect((await adopt()).document?.["verdict"]).toEqual(SAMPLE_VERDICT);
  });

  it.each([
    ["ran out of time", { ...ABORTED, status: "TIMED_OUT" }],
    ["was broken off by Step Functions", { ...ABORTED, status: "FAILED", error: "States.Runtime" }],
    ["was broken off by Step Functions", { ...ABORTED, status: "FAILED", error: "Drill.NobodyTold" }],
  ])("also takes over a drill that %s", async (how, as) => {
    ended(as);
    expect(await adopt()).toMatchObject({ adopted: true, why: expect.stringContaining(how) });
  });

  it("takes over a drill that had no state yet, from what it was started with", async () => {
    ended(ABORTED, null);
    expect((await adopt()).document).toMatchObject({
      request: { plan: "orders" },
      execution: { id: DRILL_ARN },
      interruption: { state: "its start" },
    });
  });

  it.each(["Drill.Failed", "Drill.Inconclusive", "Drill.Errored", "Drill.NotJudged"])(
    "leaves a drill alone that ended red by itself (%s)",
    async (error) => {
      ended({ ...ABORTED, status: "FAILED", error });
      expect(await adopt()).toMatchObject({ adopted: false });
      expect(bucket.objects.size).toBe(0);
    },
  );

  it("leaves a drill alone that had told its outcome", async () => {
    const told = { state: "sent", at: "2026-11-21T15:59:59.000Z", verdict: "passed", messageId: "m" };
    bucket.objects.set(`${SAMPLE_DRILL.evidencePrefix}/outcome/notification.json`, JSON.stringify(told));
    expect(await adopt()).toMatchObject({ adopted: false, why: expect.stringContaining("told its outcome (passed)") });
  });

  it("takes over a drill that had told its outcome, and not those who are paged", async () => {
    const told = { state: "sent", at: "2026-11-21T15:59:59.000Z", verdict: "failed", messageId: "m" };
    const prefix = `${SAMPLE_DRILL.evidencePrefix}/outcome`;
    bucket.objects.set(`${prefix}/notification.json`, JSON.stringify(told));
    bucket.objects.set(`${prefix}/page.json`, JSON.stringify({ ...told, state: "sending" }));
    expect(await adopt()).toMatchObject({ adopted: true });
    bucket.objects.set(`${prefix}/page.json`, JSON.stringify(told));
    expect(await adopt()).toMatchObject({ adopted: false });
  });

  it("leaves a drill alone that succeeded", async () => {
    ended({ ...ABORTED, status: "SUCCEEDED" });
    expect((await adopt()).adopted).toBe(false);
  });

  it("refuses one that still runs, and says how to end it", async () => {
    ended({ ...ABORTED, status: "RUNNING" });
    await expect(adopt()).rejects.toMatchObject({
      name: "Drill.NotInterrupted",
      message: expect.stringContaining("To end it, stop it"),
    });
  });

  it("takes a drill over without the bucket: what stands costs more than being told twice", async () => {
    bucket.s3.rejects(Object.assign(new Error("the bucket is gone"), { name: "TimeoutError" }));
    expect(await adopt()).toMatchObject({ adopted: true, document: { drill: { drillId: DRILL_ID } } });
  });

  it("looks through pages without a state, and throws when it finds none in five", async () => {
    const entered = { name: "TearDown", input: JSON.stringify({ drill: SAMPLE_DRILL }) };
    const state = { timestamp: undefined, type: "TaskStateEntered" as const, id: 2, stateEnteredEventDetails: entered };
    sfn
      .on(GetExecutionHistoryCommand)
      .resolvesOnce({ events: [], nextToken: "more" })
      .resolvesOnce({ events: [state] });
    expect((await adopt()).document).toMatchObject({ interruption: { state: "TearDown" } });
    sfn.on(GetExecutionHistoryCommand).resolves({ events: [], nextToken: "more" });
    await expect(adopt("f2")).rejects.toMatchObject({ name: "Drill.NotInterrupted" });
  });

  it("is done by one execution where the event came twice", async () => {
    statuses.set(finishing("f1").id, "RUNNING").set(finishing("f2").id, "RUNNING");
    const both = await Promise.all([adopt("f1"), adopt("f2")]);
    expect(both.map(({ adopted }) => adopted).sort()).toEqual([false, true]);
  });

  it("is done again by the execution that has it, whose answer was lost", async () => {
    await adopt("f1");
    expect((await adopt("f1")).adopted).toBe(true);
  });

  it.each([
    ["FAILED", true],
    ["ABORTED", true],
    ["SUCCEEDED", false],
  ])("is done by another when the one that had it %s: %s", async (status, isTaken) => {
    await adopt("f1");
    statuses.set(finishing("f1").id, status);
    expect((await adopt("f2")).adopted).toBe(isTaken);
    expect(JSON.parse(bucket.objects.get(ADOPTION) ?? "").by).toBe(finishing(isTaken ? "f2" : "f1").id);
  });
});
