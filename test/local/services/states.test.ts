import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { ExecutionEvent } from "../../../src/local/services/states.ts";
import { CONTEXT, functionArn, lambdaError, MACHINE_ARN, serve, task } from "./states-fixture.ts";

const definition = { StartAt: "A", States: { A: task("f", { TimeoutSeconds: 60, End: true }) } };
const start = (more: object = {}) => ({ stateMachineArn: MACHINE_ARN, ...more });

/** A function that answers when it is let go. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  return { f: () => promise, open: () => resolve("through") };
}

describe("StartExecution", () => {
  it("answers the running execution again for the same name and input, and starts nothing", async () => {
    let calls = 0;
    const { f, open } = gate();
    const { service, call } = serve(definition, {
      f: () => {
        calls++;
        return f();
      },
    });
    const first = await call("StartExecution", start({ name: "d-1", input: '{"a":1}' }));
    expect(first.executionArn).toBe("arn:aws:states:eu-west-1:111122223333:execution:drill:d-1");
    expect(await call("StartExecution", start({ name: "d-1", input: '{"a":1}' }))).toEqual(first);
    await expect(call("StartExecution", start({ name: "d-1", input: '{"a":2}' }))).rejects.toMatchObject({
      code: "ExecutionAlreadyExists",
    });
    open();
    await service.executionFinished(first.executionArn);
    await expect(call("StartExecution", start({ name: "d-1", input: '{"a":1}' }))).rejects.toMatchObject({
      code: "ExecutionAlreadyExists",
    });
    expect(calls).toBe(1);
  });

  it("names the execution itself when it is given no name, and takes {} for no input", async () => {
    const { service, call } = serve(definition, { f: (input) => input });
    const { executionArn } = await call("StartExecution", start());
    expect(executionArn).toMatch(/:execution:drill:[0-9a-f-]{36}$/);
    expect(await service.executionFinished(executionArn)).toMatchObject({ input: "{}", output: "{}" });
  });

  it.each(["a b", "a/b", "a:b", "a*", "<a>", "a\u0007", "a\u{1F600}", "2026-11-21T00:00:00"])(
    "refuses the name %j",
    async (name) => {
      const { call } = serve(definition);
      await expect(call("StartExecution", start({ name }))).rejects.toMatchObject({ code: "InvalidName" });
    },
  );

  it("takes names of up to 80 characters, dots, dashes and letters of any language", async () => {
    const { call } = serve(definition);
    await call("StartExecution", start({ name: "ä-b_c.d".padEnd(80, "x") }));
    await expect(call("StartExecution", start({ name: "x".repeat(81) }))).rejects.toMatchObject({
      code: "ValidationException",
    });
  });

  it("refuses input that is not JSON or above 256 KiB", async () => {
    const { call } = serve(definition);
    const refused = { code: "InvalidExecutionInput" };
    await expect(call("StartExecution", start({ input: "{a:1}" }))).rejects.toMatchObject(refused);
    await expect(call("StartExecution", start({ input: `"${"é".repeat(131_072)}"` }))).rejects.toMatchObject(refused);
    await call("StartExecution", start({ input: `"${"é".repeat(131_071)}"` }));
  });

  it("refuses a machine that is not there, and another region", async () => {
    const { call } = serve(definition);
    await expect(call("StartExecution", { stateMachineArn: `${MACHINE_ARN}s` })).rejects.toMatchObject({
      code: "StateMachineDoesNotExist",
    });
    await expect(call("StartExecution", start(), { ...CONTEXT, region: "us-east-1" })).rejects.toMatchObject({
      code: "InvalidArn",
    });
  });
});

describe("DescribeExecution", () => {
  it("says RUNNING, then SUCCEEDED with the output", async () => {
    const { f, open } = gate();
    const { service, call } = serve(definition, { f });
    const { executionArn, startDate } = await call("StartExecution", start({ name: "d-1", input: "[1]" }));
    const running = await call("DescribeExecution", { executionArn });
    expect(running).toMatchObject({
      executionArn,
      stateMachineArn: MACHINE_ARN,
      name: "d-1",
      status: "RUNNING",
      input: "[1]",
    });
    expect(running).not.toHaveProperty("stopDate");
    open();
    await service.executionFinished(executionArn);
    expect(await call("DescribeExecution", { executionArn })).toMatchObject({
      status: "SUCCEEDED",
      output: '"through"',
      startDate,
      stopDate: expect.any(Date),
    });
  });

  it("does not know an execution that was never started", async () => {
    const { service, call } = serve(definition);
    const missing = { executionArn: `${MACHINE_ARN}:x` };
    for (const operation of ["DescribeExecution", "StopExecution", "GetExecutionHistory"]) {
      await expect(call(operation, missing)).rejects.toMatchObject({ code: "ExecutionDoesNotExist" });
    }
    await expect(service.executionFinished("x")).rejects.toMatchObject({ code: "ExecutionDoesNotExist" });
  });
});

describe("StopExecution", () => {
  it("aborts a running execution, its function's signal included, and says why", async () => {
    let signal: AbortSignal | undefined;
    const { call } = serve(definition, {
      f: (_, its) => {
        signal = its;
        return sleep(60_000, null, { signal: its });
      },
    });
    const { executionArn } = await call("StartExecution", start());
    await sleep(20);
    const { stopDate } = await call("StopExecution", { executionArn, error: "Operator", cause: "enough" });
    expect(stopDate).toBeInstanceOf(Date);
    expect(signal?.aborted).toBe(true);
    expect(await call("DescribeExecution", { executionArn })).toMatchObject({
      status: "ABORTED",
      error: "Operator",
      cause: "enough",
      stopDate,
    });
    const { events } = await call("GetExecutionHistory", { executionArn, reverseOrder: true, maxResults: 1 });
    expect(events[0]).toMatchObject({
      type: "ExecutionAborted",
      executionAbortedEventDetails: { error: "Operator", cause: "enough" },
    });
  });

  it("ends a wait at once", async () => {
    const waiting = { StartAt: "W", States: { W: { Type: "Wait", Seconds: 3_600, End: true } } };
    const { service, call } = serve(waiting, {}, { timeScale: 1 });
    const { executionArn } = await call("StartExecution", start());
    await sleep(20);
    await call("StopExecution", { executionArn });
    expect(await service.executionFinished(executionArn)).toMatchObject({ status: "ABORTED" });
  });

  it("leaves an execution that has ended as it ended", async () => {
    const { service, call } = serve(definition);
    const { executionArn } = await call("StartExecution", start());
    const { stopDate } = await service.executionFinished(executionArn);
    expect(await call("StopExecution", { executionArn })).toEqual({ stopDate });
    expect(await call("DescribeExecution", { executionArn })).toMatchObject({ status: "SUCCEEDED" });
  });
});

describe("ListExecutions", () => {
  it("lists the newest first, by status and by page", async () => {
    const { service, call } = serve(definition, {
      f: (input: { fails?: boolean }) => {
        if (input.fails) throw lambdaError("X");
      },
    });
    for (const [name, input] of Object.entries({ one: "{}", two: '{"fails":true}', three: "{}" })) {
      const { executionArn } = await call("StartExecution", start({ name, input }));
      await service.executionFinished(executionArn);
    }
    const names = (answer: { executions: { name: string }[] }) => answer.executions.map(({ name }) => name);
    expect(names(await call("ListExecutions", start()))).toEqual(["three", "two", "one"]);
    expect(names(await call("ListExecutions", start({ statusFilter: "FAILED" })))).toEqual(["two"]);
    const page = await call("ListExecutions", start({ maxResults: 2 }));
    expect(names(page)).toEqual(["three", "two"]);
    await call("StartExecution", start({ name: "four" }));
    const rest = await call("ListExecutions", start({ maxResults: 2, nextToken: page.nextToken }));
    expect(names(rest)).toEqual(["one"]);
    expect(rest.nextToken).toBeUndefined();
    await expect(call("ListExecutions", start({ nextToken: "made-up" }))).rejects.toMatchObject({
      code: "InvalidToken",
    });
    await expect(call("ListExecutions", start({ maxResults: 1001 }))).rejects.toMatchObject({
      code: "ValidationException",
    });
  });
});

describe("GetExecutionHistory", () => {
  const history = async (call: ReturnType<typeof serve>["call"], executionArn: string, more: object = {}) =>
    call("GetExecutionHistory", { executionArn, ...more });

  it("tells what happened, in the words of the SDK", async () => {
    const { service, call } = serve(definition, { f: () => ({ b: 2 }) });
    const { executionArn } = await call("StartExecution", start({ input: '{"a":1}' }));
    await service.executionFinished(executionArn);
    const { events } = await history(call, executionArn);
    expect(events).toMatchObject([
      { id: 1, previousEventId: 0, type: "ExecutionStarted", executionStartedEventDetails: { input: '{"a":1}' } },
      { id: 2, type: "TaskStateEntered", stateEnteredEventDetails: { name: "A", input: '{"a":1}' } },
      {
        id: 3,
        type: "LambdaFunctionScheduled",
        lambdaFunctionScheduledEventDetails: { resource: functionArn("f"), input: '{"a":1}', timeoutInSeconds: 60 },
      },
      { id: 4, type: "LambdaFunctionStarted" },
      { id: 5, type: "LambdaFunctionSucceeded", lambdaFunctionSucceededEventDetails: { output: '{"b":2}' } },
      { id: 6, type: "TaskStateExited", stateExitedEventDetails: { name: "A", output: '{"b":2}' } },
      { id: 7, previousEventId: 6, type: "ExecutionSucceeded", executionSucceededEventDetails: { output: '{"b":2}' } },
    ]);
    for (const { timestamp } of events) expect(timestamp).toBeInstanceOf(Date);
  });

  it("tells of a function that failed and the execution with it", async () => {
    const { service, call } = serve(definition, { f: () => Promise.reject(lambdaError("Drill.Bad")) });
    const { executionArn } = await call("StartExecution", start());
    await service.executionFinished(executionArn);
    const { events } = await history(call, executionArn);
    expect(events.slice(-2)).toMatchObject([
      { type: "LambdaFunctionFailed", lambdaFunctionFailedEventDetails: { error: "Drill.Bad" } },
      { type: "ExecutionFailed", executionFailedEventDetails: { error: "Drill.Bad" } },
    ]);
  });

  it("comes in pages, backwards, and without data on request", async () => {
    const { service, call } = serve(definition);
    const { executionArn } = await call("StartExecution", start());
    await service.executionFinished(executionArn);
    const first = await history(call, executionArn, { maxResults: 5, reverseOrder: true, includeExecutionData: false });
    expect(first.events.map(({ id }: { id: number }) => id)).toEqual([7, 6, 5, 4, 3]);
    expect(first.events[1].stateExitedEventDetails).toMatchObject({ name: "A" });
    expect(first.events[1].stateExitedEventDetails).not.toHaveProperty("output");
    const second = await history(call, executionArn, { maxResults: 5, reverseOrder: true, nextToken: first.nextToken });
    expect(second.events.map(({ id }: { id: number }) => id)).toEqual([2, 1]);
    expect(second.nextToken).toBeUndefined();
  });
});

describe("DescribeStateMachine", () => {
  it("answers the definition that was deployed", async () => {
    const { call } = serve(definition);
    const machine = await call("DescribeStateMachine", start());
    expect(JSON.parse(machine.definition)).toEqual(definition);
    expect(machine).toMatchObject({ stateMachineArn: MACHINE_ARN, name: "drill", status: "ACTIVE", type: "STANDARD" });
  });
});

describe("onEvent", () => {
  it("hears every event as it happens, with state and output", async () => {
    const heard: ExecutionEvent[] = [];
    const { f, open } = gate();
    const { service, call } = serve(definition, { f }, { onEvent: (event) => heard.push(event) });
    const { executionArn } = await call("StartExecution", start());
    await sleep(20);
    expect(heard.map(({ type }) => type)).toEqual([
      "ExecutionStarted",
      "TaskStateEntered",
      "LambdaFunctionScheduled",
      "LambdaFunctionStarted",
    ]);
    open();
    await service.executionFinished(executionArn);
    expect(heard).toContainEqual({
      executionArn,
      type: "TaskStateExited",
      state: "A",
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      output: "through",
    });
    expect(heard.at(-1)).toMatchObject({ type: "ExecutionSucceeded", output: "through" });
  });
});

describe("endExecution", () => {
  it("ends a running execution as its time limit would, and leaves one that has ended", async () => {
    const { service, call } = serve(definition, { f: () => sleep(60_000, null, { ref: false }) });
    const { executionArn } = await call("StartExecution", start());
    expect(service.running()).toBe(1);
    const timedOut = await service.endExecution(executionArn, "TIMED_OUT");
    expect(timedOut).toMatchObject({ status: "TIMED_OUT", error: "States.Timeout" });
    expect(await service.endExecution(executionArn, "ABORTED")).toEqual(timedOut);
    expect(service.running()).toBe(0);
  });

  it("ends one that is told to as it enters a state, before that state acts", async () => {
    let calls = 0;
    const { service, call } = serve(
      definition,
      { f: () => ++calls },
      {
        onEvent: ({ type, executionArn }) => {
          if (type === "TaskStateEntered") void service.endExecution(executionArn, "ABORTED");
        },
      },
    );
    const { executionArn } = await call("StartExecution", start());
    expect(await service.executionFinished(executionArn)).toMatchObject({ status: "ABORTED" });
    expect(calls).toBe(0);
  });
});

describe("close", () => {
  it("aborts what is running", async () => {
    const { service, call } = serve(definition, { f: () => sleep(60_000, null, { ref: false }) });
    const { executionArn } = await call("StartExecution", start());
    await service.close();
    expect(await service.executionFinished(executionArn)).toMatchObject({ status: "ABORTED" });
  });
});
