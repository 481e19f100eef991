/**
 * An error as the Amazon States Language has it: `name` is the `Error`, `message` the `Cause`. `aws-local-stepfunctions` asks the
 * two flags before it looks at Retry and Catch, which is how a terminal error passes every `States.ALL`.
 */
export class StateError extends Error {
  readonly isRetryable: boolean;
  readonly isCatchable: boolean;

  constructor(error: string, cause: string, { isTerminal = false } = {}) {
    super(cause);
    this.name = error;
    this.isRetryable = !isTerminal;
    this.isCatchable = !isTerminal;
  }
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html: `States.ALL` does not catch it. */
export function dataLimitExceeded(stateOrResource: string): StateError {
  const cause = `The state/task '${stateOrResource}' returned a result with a size exceeding the maximum number of bytes service limit.`;
  return new StateError("States.DataLimitExceeded", cause, { isTerminal: true });
}

/**
 * What Step Functions makes of a failed Lambda invocation: `Error` is the payload's `errorType`, `Cause` the payload as JSON.
 *
 * A function that runs out of time or memory: AWS's page (bp-lambda-serviceexception) says `Lambda.Unknown`. That is what is reported
 * when the payload has no `errorType`; payloads have one by now (`Sandbox.Timedout`, `Runtime.OutOfMemory`), which is then the `Error`, as
 * state machines that retry on it by name show (aws-solutions-library-samples/accelerated-intelligent-document-processing-on-aws#917).
 * A Catch should tolerate both.
 */
export function lambdaFailure(thrown: unknown): StateError {
  const { errorType, errorMessage, trace } = (typeof thrown === "object" && thrown !== null ? thrown : {}) as {
    errorType?: unknown;
    errorMessage?: unknown;
    trace?: unknown;
  };
  if (typeof errorType === "string") {
    return new StateError(errorType, JSON.stringify({ errorType, errorMessage, trace }));
  }
  const payload = JSON.stringify({ errorMessage: thrown instanceof Error ? thrown.message : String(thrown) });
  return new StateError(
    "Lambda.Unknown",
    `The cause could not be determined because Lambda did not return an error type. Returned payload: ${payload}`,
  );
}
