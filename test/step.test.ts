import { KMSKeyNotAccessibleFault } from "@aws-sdk/client-rds";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { Context } from "aws-lambda";
import { mockClient } from "aws-sdk-client-mock";
import "aws-sdk-client-mock-vitest/extend";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod/mini";
import { CopyFailed, InputInvalid } from "../src/errors.ts";
import { JournalEntry, type StepName } from "../src/evidence/journal.ts";
import { drillStep, type StepContext } from "../src/step.ts";

const s3 = mockClient(S3Client);
const INPUT = { drill: { evidencePrefix: "orders/d1", secretText: "never-in-a-log" } };
const Schema = z.object({ drill: z.object({ evidencePrefix: z.string() }) });
const CONTEXT = {
  functionName: "restore-drill-copy-snapshot",
  functionVersion: "$LATEST",
  invokedFunctionArn: "arn:aws:lambda:eu-west-1:111122223333:function:restore-drill-copy-snapshot",
  memoryLimitInMB: "256",
  awsRequestId: "request-1",
  callbackWaitsForEmptyEventLoop: false,
  getRemainingTimeInMillis: () => 90_000,
} as Context;

let logged: string[] = [];

/** A handler as a file in functions/ makes it, called as Lambda calls it. */
function invoke(
  core: (input: unknown, step: StepContext) => Promise<object>,
  { step = "copy-snapshot", event = INPUT }: { step?: StepName; event?: unknown } = {},
): Promise<object> {
  const handler = drillStep(step, Schema, core);
  return handler(event, { ...CONTEXT }) as Promise<object>;
}

function journalled(): (JournalEntry & { key: string })[] {
  return s3.commandCalls(PutObjectCommand).map(({ args }) => {
    const { Key, Body, Bucket } = args[0].input;
    expect(Bucket).toBe("evidence");
    return { key: String(Key), ...JournalEntry.parse(JSON.parse(String(Body))) };
  });
}

beforeEach(() => {
  s3.reset();
  s3.on(PutObjectCommand).resolves({});
  logged = [];
  vi.stubEnv("EVIDENCE_BUCKET", "evidence");
  const write = (chunk: string | Uint8Array): boolean => {
    logged.push(String(chunk));
    return true;
  };
  vi.spyOn(process.stdout, "write").mockImplementation(write);
  vi.spyOn(process.stderr, "write").mockImplementation(write);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const ANSWER = { phase: "pending", waitSeconds: 30, startedAt: "2026-11-21T14:32:05.000Z" };

describe("drillStep", () => {
  it("gives the core its parsed input and what it needs beside it", async () => {
    let given: unknown;
    await invoke(async (input, { store, now, remainingMs }) => {
      given = [input, store.bucket, now() instanceof Date, remainingMs()];
      return {};
    });
    expect(given).toEqual([{ drill: { evidencePrefix: "orders/d1" } }, "evidence", true, 90_000]);
  });

  it("answers what the core answers", async () => {
    expect(await invoke(async () => ANSWER)).toEqual(ANSWER);
  });

  it("refuses to start without its bucket", () => {
    vi.stubEnv("EVIDENCE_BUCKET", "");
    expect(() => drillStep("copy-snapshot", Schema, async () => ({}))).toThrow(/EVIDENCE_BUCKET is not set/);
  });
});

describe("input that does not fit", () => {
  it.each([
    ["a missing field", { drill: {} }, /copy-snapshot was given input it can not work with: "drill\.evidencePrefix": /],
    ["a wrong type", { drill: { evidencePrefix: 7 } }, /"drill\.evidencePrefix": /],
    ["no document", null, /can not work with/],
  ])("is refused by the field's name: %s", async (_, event, message) => {
    const refusal = invoke(async () => ({}), { event });
    await expect(refusal).rejects.toThrow(InputInvalid);
    await expect(refusal).rejects.toThrow(message);
  });

  it("is not repeated in the message or the log", async () => {
    await invoke(async () => ({}), { event: { drill: { evidencePrefix: 7, secretText: "never-in-a-log" } } }).catch(
      () => {},
    );
    expect(logged.join("")).not.toContain("never-in-a-log");
  });
});

describe("the journal of a step", () => {
  it("holds its answer, from when the step began", async () => {
    await invoke(async () => ANSWER);
    expect(journalled()).toEqual([
      {
        key: "orders/d1/journal/copy-snapshot.json",
        step: "copy-snapshot",
        startedAt: ANSWER.startedAt,
        endedAt: expect.any(String),
        answer: ANSWER,
      },
    ]);
  });

  it("is kept below the drill that planning has just made", async () => {
    const drill = { evidencePrefix: "orders/d2", startedAt: "2026-11-21T14:32:05.000Z" };
    await invoke(async () => drill, {
      step: "plan-drill",
      event: { ...INPUT, drill: { evidencePrefix: "orders/d2" } },
    });
    const handler = drillStep("plan-drill", z.object({}), async () => drill);
    await handler({ request: {} }, { ...CONTEXT });
    expect(journalled().map(({ key }) => key)).toEqual(Array(2).fill("orders/d2/journal/plan-drill.json"));
  });

  it("is not kept for a drill that never got a prefix", async () => {
    const handler = drillStep("plan-drill", z.object({}), async () => Promise.reject(new CopyFailed("x")));
    await expect(handler({ request: {} }, { ...CONTEXT })).rejects.toThrow("x");
    expect(s3).not.toHaveReceivedAnyCommand();
  });

  it("holds why the step failed, with what the error knew", async () => {
    await invoke(async () => Promise.reject(new CopyFailed("RDS gave up", { details: { percent: 40 } }))).catch(
      () => {},
    );
    expect(journalled()).toMatchObject([
      { error: { name: "Drill.CopyFailed", message: "RDS gave up", details: { percent: 40 } } },
    ]);
    expect(journalled()[0]).not.toHaveProperty("answer");
  });

  it.each([
    ["copy-snapshot", "copy"],
    ["restore-sandbox", "sandbox"],
    ["run-checks", "checks"],
    ["tear-down", "teardown"],
  ] as const)("keeps what %s had answered before an error of the SDK", async (step, member) => {
    const event = { ...INPUT, [member]: ANSWER };
    await invoke(async () => Promise.reject(new KMSKeyNotAccessibleFault({ message: "gone", $metadata: {} })), {
      step,
      event,
    }).catch(() => {});
    expect(journalled()).toMatchObject([
      { error: { name: "KMSKeyNotAccessibleFault", message: "gone", details: ANSWER } },
    ]);
  });

  it("takes what the error knows before what was answered earlier", async () => {
    await invoke(async () => Promise.reject(new CopyFailed("x", { details: { percent: 40 } })), {
      event: { ...INPUT, copy: { ...ANSWER, percent: 10 } },
    }).catch(() => {});
    expect(journalled()).toMatchObject([{ error: { details: { ...ANSWER, percent: 40 } } }]);
  });

  it("can be read back when what was thrown was no error", async () => {
    await invoke(async () => Promise.reject("a text")).catch(() => {});
    expect(journalled()).toMatchObject([{ error: { name: "Error", message: "not an error: a text" } }]);
  });
});

describe("a journal that can not be written", () => {
  beforeEach(() => {
    s3.on(PutObjectCommand).rejects(new Error("no bucket"));
  });

  it("does not fail a step that did its work, and is logged", async () => {
    expect(await invoke(async () => ANSWER)).toEqual(ANSWER);
    expect(logged.join("")).toMatch(/journal\.write\.failed.*no bucket/);
  });

  it("does not hide why a step failed", async () => {
    await expect(invoke(async () => Promise.reject(new CopyFailed("RDS gave up")))).rejects.toMatchObject({
      name: "Drill.CopyFailed",
      message: "RDS gave up",
    });
  });
});

describe("an error", () => {
  it.each([
    ["ours", new CopyFailed("m"), "Drill.CopyFailed"],
    ["the SDK's", new KMSKeyNotAccessibleFault({ message: "m", $metadata: {} }), "KMSKeyNotAccessibleFault"],
    ["a bug's", new TypeError("m"), "TypeError"],
  ])("reaches Step Functions by its own name: %s", async (_, error, name) => {
    const thrown = invoke(async () => Promise.reject(error));
    await expect(thrown).rejects.toBe(error);
    await expect(thrown).rejects.toMatchObject({ name });
  });
});

describe("the log of a step", () => {
  it("is one line with the phase, and never the event or the answer", async () => {
    await invoke(async () => ({ ...ANSWER, secretArn: "never-in-a-log" }));
    expect(logged).toHaveLength(1);
    expect(JSON.parse(logged[0] ?? "")).toMatchObject({
      message: "step.answered",
      step: "copy-snapshot",
      evidencePrefix: "orders/d1",
      phase: "pending",
      waitSeconds: 30,
      function_request_id: "request-1",
    });
    expect(logged.join("")).not.toContain("never-in-a-log");
  });

  it("names the error of a step that failed", async () => {
    await invoke(async () =>
      Promise.reject(new CopyFailed("RDS gave up", { details: { row: "never-in-a-log" } })),
    ).catch(() => {});
    expect(logged.map((line) => JSON.parse(line))).toMatchObject([
      { message: "step.failed", errorName: "Drill.CopyFailed", errorMessage: "RDS gave up" },
    ]);
    expect(logged.join("")).not.toContain("never-in-a-log");
  });

  it("does not need to read the bucket", async () => {
    await invoke(async () => ANSWER);
    expect(s3).not.toHaveReceivedCommand(GetObjectCommand);
  });
});
