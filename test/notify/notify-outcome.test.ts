import { PublishCommand } from "@aws-sdk/client-sns";
import "aws-sdk-client-mock-vitest/extend";
import { GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { desk, EVIDENCE, FAILED, LEFT, OUTCOMES, PAGES, PASSED, pastDrill, pastFailure } from "./telling.ts";

/** Those between attempts are over at once; that for the ledger only where it is the ledger that hangs. */
const pauses = vi.hoisted(() => ({ areOver: false }));
vi.mock("node:timers/promises", () => ({
  setTimeout: (ms: number) => (ms < 5000 || pauses.areOver ? Promise.resolve() : new Promise(() => {})),
}));

const EXERCISE = {
  ...PASSED,
  drill: {
    ...SAMPLE_DRILL,
    scenario: {
      name: "ransomware" as const,
      title: "Ransomware",
      objective: "Recover it.",
      assumptions: [],
      asked: [],
      setAside: [],
    },
  },
};

/** What functions write to their stdout as metrics. */
let metrics: Record<string, unknown>[];
let mocked: ReturnType<typeof desk>;
beforeEach(() => {
  metrics = [];
  pauses.areOver = false;
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    if (String(text).includes('"_aws"')) metrics.push(JSON.parse(String(text)));
    return true;
  });
  mocked = desk();
});
afterEach(() => vi.restoreAllMocks());

async function notify(input: object = PASSED) {
  const answer = await mocked.notify(input);
  const [message] = mocked.published();
  if (message === undefined) throw new Error("nothing was published");
  return { answer, message };
}

describe("notifyOutcome", () => {
  it("publishes one message with a text for each channel", async () => {
    const { message } = await notify();
    expect(mocked.sns).toHaveReceivedCommandTimes(PublishCommand, 1);
    expect(message.topicArn).toBe(OUTCOMES);
    expect(Object.keys(message.bodies)).toEqual(["default", "email", "sms", "http", "https"]);
  });

  it("gives filter policies verdict, severity, occurrence, database, trigger and the number of leftovers", async () => {
    await notify();
    const [call] = mocked.sns.commandCalls(PublishCommand);
    expect(call?.args[0].input.MessageAttributes).toEqual({
      verdict: { DataType: "String", StringValue: "passed" },
      severity: { DataType: "String", StringValue: "info" },
      occurrence: { DataType: "String", StringValue: "first" },
      database: { DataType: "String", StringValue: "orders-production" },
      trigger: { DataType: "String", StringValue: "schedule" },
      leftovers: { DataType: "Number", StringValue: "0" },
    });
  });

  it("answers with what the execution ends with", async () => {
    const { answer } = await notify({ ...PASSED, verdict: FAILED });
    expect(answer).toEqual({
      verdict: "failed",
      error: "Drill.Failed",
      summary: FAILED.summary,
      subject: "FAILED (data): orders-production, restore drill",
      messageId: "message-1",
    });
  });

  it("is an error when SNS does not take it: then nobody was told", async () => {
    mocked.sns.on(PublishCommand).rejects(new Error("topic is gone"));
    await expect(notify()).rejects.toThrow("topic is gone");
  });
});

describe("severity", () => {
  it.each([
    ["info", { verdict: "passed" }, []],
    ["error", { verdict: "passed" }, LEFT],
    ["warning", { verdict: "inconclusive", reason: "unchecked" }, []],
    ["warning", { verdict: "errored", reason: "drill" }, []],
    ["error", { verdict: "errored", reason: "drill" }, LEFT],
    ["error", { verdict: "failed", reason: "objective" }, []],
    ["critical", { verdict: "failed", reason: "recovery" }, []],
    ["critical", { verdict: "failed", reason: "data" }, LEFT],
  ])("is %s for %o", async (severity, changes, leftovers) => {
    const { verdict } = PASSED;
    const { message } = await notify({
      ...PASSED,
      verdict: { ...verdict, ...changes },
      evidence: { ...EVIDENCE, leftovers },
    });
    expect(message.attributes["severity"]).toBe(severity);
    expect(message.json).toMatchObject({ severity, pagerduty: { payload: { severity } } });
  });
});

describe("what came before", () => {
  const failed = { ...PASSED, verdict: FAILED };

  it("is read from the ledger, back to the last pass, without the drill's own entry and those of later ones", async () => {
    const own = pastFailure(21, { drillId: SAMPLE_DRILL.drillId });
    const later = pastFailure(22, { drillId: "20261122-143205-00000000" });
    mocked.remember(...[1, 2, 3].map((day) => pastDrill(day)), pastFailure(7), pastFailure(14), own, later);
    const { message } = await notify(failed);
    expect(message.json["occurrence"]).toMatchObject({ kind: "again", times: 3 });
    const read = mocked.bucket.s3.commandCalls(GetObjectCommand).map(({ args: [{ input }] }) => input.Key ?? "");
    expect(read.filter((key) => key.includes("/ledger/"))).toHaveLength(5);
  });

  it("may be unreadable, in part: then it is told from the rest", async () => {
    mocked.remember(pastDrill(1), pastFailure(7));
    mocked.bucket.objects.set("orders-production/ledger/20261114-143205-00000000.json", '{"drillId');
    expect((await notify(failed)).message.json["occurrence"]).toMatchObject({ kind: "again", times: 2 });
  });

  it("may be unreadable: people are told all the same, and that it is not known", async () => {
    mocked.bucket.s3.on(ListObjectsV2Command).rejects(new Error("AccessDenied"));
    const { message } = await notify(failed);
    expect(message.attributes["occurrence"]).toBe("unknown");
    expect(message.bodies.email).toContain("What came before is not known: the ledger could not be read.");
    expect(mocked.published()).toHaveLength(1);
  });

  it("is not waited for when the bucket hangs", async () => {
    pauses.areOver = true;
    mocked.bucket.s3.on(ListObjectsV2Command).callsFake(() => new Promise(() => {}));
    expect((await notify(failed)).message.attributes["occurrence"]).toBe("unknown");
  });
});

describe("a page", () => {
  const failed = { ...PASSED, verdict: FAILED };
  const otherwise = { reason: "recovery", causes: ["Drill.RestoreFailed"] };
  const pages = () => mocked.published().filter(({ topicArn }) => topicArn === PAGES);

  it.each([
    ["the first failure: its alarm pages", failed, [pastDrill(14)]],
    ["the first failure on record: its alarm pages", failed, []],
    ["the same failure again: that is a reminder", failed, [pastDrill(7), pastFailure(14)]],
    [
      "the same failure after a drill that broke",
      failed,
      [pastFailure(7), pastDrill(14, { verdict: "errored", reason: "drill", causes: ["AccessDenied"] })],
    ],
    [
      "another failure after a pass of another plan, which ended the alarm",
      failed,
      [pastFailure(7, otherwise), pastDrill(14, { plan: "orders-monthly" })],
    ],
    ["a recovery", PASSED, [pastFailure(14)]],
    [
      "a drill that broke",
      { ...PASSED, verdict: { ...FAILED, verdict: "errored", reason: "drill" } },
      [pastFailure(14)],
    ],
  ])("is not sent for %s", async (_, input, past) => {
    mocked.remember(...past);
    await notify(input);
    expect(pages()).toEqual([]);
    expect(mocked.published()).toHaveLength(1);
  });

  it.each([
    ["another failure", [pastDrill(7), pastFailure(14, otherwise)]],
    ["another plan's first failure", [pastDrill(7), pastFailure(14, { plan: "orders-monthly" })]],
    [
      "another failure after a drill that broke",
      [pastFailure(7, otherwise), pastDrill(14, { verdict: "errored", reason: "drill", causes: ["AccessDenied"] })],
    ],
  ])("is sent for %s while the alarm rings and can not ring again", async (_, past) => {
    mocked.remember(...past);
    await notify(failed);
    expect(pages()).toHaveLength(1);
    const [page] = pages();
    expect(page?.bodies.email).toContain("You are paged by this message");
    expect(page?.json).toMatchObject({ page: true, drillId: SAMPLE_DRILL.drillId });
    expect(mocked.published().filter(({ topicArn }) => topicArn === OUTCOMES)).toHaveLength(1);
  });

  it.each([
    ["is sent for its first failure", [pastDrill(7), pastDrill(14)], 1],
    ["is sent for another failure than the last", [pastFailure(14, { ...otherwise, scenario: "ransomware" })], 1],
    ["is not sent for the same failure again", [pastFailure(7, { scenario: "ransomware" }), pastFailure(14)], 0],
  ])("of an exercise, which has no alarm, %s", async (_, past, count) => {
    mocked.remember(...past);
    await notify({ ...EXERCISE, verdict: FAILED });
    expect(pages()).toHaveLength(count);
    for (const { bodies } of pages()) expect(bodies.email).toContain("You are paged by this message: no alarm watches");
  });

  it("of an exercise is sent where what came before can not be read, and not for one that broke", async () => {
    mocked.bucket.s3.on(ListObjectsV2Command).rejects(new Error("AccessDenied"));
    await notify({ ...EXERCISE, verdict: { ...FAILED, verdict: "errored", reason: "drill" } });
    expect(pages()).toEqual([]);
    await mocked.notify({ ...EXERCISE, execution: { ...EXERCISE.execution, name: "other" }, verdict: FAILED });
    expect(pages()).toHaveLength(1);
  });

  it("is sent once, also when the step is called again", async () => {
    mocked.remember(pastFailure(14, otherwise));
    await notify(failed);
    await mocked.notify(failed);
    expect(mocked.published()).toHaveLength(2);
  });

  it("that is refused keeps nobody from being told, and is sent by whoever tries again", async () => {
    mocked.remember(pastFailure(14, otherwise));
    const refusal = Object.assign(new Error("not allowed"), { $metadata: { httpStatusCode: 403 } });
    mocked.sns.on(PublishCommand, { TopicArn: PAGES }).rejectsOnce(refusal).resolves({ MessageId: "page-1" });
    await expect(mocked.notify(failed)).rejects.toThrow("not allowed");
    expect(await mocked.notify(failed)).toMatchObject({ messageId: "message-1" });
    expect(mocked.published().filter(({ topicArn }) => topicArn === OUTCOMES)).toHaveLength(1);
    expect(pages().map(({ json }) => json["repeated"])).toEqual([false, false]);
  });
});

describe("a drill without evidence", () => {
  const { evidence: _, ...withoutEvidence } = PASSED;
  const evidenceFailure = {
    Error: "NoSuchBucket",
    Cause: JSON.stringify({ errorMessage: "The bucket does not exist" }),
  };

  it("has not passed", async () => {
    const { answer, message } = await notify({ ...withoutEvidence, evidenceFailure });
    expect(answer).toMatchObject({
      verdict: "errored",
      error: "Drill.Errored",
      summary: "The evidence could not be written: The bucket does not exist",
    });
    expect(message.json).toMatchObject({ verdict: "errored", reason: "drill" });
    expect(message.json).not.toHaveProperty("evidence");
    expect(message.bodies.email).toContain("Evidence: NOT WRITTEN. The execution");
  });

  it("that failed is still told as failed, with the evidence's failure first", async () => {
    const { answer, message } = await notify({ ...withoutEvidence, verdict: FAILED, evidenceFailure });
    expect(answer).toMatchObject({ verdict: "failed", summary: FAILED.summary });
    expect(message.json["findings"]).toEqual([
      "The evidence could not be written: The bucket does not exist",
      ...FAILED.findings,
    ]);
  });
});

describe("the metrics of the verdict", () => {
  const verdicts = () =>
    metrics.flatMap((document) => {
      const counts = Object.entries(document).filter(([name]) => /^Drill(?!CostUsd)/.test(name));
      return counts.length === 0 ? [] : [{ database: document["database"], ...Object.fromEntries(counts) }];
    });

  it.each([
    ["passed", { DrillPassed: 1, DrillFailed: 0, DrillInconclusive: 0, DrillErrored: 0 }],
    ["failed", { DrillPassed: 0, DrillFailed: 1, DrillInconclusive: 0, DrillErrored: 0 }],
    ["inconclusive", { DrillPassed: 0, DrillInconclusive: 1 }],
    ["errored", { DrillPassed: 0, DrillInconclusive: 0, DrillErrored: 1 }],
  ])("end no page that %s says nothing of", async (verdict, counts) => {
    await notify({ ...PASSED, verdict: { ...PASSED.verdict, verdict } });
    expect(verdicts()).toEqual([{ database: "orders-production", ...counts }]);
  });

  it.each([
    ["passed", EXERCISE],
    ["failed", { ...EXERCISE, drill: undefined, request: { plan: "orders", scenario: { name: "ransomware" } } }],
  ] as const)(
    "are other ones for an exercise that %s: an alarm of drills neither begins nor ends",
    async (verdict, input) => {
      await notify({ ...input, verdict: { ...PASSED.verdict, verdict } });
      expect(verdicts()).toEqual([]);
      expect(metrics).toContainEqual(
        expect.objectContaining({ [verdict === "passed" ? "ExercisePassed" : "ExerciseFailed"]: 1 }),
      );
    },
  );

  it("are of the last word: a pass whose evidence could not be written is none", async () => {
    const { evidence: _, ...unrecorded } = PASSED;
    await notify({ ...unrecorded, evidenceFailure: { Error: "NoSuchBucket", Cause: "gone" } });
    expect(verdicts()).toMatchObject([{ DrillErrored: 1, DrillPassed: 0 }]);
  });

  it("are published when the message can not be sent, and not again by whoever tries later", async () => {
    mocked.sns.on(PublishCommand).rejects(Object.assign(new Error("gone"), { $metadata: { httpStatusCode: 404 } }));
    const failed = { ...PASSED, verdict: FAILED };
    await expect(notify(failed)).rejects.toThrow("gone");
    expect(verdicts()).toMatchObject([{ DrillFailed: 1 }]);
    mocked.sns.on(PublishCommand).resolves({ MessageId: "message-2" });
    await notify(failed);
    expect(verdicts()).toHaveLength(1);
  });
});

describe("the metric of leftovers", () => {
  const values = () =>
    metrics.flatMap(({ Leftovers, database }) => (Leftovers === undefined ? [] : [[database, Leftovers]]));

  it("is published by database and for the alarm, also when nothing is left", async () => {
    await notify();
    expect(values()).toEqual([
      [undefined, 0],
      ["orders-production", 0],
    ]);
    for (const document of metrics) expect(document).toMatchObject({ service: "restore-drill" });
  });

  it("is published when the message can not be sent: then the alarm tells of the leak", async () => {
    mocked.sns.on(PublishCommand).rejects(Object.assign(new Error("gone"), { $metadata: { httpStatusCode: 404 } }));
    await expect(notify({ ...PASSED, evidence: { ...EVIDENCE, leftovers: LEFT } })).rejects.toThrow("gone");
    expect(values()[0]).toEqual([undefined, 1]);
  });
});

describe("the metric of cost", () => {
  const costs = () => metrics.filter((document) => "DrillCostUsd" in document);

  it("is what the evidence says that the drill used, by database", async () => {
    await notify();
    expect(costs()).toMatchObject([{ service: "restore-drill", database: "orders-production", DrillCostUsd: 1.237 }]);
  });

  it("is not published for a drill whose evidence could not be written: nobody knows it", async () => {
    const { evidence, ...unrecorded } = PASSED;
    expect(evidence).toBeDefined();
    await notify({ ...unrecorded, evidenceFailure: { Error: "NoSuchBucket", Cause: "gone" } });
    expect(costs()).toEqual([]);
  });
});
