import * as z from "zod/mini";

/** What a Catch of the state machine puts into the document. */
export const FailureInput = z.object({ Error: z.string(), Cause: z.optional(z.string()) });

export interface Failure {
  /** The error's name, the SDK's class or ours. */
  readonly error: string;
  readonly message: string;
}

const LambdaCause = z.object({ errorMessage: z.string() });

/** A Lambda's failure carries its message inside a JSON cause; a service's failure carries plain text. */
export function readFailure(failure: z.infer<typeof FailureInput> | undefined): Failure | undefined {
  if (failure === undefined) return undefined;
  const { Error: error, Cause: cause = "" } = failure;
  return {
    error,
    message: z.safeParse(LambdaCause, parseJson(cause)).data?.errorMessage ?? (cause || `${error}, without a cause`),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
