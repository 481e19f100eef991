/**
 * A local Lambda: runs the very bundles that are deployed, each in worker threads of its own, with Lambda's payload rules,
 * context, timeouts and error payloads. Not reproduced: frozen containers, a file system of its own, `/tmp` quotas, throttled CPU.
 */
import { randomUUID } from "node:crypto";
import type { ModelledClock } from "../clock.ts";
import { Container } from "./container.ts";
import { lambdaEnvironment, logGroupName } from "./environment.ts";
import { FunctionError } from "./function-error.ts";

/** A synchronous request's limit, 6 MB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html. */
const PAYLOAD_LIMIT_BYTES = 6_291_456;

/** Concurrent invocations of one function, the local stand-in for reserved concurrency. */
const CONTAINER_LIMIT = 10;

export interface LocalFunction {
  /** Path of `index.cjs`, which exports `handler`. */
  readonly bundle: string;
  /** Its credentials and `AWS_REGION` included. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
}

export interface LambdaRuntimeOptions {
  readonly functions: Readonly<Record<string, LocalFunction>>;
  /** Every line that a function writes to stdout or stderr. */
  readonly onLog: (functionName: string, line: string) => void;
  /** What a function answered, as its caller gets to see it; by default as it is. */
  readonly alterAnswer?: (functionName: string, answer: unknown) => unknown;
  /** For the ARNs that functions see; twelve zeros by default. */
  readonly accountId?: string;
  /** The time that functions see; the real one by default. */
  readonly clock?: Pick<ModelledClock, "shift"> | undefined;
}

export interface LambdaRuntime {
  /** Starts one container a function, all at the same time. Resolves when every bundle is loaded; rejects with the first failure. */
  prewarm(): Promise<void>;
  /**
   * Invokes a function, by name or ARN, and resolves to its result after a JSON round trip (nothing becomes null). Throws
   * FunctionError. Aborting the signal rejects with its reason, but the function runs on to its end, as it does when a real
   * client hangs up.
   */
  invoke(function_: string, payload: unknown, options?: { readonly signal?: AbortSignal }): Promise<unknown>;
  /** Ends a function's containers as a crash would: invocations in flight fail with `Runtime.ExitError`. Returns how many. */
  killFunction(functionName: string): Promise<number>;
  /** Ends a function's invocations in flight as their time limit would, at once: `Sandbox.Timedout`. Returns how many. */
  timeOutFunction(functionName: string): Promise<number>;
  /** Invocations in flight, those that nobody waits for any more included. */
  running(): number;
  /** Ends every container. Further invocations are refused. */
  close(): Promise<void>;
}

/** The containers of one function. */
class Pool {
  readonly name: string;
  readonly #function: LocalFunction;
  readonly #options: LambdaRuntimeOptions;
  readonly #idle: Container[] = [];
  readonly #busy = new Set<Container>();
  readonly #logStreamName = `local/[$LATEST]${randomUUID().replaceAll("-", "")}`;

  constructor(name: string, function_: LocalFunction, options: LambdaRuntimeOptions) {
    this.name = name;
    this.#function = function_;
    this.#options = options;
  }

  async prewarm(): Promise<void> {
    const container = this.#take();
    try {
      await container.ready;
    } finally {
      this.#giveBack(container);
    }
  }

  async invoke(payload: string): Promise<unknown> {
    const container = this.#take();
    const region = this.#function.environment["AWS_REGION"] ?? "us-east-1";
    const accountId = this.#options.accountId ?? "000000000000";
    try {
      const result = await container.invoke(payload, {
        functionName: this.name,
        functionVersion: "$LATEST",
        invokedFunctionArn: `arn:aws:lambda:${region}:${accountId}:function:${this.name}`,
        memoryLimitInMB: String(this.#function.memoryMb),
        awsRequestId: randomUUID(),
        logGroupName: logGroupName(this.name),
        logStreamName: this.#logStreamName,
      });
      const answer: unknown = JSON.parse(result);
      return this.#options.alterAnswer?.(this.name, answer) ?? answer;
    } finally {
      this.#giveBack(container);
    }
  }

  get running(): number {
    return this.#busy.size;
  }

  async timeOut(): Promise<number> {
    const containers = [...this.#busy];
    await Promise.all(containers.map((container) => container.timeOut()));
    return containers.length;
  }

  async kill(): Promise<number> {
    const containers = [...this.#idle.splice(0), ...this.#busy];
    await Promise.all(containers.map((container) => container.kill()));
    return containers.length;
  }

  #take(): Container {
    let container = this.#idle.pop();
    while (container?.isAlive === false) container = this.#idle.pop();
    container ??= this.#open();
    this.#busy.add(container);
    return container;
  }

  #open(): Container {
    if (this.#busy.size >= CONTAINER_LIMIT) {
      const errorMessage = `Rate Exceeded: ${CONTAINER_LIMIT} invocations of ${this.name} are running already`;
      throw new FunctionError(this.name, { errorType: "Lambda.TooManyRequestsException", errorMessage });
    }
    return new Container({
      functionName: this.name,
      bundle: this.#function.bundle,
      environment: lambdaEnvironment(this.name, this.#function, this.#logStreamName),
      timeoutSeconds: this.#function.timeoutSeconds,
      memoryMb: this.#function.memoryMb,
      shift: this.#options.clock?.shift,
      onLog: (line) => this.#options.onLog(this.name, line),
    });
  }

  #giveBack(container: Container): void {
    this.#busy.delete(container);
    if (container.isAlive) this.#idle.push(container);
  }
}

/** Nothing starts before the first invocation or `prewarm()`. */
export function createLambdaRuntime(options: LambdaRuntimeOptions): LambdaRuntime {
  const pools = new Map(
    Object.entries(options.functions).map(([name, function_]) => [name, new Pool(name, function_, options)]),
  );
  let isClosed = false;

  const poolOf = (nameOrArn: string): Pool => {
    const name = /^arn:[^:]+:lambda:[^:]*:[^:]*:function:([^:]+)/.exec(nameOrArn)?.[1] ?? nameOrArn;
    const pool = isClosed ? undefined : pools.get(name);
    if (pool !== undefined) return pool;
    const errorMessage = isClosed ? "the local Lambda runtime is closed" : `Function not found: ${nameOrArn}`;
    throw new FunctionError(name, { errorType: "Lambda.ResourceNotFoundException", errorMessage });
  };

  return {
    async prewarm() {
      await Promise.all([...pools.values()].map((pool) => pool.prewarm()));
    },
    async invoke(function_, payload, { signal } = {}) {
      signal?.throwIfAborted();
      const pool = poolOf(function_);
      const running = pool.invoke(encodePayload(pool.name, payload));
      return signal === undefined ? running : raceAbort(running, signal);
    },
    killFunction: async (functionName) => poolOf(functionName).kill(),
    timeOutFunction: async (functionName) => poolOf(functionName).timeOut(),
    running: () => [...pools.values()].reduce((sum, pool) => sum + pool.running, 0),
    async close() {
      isClosed = true;
      await Promise.all([...pools.values()].map((pool) => pool.kill()));
    },
  };
}

function encodePayload(functionName: string, payload: unknown): string {
  const text = JSON.stringify(payload) ?? "null";
  const bytes = Buffer.byteLength(text);
  if (bytes <= PAYLOAD_LIMIT_BYTES) return text;
  const errorMessage = `${bytes} byte payload is too large for the RequestResponse invocation type (limit ${PAYLOAD_LIMIT_BYTES} bytes)`;
  throw new FunctionError(functionName, { errorType: "Lambda.RequestTooLargeException", errorMessage });
}

/** The result, or the signal's reason where it comes first. */
export async function raceAbort<Result>(running: Promise<Result>, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([running, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
