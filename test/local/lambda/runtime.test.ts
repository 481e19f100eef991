import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { LambdaRuntime, LocalFunction } from "../../../src/local/lambda/runtime.ts";
import { createLambdaRuntime } from "../../../src/local/lambda/runtime.ts";

const directory = resolve(import.meta.dirname, "../../../.restore-drill/test", `lambda-${process.pid}`);
const opened: LambdaRuntime[] = [];

beforeAll(() => mkdir(directory, { recursive: true }));
afterEach(() => Promise.all(opened.splice(0).map((runtime) => runtime.close())));
afterAll(() => rm(directory, { recursive: true, force: true }));

/** One function `probe` whose bundle is `source`. */
async function probe(source: string, settings: Partial<LocalFunction> = {}) {
  const bundle = join(directory, `probe-${Math.random().toString(36).slice(2)}.cjs`);
  await writeFile(bundle, source);
  const lines: string[] = [];
  const runtime = createLambdaRuntime({
    functions: {
      probe: {
        bundle,
        environment: { AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "AKIDPROBE" },
        timeoutSeconds: 10,
        memoryMb: 128,
        ...settings,
      },
    },
    onLog: (name, line) => lines.push(`${name}: ${line}`),
    accountId: "111122223333",
  });
  opened.push(runtime);
  return { invoke: (payload: unknown = {}) => runtime.invoke("probe", payload), runtime, lines, bundle };
}

describe("invoke", () => {
  it("hands over the payload as JSON would and takes the result back the same way", async () => {
    const { invoke } = await probe(`exports.handler = async (event) => ({
      seen: Object.keys(event), kind: typeof event.at, gone: undefined, made: new Date(0) });`);
    expect(await invoke({ at: new Date(0), missing: undefined })).toEqual({
      seen: ["at"],
      kind: "string",
      made: "1970-01-01T00:00:00.000Z",
    });
  });

  it("makes null of no result", async () => {
    const { invoke } = await probe("exports.handler = async () => {};");
    expect(await invoke()).toBeNull();
  });

  it("gives the function Lambda's context with a clock that runs down", async () => {
    const { invoke } = await probe(`exports.handler = async (_, context) => {
      const before = context.getRemainingTimeInMillis();
      await new Promise((done) => setTimeout(done, 50));
      return { ...context, before, after: context.getRemainingTimeInMillis() };
    };`);
    const context = (await invoke()) as { before: number; after: number };
    expect(context).toMatchObject({
      functionName: "probe",
      functionVersion: "$LATEST",
      invokedFunctionArn: "arn:aws:lambda:eu-west-1:111122223333:function:probe",
      memoryLimitInMB: "128",
      logGroupName: "/aws/lambda/probe",
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      logStreamName: expect.stringContaining("[$LATEST]"),
    });
    expect(context.before).toBeLessThanOrEqual(10_000);
    expect(context.before - context.after).toBeGreaterThanOrEqual(45);
  });

  it("shows the function its own environment and nothing of this process's", async () => {
    process.env["OWN_SECRET_OF_THE_PARENT"] = "x";
    const { invoke, bundle } = await probe("exports.handler = async () => ({ ...process.env });");
    const environment = (await invoke()) as Record<string, string>;
    expect(environment).toMatchObject({
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "AKIDPROBE",
      AWS_LAMBDA_FUNCTION_NAME: "probe",
      AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/probe",
      LAMBDA_TASK_ROOT: resolve(bundle, ".."),
    });
    expect(environment).not.toHaveProperty("OWN_SECRET_OF_THE_PARENT");
    expect(environment).not.toHaveProperty("_X_AMZN_TRACE_ID");
    delete process.env["OWN_SECRET_OF_THE_PARENT"];
  });

  it("keeps the container between calls, and starts another for a concurrent one", async () => {
    const { invoke } = await probe(`let calls = 0; const id = require("node:worker_threads").threadId;
      exports.handler = async ({ pauseMs }) => {
        calls++; await new Promise((done) => setTimeout(done, pauseMs)); return { id, calls };
      };`);
    const first = (await invoke({ pauseMs: 0 })) as { id: number };
    expect(await invoke({ pauseMs: 0 })).toEqual({ id: first.id, calls: 2 });
    const pair = (await Promise.all([invoke({ pauseMs: 200 }), invoke({ pauseMs: 0 })])) as { id: number }[];
    expect(new Set(pair.map(({ id }) => id)).size).toBe(2);
  });

  it("refuses an eleventh invocation at the same time", async () => {
    const { invoke } = await probe("exports.handler = () => new Promise((done) => setTimeout(done, 1_500));");
    const outcomes = await Promise.allSettled(Array.from({ length: 11 }, () => invoke()));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
    expect(outcomes[10]).toMatchObject({ reason: { errorType: "Lambda.TooManyRequestsException" } });
  });

  it("passes on what the handler threw by name, message and stack", async () => {
    const { invoke } = await probe(`class CopyTimedOut extends Error { name = "Drill.CopyTimedOut" }
      exports.handler = async (event) => { if (event.text) throw event.text; throw new CopyTimedOut("after 6 h"); };`);
    await expect(invoke()).rejects.toMatchObject({
      errorType: "Drill.CopyTimedOut",
      errorMessage: "after 6 h",
      trace: expect.arrayContaining([expect.stringContaining("at ")]),
    });
    await expect(invoke({ text: "plain" })).rejects.toMatchObject({ errorType: "string", errorMessage: "plain" });
  });

  it("ends a function that outlives its timeout, and serves the next call", async () => {
    const { invoke } = await probe(
      "exports.handler = async ({ spin }) => { while (spin) ; return process.uptime() > 0; };",
      { timeoutSeconds: 1.5 },
    );
    await expect(invoke({ spin: true })).rejects.toMatchObject({
      errorType: "Sandbox.Timedout",
      errorMessage: expect.stringMatching(/^RequestId: [0-9a-f-]{36} Error: Task timed out after 1.50 seconds$/),
    });
    expect(await invoke({ spin: false })).toBe(true);
  });

  it.each([
    ["process.exit(3)", "Runtime.ExitError", "exit status 3"],
    ["setTimeout(() => { throw new RangeError('late') }); await new Promise(() => {})", "RangeError", "late"],
    ["Promise.reject(new Error('lost')); await new Promise(() => {})", "Runtime.UnhandledPromiseRejection", "lost"],
    ["const kept = []; for (;;) kept.push(new Array(1e5).fill(kept.length + 0.5))", "Runtime.OutOfMemory", "killed"],
    ["return { size: 1n }", "Runtime.MarshalError", "Unable to stringify"],
    ["return 'x'.repeat(7_000_000)", "Function.ResponseSizeTooLarge", "6291556"],
  ])("reports `%s` as %s", async (body, errorType, errorMessage) => {
    const { invoke } = await probe(`exports.handler = async ({ fine }) => { if (fine) return 1; ${body}; };`);
    await expect(invoke()).rejects.toMatchObject({
      errorType,
      errorMessage: expect.stringContaining(errorMessage),
    });
    expect(await invoke({ fine: true })).toBe(1);
  });

  it("does not reuse a container that died between two calls", async () => {
    const { invoke } = await probe(`exports.handler = async ({ dies }) => {
      if (dies) setTimeout(() => process.exit(1), 20); return 1; };`);
    await invoke({ dies: true });
    await sleep(1_000);
    expect(await invoke({ dies: false })).toBe(1);
  });

  it.each([
    ["throw new TypeError('at load')", "TypeError"],
    ["require('./not-there.cjs')", "Error"],
    ["exports.main = 1", "Runtime.HandlerNotFound"],
    ["exports.handler = (event, context, callback) => callback()", "Runtime.CallbackHandlerDeprecated"],
    ["process.exit(0)", "Runtime.ExitError"],
  ])("reports a bundle that says `%s` as %s, each time it is asked", async (source, errorType) => {
    const { invoke, runtime } = await probe(source);
    await expect(runtime.prewarm()).rejects.toMatchObject({ errorType });
    await expect(invoke()).rejects.toMatchObject({ errorType });
  });

  it("refuses a payload above 6 MB and a function that is not there", async () => {
    const { invoke, runtime } = await probe("exports.handler = async () => 1;");
    await expect(invoke("x".repeat(6_291_456))).rejects.toMatchObject({ errorType: "Lambda.RequestTooLargeException" });
    await expect(runtime.invoke("prode", {})).rejects.toMatchObject({
      errorType: "Lambda.ResourceNotFoundException",
    });
    expect(await runtime.invoke("arn:aws:lambda:eu-west-1:111122223333:function:probe", {})).toBe(1);
  });

  it("stops waiting when the signal says so, while the function runs on", async () => {
    const { runtime, lines } = await probe(`exports.handler = async () => {
      await new Promise((done) => setTimeout(done, 200)); console.log("done anyway"); };`);
    await runtime.prewarm();
    const signal = AbortSignal.timeout(50);
    await expect(runtime.invoke("probe", {}, { signal })).rejects.toThrow("timeout");
    await expect.poll(() => lines).toEqual(["probe: done anyway"]);
  });
});

describe("onLog", () => {
  it("hears stdout and stderr line by line", async () => {
    const { invoke, lines } = await probe(`exports.handler = async () => {
      process.stdout.write("half "); console.log("line"); console.error("two\\nlines"); };`);
    await invoke();
    await expect.poll(() => lines.toSorted()).toEqual(["probe: half line", "probe: lines", "probe: two"]);
  });
});

describe("killFunction", () => {
  it("fails what is in flight with Runtime.ExitError, and the next call starts afresh", async () => {
    const { invoke, runtime } = await probe(`let calls = 0;
      exports.handler = async ({ pauseMs = 0 }) => { await new Promise((r) => setTimeout(r, pauseMs)); return ++calls; };`);
    expect(await invoke()).toBe(1);
    const inFlight = expect(invoke({ pauseMs: 5_000 })).rejects.toMatchObject({ errorType: "Runtime.ExitError" });
    await sleep(50);
    expect(await runtime.killFunction("probe")).toBe(1);
    await inFlight;
    expect(await invoke()).toBe(1);
  });
});

describe("timeOutFunction", () => {
  it("fails what is in flight as its time limit would, at once, and leaves idle containers alone", async () => {
    const { invoke, runtime } = await probe(`let calls = 0;
      exports.handler = async ({ pauseMs = 0 }) => { await new Promise((r) => setTimeout(r, pauseMs)); return ++calls; };`);
    expect(await invoke()).toBe(1);
    expect(await runtime.timeOutFunction("probe")).toBe(0);
    const inFlight = expect(invoke({ pauseMs: 5_000 })).rejects.toMatchObject({
      errorType: "Sandbox.Timedout",
      errorMessage: expect.stringMatching(/^RequestId: [0-9a-f-]{36} Error: Task timed out after \d/),
    });
    await sleep(50);
    expect(runtime.running()).toBe(1);
    expect(await runtime.timeOutFunction("probe")).toBe(1);
    await inFlight;
    expect(runtime.running()).toBe(0);
    expect(await invoke()).toBe(1);
  });
});

describe("close", () => {
  it("ends every container and refuses further invocations", async () => {
    const { invoke, runtime } = await probe("exports.handler = () => new Promise(() => setInterval(() => {}, 1000));");
    const inFlight = expect(invoke()).rejects.toMatchObject({ errorType: "Runtime.ExitError" });
    await sleep(100);
    await runtime.close();
    await inFlight;
    await expect(invoke()).rejects.toThrow("is closed");
  });
});
