import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { functionArn, lambdaError, MACHINE_ARN, run, serve, task } from "./states-fixture.ts";

/** One state `A` that ends the machine. */
const only = (state: object): object => ({ StartAt: "A", States: { A: { ...state, End: true } } });
const parallel = (states: object, startAt: string, more: object): object => ({
  Type: "Parallel",
  Branches: [{ StartAt: startAt, States: states }],
  ...more,
});

describe("a task", () => {
  it("hands its function JSON and takes JSON back, whatever the function made", async () => {
    const { output } = await run(only(task("f")), { f: () => ({ at: new Date(0), gone: undefined }) });
    expect(output).toEqual({ at: "1970-01-01T00:00:00.000Z" });
  });

  it("makes null of no result, which `$` paths hand on", async () => {
    const { output } = await run(only(task("f", { InputPath: "$", OutputPath: "$" })));
    expect(output).toBeNull();
  });

  it("fails with the function's errorType, and its payload as JSON for a cause", async () => {
    const { execution } = await run(only(task("f")), {
      f: () => {
        throw lambdaError("Drill.CopyTimedOut", "after 6 h");
      },
    });
    expect(execution).toMatchObject({ status: "FAILED", error: "Drill.CopyTimedOut" });
    expect(JSON.parse(execution.cause ?? "")).toEqual({
      errorType: "Drill.CopyTimedOut",
      errorMessage: "after 6 h",
      trace: ["Drill.CopyTimedOut: after 6 h"],
    });
  });

  it("fails with Lambda.Unknown when the function's failure has no errorType", async () => {
    const { execution } = await run(only(task("f")), { f: () => Promise.reject(new Error("Task timed out")) });
    expect(execution.error).toBe("Lambda.Unknown");
    expect(execution.cause).toContain('Returned payload: {"errorMessage":"Task timed out"}');
  });

  it("times out with States.Timeout, unscaled", async () => {
    const { execution, types } = await run(only(task("f", { TimeoutSeconds: 1 })), { f: () => sleep(1_300) });
    expect(execution).toMatchObject({ status: "FAILED", error: "States.Timeout" });
    expect(execution.cause).toBeUndefined();
    expect(types).toContain("LambdaFunctionTimedOut");
  });

  it("no longer hears its function after the timeout, while the machine goes on", async () => {
    let slowSignal: AbortSignal | undefined;
    const { output, types } = await run(
      {
        StartAt: "A",
        States: {
          A: task("slow", { TimeoutSeconds: 1, Next: "B", Catch: [{ ErrorEquals: ["States.Timeout"], Next: "B" }] }),
          B: task("after", { End: true }),
        },
      },
      {
        slow: (_, signal) => {
          slowSignal = signal;
          return sleep(1_200);
        },
        after: async () => {
          const wasAborted = slowSignal?.aborted;
          await sleep(400);
          return wasAborted;
        },
      },
    );
    expect(output).toBe(true);
    expect(types.filter((type) => type === "LambdaFunctionSucceeded")).toHaveLength(1);
  });

  it("does not take a timeout for States.TaskFailed", async () => {
    const { execution } = await run(
      {
        StartAt: "A",
        States: {
          A: task("f", { TimeoutSeconds: 1, End: true, Catch: [{ ErrorEquals: ["States.TaskFailed"], Next: "B" }] }),
          B: { Type: "Succeed" },
        },
      },
      { f: () => sleep(1_100) },
    );
    expect(execution.error).toBe("States.Timeout");
  });

  it("runs on when its timeout is longer than a timer can hold", async () => {
    const { output } = await run(only(task("f", { TimeoutSeconds: 99_999_999 })), { f: () => sleep(20, "fine") });
    expect(output).toBe("fine");
  });

  it("puts its result below a path, or in place of the document with `$`", async () => {
    const functions = { f: () => ({ y: 2 }) };
    const below = await run(only(task("f", { ResultPath: "$.deep.er" })), functions, { input: { x: 1 } });
    expect(below.output).toEqual({ x: 1, deep: { er: { y: 2 } } });
    const instead = await run(only(task("f", { ResultPath: "$" })), functions, { input: { x: 1 } });
    expect(instead.output).toEqual({ y: 2 });
  });
});

describe("Retry", () => {
  const flaky = (failures: number) => {
    let calls = 0;
    return () => {
      if (calls++ < failures) throw lambdaError("Lambda.ServiceException");
      return calls;
    };
  };
  const retrying = (more: object = {}) =>
    only(
      task("f", { Retry: [{ ErrorEquals: ["Lambda.ServiceException"], IntervalSeconds: 2, BackoffRate: 2, ...more }] }),
    );

  it("tries again after pauses that double, scaled", async () => {
    const startedAt = Date.now();
    const { output, types } = await run(retrying(), { f: flaky(3) }, { timeScale: 0.02 });
    const elapsedMs = Date.now() - startedAt;
    expect(output).toBe(4);
    expect(types.filter((type) => type === "LambdaFunctionScheduled")).toHaveLength(4);
    expect(elapsedMs).toBeGreaterThanOrEqual((2 + 4 + 8) * 20 - 5);
    expect(elapsedMs).toBeLessThan(12_000);
  });

  it("caps the pause at MaxDelaySeconds, scaled too", async () => {
    const startedAt = Date.now();
    const settings = { IntervalSeconds: 1_000, MaxDelaySeconds: 100 };
    await run(retrying(settings), { f: flaky(3) }, { timeScale: 0.001 });
    const elapsedMs = Date.now() - startedAt;
    expect(elapsedMs).toBeGreaterThanOrEqual(3 * 100 - 5);
    // Without the cap 1 + 2 + 4 s; with an unscaled one the same.
    expect(elapsedMs).toBeLessThan(6_000);
  });

  it("gives up after MaxAttempts and leaves other errors alone", async () => {
    const { execution } = await run(retrying({ MaxAttempts: 1 }), { f: flaky(2) });
    expect(execution.error).toBe("Lambda.ServiceException");
    let calls = 0;
    await run(retrying(), {
      f: () => {
        calls++;
        throw lambdaError("Drill.Refused");
      },
    });
    expect(calls).toBe(1);
  });
});

describe("a wait", () => {
  const timed = async (state: object, input: object, timeScale: number) => {
    const startedAt = Date.now();
    const { execution, output, types } = await run(only({ Type: "Wait", ...state }), {}, { input, timeScale });
    return { execution, output, types, elapsedMs: Date.now() - startedAt };
  };

  it("lasts what the document says, scaled, and hands the document on", async () => {
    const { output, types, elapsedMs } = await timed(
      { SecondsPath: "$.copy.waitSeconds" },
      { copy: { waitSeconds: 30 } },
      0.01,
    );
    expect(output).toEqual({ copy: { waitSeconds: 30 } });
    expect(elapsedMs).toBeGreaterThanOrEqual(295);
    expect(elapsedMs).toBeLessThan(12_000);
    expect(types).toContain("WaitStateEntered A");
    expect(types).toContain("WaitStateExited A");
    expect(types).not.toContain("LambdaFunctionScheduled");
  });

  it("takes a constant and a timestamp as well", async () => {
    expect((await timed({ Seconds: 30 }, {}, 0.01)).elapsedMs).toBeGreaterThanOrEqual(295);
    const until = { at: new Date(Date.now() + 60_000).toISOString() };
    expect((await timed({ TimestampPath: "$.at" }, until, 0.005)).elapsedMs).toBeGreaterThanOrEqual(280);
  });

  it.each([-1, 1.5, "30", 1e8])("fails with States.Runtime on %j", async (waitSeconds) => {
    const { execution } = await timed({ SecondsPath: "$.waitSeconds" }, { waitSeconds }, 0);
    expect(execution).toMatchObject({ status: "FAILED", error: "States.Runtime" });
  });

  it("fails with States.Runtime when the path leads nowhere", async () => {
    const { execution } = await timed({ SecondsPath: "$.nowhere" }, {}, 0);
    expect(execution.error).toBe("States.Runtime");
  });
});

describe("a parallel branch", () => {
  const loop = {
    Copy: task("copy", { ResultPath: "$.copy", Next: "IsCopyReady" }),
    IsCopyReady: {
      Type: "Choice",
      Choices: [{ Variable: "$.copy.phase", StringEquals: "ready", Next: "Check" }],
      Default: "WaitForCopy",
    },
    WaitForCopy: { Type: "Wait", SecondsPath: "$.copy.waitSeconds", Next: "Copy" },
    Check: task("check", { ResultPath: "$.checks", End: true }),
  };
  const machine = (more: object = {}) => ({
    StartAt: "Try",
    States: {
      Try: parallel(loop, "Copy", {
        OutputPath: "$[0]",
        Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.failure", Next: "Judge" }],
        Next: "Judge",
        ...more,
      }),
      Judge: task("judge", { ResultPath: "$.verdict", End: true }),
    },
  });

  it("loops through Task, Choice and Wait until ready, seeing its own earlier answer, and hands its document on", async () => {
    const seen: unknown[] = [];
    const waits = [40, 20];
    const startedAt = Date.now();
    const { output, types } = await run(
      machine(),
      {
        copy: (document: { copy?: unknown }) => {
          seen.push(document.copy);
          const waitSeconds = waits.shift();
          return waitSeconds === undefined ? { phase: "ready" } : { phase: "pending", waitSeconds };
        },
        check: () => [1],
        judge: () => "passed",
      },
      { input: { drill: "d" }, timeScale: 0.01 },
    );
    expect(output).toEqual({ drill: "d", copy: { phase: "ready" }, checks: [1], verdict: "passed" });
    expect(seen).toEqual([undefined, { phase: "pending", waitSeconds: 40 }, { phase: "pending", waitSeconds: 20 }]);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(590);
    expect(types.filter((type) => type === "WaitStateEntered WaitForCopy")).toHaveLength(2);
    expect(types.indexOf("ParallelStateSucceeded")).toBe(types.indexOf("ParallelStateExited Try") - 1);
    expect(types.indexOf("TaskStateExited Check")).toBe(types.indexOf("ParallelStateSucceeded") - 1);
    expect(types.indexOf("TaskStateEntered Judge")).toBe(types.indexOf("ParallelStateExited Try") + 1);
  });

  it("keeps the document it was given, and the failure beside it, when it is caught", async () => {
    const { output, types } = await run(
      machine(),
      {
        copy: () => ({ phase: "ready" }),
        check: () => {
          throw lambdaError("Drill.CheckFailed", "no");
        },
        judge: () => "errored",
      },
      { input: { drill: "d" } },
    );
    expect(output).toMatchObject({ drill: "d", failure: { Error: "Drill.CheckFailed" }, verdict: "errored" });
    expect(output).not.toHaveProperty("copy");
    const { failure } = output as { failure: { Cause: string } };
    expect(JSON.parse(failure.Cause)).toMatchObject({ errorMessage: "no" });
    expect(types).toContain("ParallelStateFailed");
    expect(types).not.toContain("ParallelStateSucceeded");
  });

  it("hears of a Task's timeout inside", async () => {
    const slow = { ...loop, Copy: { ...loop.Copy, TimeoutSeconds: 1 } };
    const { output } = await run(
      {
        ...machine(),
        States: {
          ...machine().States,
          Try: parallel(slow, "Copy", { ...machine().States.Try, Branches: [{ StartAt: "Copy", States: slow }] }),
        },
      },
      { copy: () => sleep(1_100), judge: () => "errored" },
    );
    expect(output).toMatchObject({ failure: { Error: "States.Timeout" }, verdict: "errored" });
  });

  it("sees the execution's own input, name and start, not the branch's", async () => {
    const look = {
      Type: "Pass",
      Parameters: {
        "id.$": "$$.Execution.Id",
        "start.$": "$$.Execution.StartTime",
        "input.$": "$$.Execution.Input",
        "words.$": "States.Format('{} of {}', $$.Execution.Name, $$.StateMachine.Id)",
      },
      End: true,
    };
    const inside = parallel({ Look: look }, "Look", { Parameters: { small: true }, OutputPath: "$[0]" });
    const { output, execution } = await run(only(inside), {}, { input: { whole: true } });
    expect(output).toEqual({
      id: execution.executionArn,
      start: execution.startDate?.toISOString(),
      input: { whole: true },
      words: `${execution.name} of ${MACHINE_ARN}`,
    });
  });

  it("ends its siblings when it fails, while the machine goes on", async () => {
    let slowSignal: AbortSignal | undefined;
    const branches = {
      Slow: task("slow", { End: true }),
      Nap: { Type: "Wait", Seconds: 3_000, End: true },
      Bad: task("bad", { End: true }),
    };
    const { output, types } = await run(
      {
        StartAt: "Try",
        States: {
          Try: {
            Type: "Parallel",
            Branches: Object.entries(branches).map(([name, state]) => ({ StartAt: name, States: { [name]: state } })),
            Catch: [{ ErrorEquals: ["Drill.Bad"], Next: "After" }],
            End: true,
          },
          After: task("after", { End: true }),
        },
      },
      {
        slow: (_, signal) => {
          slowSignal = signal;
          return new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        },
        bad: async () => {
          await sleep(50);
          throw lambdaError("Drill.Bad");
        },
        after: () => slowSignal?.aborted,
      },
      { timeScale: 1 },
    );
    expect(output).toBe(true);
    const aborted = types.indexOf("WaitStateAborted");
    expect(aborted).toBeGreaterThan(0);
    expect(aborted).toBeLessThan(types.indexOf("TaskStateEntered After"));
    expect(types.filter((type) => type === "LambdaFunctionSucceeded")).toHaveLength(1);
  });
});

describe("a document above 256 KiB", () => {
  const caught = { Catch: [{ ErrorEquals: ["States.ALL"], Next: "B" }], Retry: [{ ErrorEquals: ["States.ALL"] }] };
  const withHandler = (a: object, more: object = {}) => ({
    StartAt: "A",
    States: { A: { ...a, Next: "B" }, B: task("after", { Parameters: { small: true }, End: true }), ...more },
  });
  /** A JSON string of exactly that many bytes. */
  const text = (bytes: number) => "x".repeat(bytes - 2);

  it("fails the execution with States.DataLimitExceeded, past every Catch and Retry, when a task answers it", async () => {
    let calls = 0;
    const functions = { f: () => text(262_145 + 0 * calls++), after: () => "reached" };
    const { execution } = await run(withHandler(task("f", caught)), functions);
    expect(execution).toMatchObject({ status: "FAILED", error: "States.DataLimitExceeded" });
    expect(execution.cause).toBe(
      `The state/task '${functionArn("f")}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    );
    expect(calls).toBe(1);
  });

  it("passes at the limit, counted in bytes", async () => {
    expect((await run(withHandler(task("f")), { f: () => text(262_144), after: () => 1 })).output).toBe(1);
    const { execution } = await run(withHandler(task("f")), { f: () => "é".repeat(131_072) });
    expect(execution.error).toBe("States.DataLimitExceeded");
  });

  it("fails it when it grows by a result path, before the next function is called", async () => {
    let isReached = false;
    const { execution, types } = await run(
      withHandler(task("f", { ResultPath: "$.more", ...caught })),
      {
        f: () => text(200_000),
        after: () => {
          isReached = true;
        },
      },
      { input: { before: text(100_000) } },
    );
    expect(execution.error).toBe("States.DataLimitExceeded");
    await sleep(50);
    expect(isReached).toBe(false);
    expect(types.at(-1)).toBe("ExecutionFailed");
  });

  it("fails it when Parameters blow it up", async () => {
    const doubled = task("f", { Parameters: { "a.$": "$.x", "b.$": "$.x" }, ...caught });
    const { execution } = await run(withHandler(doubled), {}, { input: { x: text(140_000) } });
    expect(execution.error).toBe("States.DataLimitExceeded");
  });

  it("fails it inside a Parallel with a Catch, and when it is the last output", async () => {
    const inside = parallel({ In: task("f", { End: true }) }, "In", caught);
    expect((await run(withHandler(inside), { f: () => text(262_145) })).execution.error).toBe(
      "States.DataLimitExceeded",
    );
    const last = only({ Type: "Pass", Parameters: { "a.$": "$.x", "b.$": "$.x" } });
    const { execution } = await run(last, {}, { input: { x: text(140_000) } });
    expect(execution).toMatchObject({ status: "FAILED", error: "States.DataLimitExceeded" });
  });
});

describe("the end of an execution", () => {
  it("takes error and cause from a Fail state, by value or by path", async () => {
    const byValue = await run({ StartAt: "A", States: { A: { Type: "Fail", Error: "Drill.Failed", Cause: "why" } } });
    expect(byValue.execution).toMatchObject({ status: "FAILED", error: "Drill.Failed", cause: "why" });
    const byPath = await run(
      { StartAt: "A", States: { A: { Type: "Fail", ErrorPath: "$.e", CausePath: "$.c" } } },
      {},
      { input: { e: "Drill.Inconclusive", c: "nothing to look at" } },
    );
    expect(byPath.execution).toMatchObject({ error: "Drill.Inconclusive", cause: "nothing to look at" });
    const bare = await run({ StartAt: "A", States: { A: { Type: "Fail" } } });
    expect(bare.execution).not.toHaveProperty("error");
    expect(bare.execution).not.toHaveProperty("cause");
  });

  it("is TIMED_OUT when the machine's TimeoutSeconds pass", async () => {
    const { execution, types } = await run({ TimeoutSeconds: 1, ...only(task("f")) }, { f: () => sleep(1_200) });
    expect(execution).toMatchObject({ status: "TIMED_OUT", error: "States.Timeout" });
    expect(types.slice(-2)).toEqual(["TaskStateAborted", "ExecutionTimedOut"]);
  });

  it("hands falsy Pass results on", async () => {
    expect((await run(only({ Type: "Pass", Result: false }))).output).toBe(false);
    expect((await run(only({ Type: "Pass", Result: 0 }))).output).toBe(0);
  });

  it("comes after 25,000 events, even in a loop that never pauses", async () => {
    const { execution } = await run({
      StartAt: "A",
      States: {
        A: { Type: "Pass", Next: "IsOver" },
        IsOver: { Type: "Choice", Choices: [{ Variable: "$.over", IsPresent: true, Next: "Over" }], Default: "A" },
        Over: { Type: "Succeed" },
      },
    });
    expect(execution).toMatchObject({ status: "FAILED", error: "States.Runtime" });
    expect(execution.cause).toContain("25000");
  });
});

describe("a definition", () => {
  const refused = (definition: object) => {
    try {
      serve(definition);
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it.each([
    ["JSONata", { QueryLanguage: "JSONata", ...only(task("f")) }, "QueryLanguage JSONata"],
    ["JSONata in one state", only(task("f", { QueryLanguage: "JSONata" })), "QueryLanguage JSONata"],
    ["a target that is not there", { StartAt: "A", States: { A: task("f", { Next: "B" }) } }, "Missing"],
    ["a placeholder left in", only({ Type: "Task", Resource: "$".concat("{PlanDrillArn}") }), "is not the ARN"],
    [
      "an integration that is not Lambda",
      only({ Type: "Task", Resource: "arn:aws:states:::sns:publish" }),
      "is not the ARN",
    ],
    ["Assign", only(task("f", { Assign: { x: 1 } })), "Assign is not supported"],
    ["a heartbeat", only(task("f", { TimeoutSeconds: 9, HeartbeatSeconds: 5 })), "HeartbeatSeconds is not supported"],
    ["$$.State", only(task("f", { Parameters: { "at.$": "$$.State.EnteredTime" } })), "$$.State"],
    [
      "States.ALL beside another error",
      only(task("f", { Retry: [{ ErrorEquals: ["States.ALL", "X"] }] })),
      "States.ALL must be alone",
    ],
    [
      "a fault inside a branch",
      only(parallel({ B: task("f", { Assign: {}, End: true }) }, "B", {})),
      "State B: Assign",
    ],
    [
      "an intrinsic function in ErrorPath",
      { StartAt: "A", States: { A: { Type: "Fail", ErrorPath: "States.UUID()" } } },
      "intrinsic",
    ],
  ])("is refused with %s", (_, definition, message) => {
    expect(refused(definition)).toMatchObject({ code: "InvalidDefinition", message: expect.stringContaining(message) });
  });

  it("is left as it was", () => {
    const definition = only(task("f", { Retry: [{ ErrorEquals: ["X"] }] }));
    const before = structuredClone(definition);
    serve(definition);
    expect(definition).toEqual(before);
  });
});
