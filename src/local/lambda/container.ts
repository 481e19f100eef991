import { EventEmitter } from "node:events";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";
import type { FailurePayload } from "./function-error.ts";
import { FunctionError } from "./function-error.ts";
import type { ContextData, Invocation, WorkerData, WorkerMessage } from "./messages.ts";

/** Lambda gives a function's start 10 s; thrice that here, where every function starts at once on a few cores. */
const INIT_LIMIT_MS = 30_000;

/** A synchronous response's limit: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html. */
const RESPONSE_LIMIT_BYTES = 6_291_556;

export interface ContainerOptions {
  readonly functionName: string;
  readonly bundle: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly shift: SharedArrayBuffer | undefined;
  readonly onLog: (line: string) => void;
}

/**
 * One warm Lambda container: a worker thread that has the function's bundle loaded and takes one invocation at a time.
 * Unlike Lambda it is not frozen between invocations, and it shares this process's working directory.
 */
export class Container {
  /** Settles when the bundle is loaded; rejects with the FunctionError that loading ended in. */
  readonly ready: Promise<void>;
  readonly #options: ContainerOptions;
  readonly #worker: Worker;
  readonly #outcomes = new EventEmitter();
  #broken: FailurePayload | undefined;
  #isGone = false;

  constructor(options: ContainerOptions) {
    this.#options = options;
    this.#worker = new Worker(new URL("./bootstrap.ts", import.meta.url), {
      workerData: { bundle: options.bundle, shift: options.shift } satisfies WorkerData,
      env: { ...options.environment, LAMBDA_TASK_ROOT: dirname(options.bundle) },
      argv: [],
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: options.memoryMb },
    });
    // An idle container must not keep the process alive; the clock of each invocation does while one runs.
    this.#worker.unref();
    for (const stream of [this.#worker.stdout, this.#worker.stderr]) {
      createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", options.onLog);
    }
    this.#worker.on("message", (message: WorkerMessage) => this.#hear(message));
    this.#worker.on("error", (error: NodeJS.ErrnoException) => {
      this.#broken ??= describeCrash(error);
    });
    this.#worker.on("exit", (status) => this.#end(status));
    this.ready = this.#start();
    // Reported by the first invocation, which awaits it; a container that nobody invokes may fail in silence.
    this.ready.catch(() => {});
  }

  /** False once the worker has ended or is about to, whatever ended it: take another container. */
  get isAlive(): boolean {
    return !this.#isGone && this.#broken === undefined;
  }

  /** Result as JSON text. Throws FunctionError: what the handler threw, or how the container ended. */
  async invoke(payload: string, context: ContextData): Promise<string> {
    await this.ready;
    const { timeoutSeconds } = this.#options;
    const invocation: Invocation = { payload, context, deadlineEpochMs: Date.now() + timeoutSeconds * 1000 };
    const outcome = this.#outcome(timeoutSeconds * 1000, timedOut(timeoutSeconds, context.awsRequestId));
    this.#worker.postMessage(invocation);
    const message = await outcome;
    if (message.kind !== "done") throw this.#failure(message, context.awsRequestId);
    if (Buffer.byteLength(message.result) > RESPONSE_LIMIT_BYTES) {
      const errorMessage = `Response payload size exceeded maximum allowed payload size (${RESPONSE_LIMIT_BYTES} bytes).`;
      throw new FunctionError(this.#options.functionName, { errorType: "Function.ResponseSizeTooLarge", errorMessage });
    }
    return message.result;
  }

  /** Ends the worker as its time limit would, at once; an invocation in flight fails with `Sandbox.Timedout`. Resolves when it is gone. */
  async timeOut(): Promise<void> {
    this.#broken ??= timedOut(this.#options.timeoutSeconds, "?");
    await this.#worker.terminate();
  }

  /** Ends the worker at once; an invocation in flight fails with `Runtime.ExitError`. Resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#worker.terminate();
  }

  async #start(): Promise<void> {
    const message = await this.#outcome(INIT_LIMIT_MS, {
      errorType: "Sandbox.Timedout",
      errorMessage: `Error: Init timed out after ${INIT_LIMIT_MS / 1000} seconds`,
    });
    if (message.kind !== "ready") throw this.#failure(message, "init");
  }

  /** The next message of the worker, or `broken` when it ends or the limit passes first (then it is ended). */
  async #outcome(limitMs: number, late: FailurePayload): Promise<WorkerMessage> {
    if (this.#isGone) return { kind: "broken", failure: this.#broken ?? describeExit(0) };
    const { promise, resolve } = Promise.withResolvers<WorkerMessage>();
    const clock = setTimeout(() => {
      this.#broken = late;
      resolve({ kind: "broken", failure: late });
      void this.#worker.terminate();
    }, limitMs);
    this.#outcomes.once("outcome", resolve);
    try {
      return await promise;
    } finally {
      clearTimeout(clock);
      this.#outcomes.removeListener("outcome", resolve);
    }
  }

  #hear(message: WorkerMessage): void {
    if (message.kind === "broken") this.#broken = message.failure;
    else this.#outcomes.emit("outcome", message);
  }

  #end(status: number): void {
    this.#isGone = true;
    this.#outcomes.emit("outcome", { kind: "broken", failure: this.#broken ?? describeExit(status) });
  }

  #failure(message: WorkerMessage, requestId: string): FunctionError {
    const failure = "failure" in message ? message.failure : describeExit(0);
    const errorMessage = failure.errorMessage.replace("RequestId: ?", `RequestId: ${requestId}`);
    return new FunctionError(this.#options.functionName, { ...failure, errorMessage });
  }
}

function timedOut(timeoutSeconds: number, requestId: string): FailurePayload {
  const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
  return { errorType: "Sandbox.Timedout", errorMessage };
}

function describeCrash(error: NodeJS.ErrnoException): FailurePayload {
  if (error.code === "ERR_WORKER_OUT_OF_MEMORY") {
    const errorMessage = "RequestId: ? Error: Runtime exited with error: signal: killed";
    return { errorType: "Runtime.OutOfMemory", errorMessage };
  }
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? "").split("\n") };
}

function describeExit(status: number): FailurePayload {
  const reason = status === 0 ? "without providing a reason" : `with error: exit status ${status}`;
  return { errorType: "Runtime.ExitError", errorMessage: `RequestId: ? Error: Runtime exited ${reason}` };
}
