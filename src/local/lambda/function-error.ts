/** What Lambda's payload says of an invocation that failed (`X-Amz-Function-Error`). */
export interface FailurePayload {
  readonly errorType: string;
  readonly errorMessage: string;
  /** The stack by line, when the handler threw; absent when the sandbox itself ended the invocation. */
  readonly trace?: readonly string[];
}

/**
 * An invocation that failed. `errorType` is the `name` of what the handler threw, or one of Lambda's own:
 * `Sandbox.Timedout`, `Runtime.ExitError`, `Runtime.OutOfMemory`, `Runtime.UnhandledPromiseRejection`, `Runtime.MarshalError`,
 * `Runtime.HandlerNotFound`, `Function.ResponseSizeTooLarge`; or, when the service refused to start one at all,
 * `Lambda.TooManyRequestsException`, `Lambda.RequestTooLargeException`, `Lambda.ResourceNotFoundException` (spelt as Step
 * Functions reports them).
 */
export class FunctionError extends Error implements FailurePayload {
  override readonly name = "FunctionError";
  readonly functionName: string;
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];

  constructor(functionName: string, failure: FailurePayload) {
    super(`${functionName}: ${failure.errorType}: ${failure.errorMessage}`);
    this.functionName = functionName;
    this.errorType = failure.errorType;
    this.errorMessage = failure.errorMessage;
    if (failure.trace !== undefined) this.trace = failure.trace;
  }
}
