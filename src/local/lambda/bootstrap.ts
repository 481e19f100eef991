/**
 * Runs inside the worker thread: loads one bundle and answers invocations one at a time, the way Lambda's Node runtime does
 * (https://github.com/aws/aws-lambda-nodejs-runtime-interface-client). It imports nothing that is not erased, a modelled clock's
 * shift aside, so that a worker is up as fast as its bundle loads.
 */
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import type { FailurePayload } from "./function-error.ts";
import type { Invocation, WorkerData, WorkerMessage } from "./messages.ts";

type Handler = (event: unknown, context: object) => unknown;

const say = (message: WorkerMessage): void => parentPort?.postMessage(message);

process.on("unhandledRejection", (reason) => {
  const { errorMessage, trace } = describeFailure(reason);
  const failure = { errorType: "Runtime.UnhandledPromiseRejection", errorMessage, ...(trace ? { trace } : {}) };
  say({ kind: "broken", failure });
  process.exit(128);
});

function describeFailure(thrown: unknown): FailurePayload {
  if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  return { errorType: thrown.name, errorMessage: thrown.message, trace: (thrown.stack ?? "").split("\n") };
}

function loadHandler(bundle: string): Handler {
  const { handler } = createRequire(bundle)(bundle) as { handler?: unknown };
  if (typeof handler !== "function") {
    throw named("Runtime.HandlerNotFound", `index.handler is undefined or not exported: ${bundle}`);
  }
  if (handler.length > 2) {
    throw named("Runtime.CallbackHandlerDeprecated", "nodejs24.x has no callback handlers: return a promise instead");
  }
  return handler as Handler;
}

function named(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

async function answer(handler: Handler, { payload, context, deadlineEpochMs }: Invocation): Promise<WorkerMessage> {
  const getRemainingTimeInMillis = (): number => Math.max(0, deadlineEpochMs - Date.now());
  try {
    const result = await handler(JSON.parse(payload), {
      ...context,
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis,
    });
    return { kind: "done", result: stringify(result) };
  } catch (thrown) {
    return { kind: "failed", failure: describeFailure(thrown) };
  }
}

/** Lambda's logs may come late; here whoever has the answer has seen them, and the metrics in them. */
async function logged(): Promise<void> {
  const streams = [process.stdout, process.stderr];
  await Promise.all(streams.map((stream) => new Promise<void>((resolve) => stream.write("", () => resolve()))));
}

function stringify(result: unknown): string {
  try {
    return JSON.stringify(result) ?? "null";
  } catch (error) {
    throw named("Runtime.MarshalError", `Unable to stringify response body: ${String(error)}`);
  }
}

try {
  const { bundle, shift } = workerData as WorkerData;
  // Before the bundle loads: its modules may keep the Date they find.
  if (shift !== undefined) (await import("./shifted-date.ts")).followShift(shift);
  const handler = loadHandler(bundle);
  parentPort?.on("message", async (invocation: Invocation) => {
    const message = await answer(handler, invocation);
    await logged();
    say(message);
  });
  say({ kind: "ready" });
} catch (error) {
  say({ kind: "broken", failure: describeFailure(error) });
  process.exit(1);
}
