import type { FailurePayload } from "./function-error.ts";

/** The parts of Lambda's context object that are plain data; `bootstrap.ts` adds the clock. */
export interface ContextData {
  readonly functionName: string;
  readonly functionVersion: "$LATEST";
  readonly invokedFunctionArn: string;
  /** A string, as Lambda's Node runtime has it. */
  readonly memoryLimitInMB: string;
  readonly awsRequestId: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
}

export interface WorkerData {
  readonly bundle: string;
  /** A modelled clock's. */
  readonly shift: SharedArrayBuffer | undefined;
}

export interface Invocation {
  /** JSON text: what crosses the border is what the real service would carry. */
  readonly payload: string;
  readonly context: ContextData;
  readonly deadlineEpochMs: number;
}

/** A worker says `ready` once its bundle is loaded, then one `done` or `failed` an invocation; `broken` is its last word. */
export type WorkerMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly result: string }
  | { readonly kind: "failed"; readonly failure: FailurePayload }
  | { readonly kind: "broken"; readonly failure: FailurePayload };
