/**
 * Lambda's queue of asynchronous invocations: attempts again what failed, and gives up as the template says.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
import { randomUUID } from "node:crypto";
import * as z from "zod/mini";
import { ofType, type PackagedTemplate } from "../../../packaging/template.ts";
import { FunctionError } from "../lambda/function-error.ts";
import { type DeadLetterQueues, type Sender, withLost } from "./dead-letters.ts";

export interface AsyncInvocations {
  /**
   * Resolves when the function has succeeded. Rejects with what it failed with at last, once that is where it goes, and then says why it is
   * lost if it did not get there.
   */
  invoke(functionArn: string, payload: unknown): Promise<void>;
}

export interface AsyncInvocationsOptions {
  readonly template: PackagedTemplate;
  readonly invoke: (functionArn: string, payload: unknown) => Promise<unknown>;
  readonly deadLetters: Pick<DeadLetterQueues, "send">;
}

/** "By default, Lambda retries an asynchronous invocation twice." */
const RETRIES = 2;
/** Of one function at the same time, where nothing is reserved: the runtime starts ten containers at most, and each of them costs a start. */
const CONCURRENCY = 4;

const Destination = z.object({ Destination: z.string() });
const InvokeConfig = z.object({
  FunctionName: z.string(),
  MaximumRetryAttempts: z._default(z.number(), RETRIES),
  DestinationConfig: z.optional(z.object({ OnFailure: z.optional(Destination) })),
});
const FunctionProperties = z.object({
  Role: z.string(),
  ReservedConcurrentExecutions: z.optional(z.number()),
  DeadLetterConfig: z.optional(z.object({ TargetArn: z.string() })),
});

interface Settings {
  readonly roleArn: string;
  readonly attempts: number;
  readonly destinationArn?: string | undefined;
  readonly deadLetterArn?: string | undefined;
  readonly turns: Turns;
}

interface Failure {
  readonly requestId: string;
  readonly attempts: number;
  readonly errorType: string;
  readonly errorMessage: string;
}

/** The pauses between attempts, a minute and two on AWS, are left out, and with them the age at which an event is given up. */
export function openAsyncInvocations(options: AsyncInvocationsOptions): AsyncInvocations {
  const settings = settingsByArn(options.template);

  /** Answers why a letter is lost, for each that is. */
  const giveUp = async (functionArn: string, payload: unknown, failure: Failure): Promise<string[]> => {
    const { roleArn = "", destinationArn, deadLetterArn } = settings.get(functionArn) ?? {};
    const sender: Sender = { from: functionArn, roleArn };
    const { send } = options.deadLetters;
    const { requestId, errorMessage } = failure;
    const attributes = { RequestID: requestId, ErrorCode: "200", ErrorMessage: errorMessage };
    const lost = [
      deadLetterArn && (await send(deadLetterArn, sender, { body: payload, attributes })),
      destinationArn &&
        (await send(destinationArn, sender, { body: recordOf(functionArn, payload, failure), attributes: {} })),
    ];
    return lost.filter((reason) => reason !== undefined);
  };

  return {
    async invoke(functionArn, payload) {
      const found = settings.get(functionArn);
      if (found === undefined) throw new TypeError(`The template has no function ${functionArn}.`);
      const requestId = randomUUID();
      let thrown: unknown;
      for (let attempt = 1; attempt <= found.attempts; attempt++) {
        try {
          await found.turns.take(() => options.invoke(functionArn, payload));
          return;
        } catch (error) {
          thrown = error;
        }
      }
      const failure = { requestId, attempts: found.attempts, ...describe(thrown) };
      const lost = await giveUp(functionArn, payload, failure);
      throw lost.length === 0 ? thrown : new Error(withLost(messageOf(thrown), lost), { cause: thrown });
    },
  };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
function recordOf(functionArn: string, requestPayload: unknown, failure: Failure) {
  const { requestId, attempts, errorType, errorMessage } = failure;
  return {
    version: "1.0",
    timestamp: new Date().toISOString(),
    requestContext: {
      requestId,
      functionArn: `${functionArn}:$LATEST`,
      condition: "RetriesExhausted",
      approximateInvokeCount: attempts,
    },
    requestPayload,
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    responsePayload: { errorType, errorMessage },
  };
}

/** Throws on a function that may not run at all. */
function settingsByArn({ resources }: PackagedTemplate): ReadonlyMap<string, Settings> {
  const configs = ofType(resources, "AWS::Lambda::EventInvokeConfig").map(({ properties }) =>
    z.parse(InvokeConfig, properties),
  );
  return new Map(
    ofType(resources, "AWS::Lambda::Function").map(({ ref, arn = ref, properties }) => {
      const { Role, ReservedConcurrentExecutions, DeadLetterConfig } = z.parse(FunctionProperties, properties);
      // Lambda gives up such a function's events untried; here they would wait for a turn that never comes.
      if (ReservedConcurrentExecutions === 0)
        throw new TypeError(`The local Lambda has no function that is switched off: ${arn}.`);
      const config = configs.find(({ FunctionName }) => FunctionName === ref || FunctionName === arn);
      return [
        arn,
        {
          roleArn: Role,
          attempts: 1 + (config?.MaximumRetryAttempts ?? RETRIES),
          destinationArn: config?.DestinationConfig?.OnFailure?.Destination,
          deadLetterArn: DeadLetterConfig?.TargetArn,
          turns: new Turns(Math.min(CONCURRENCY, ReservedConcurrentExecutions ?? CONCURRENCY)),
        },
      ];
    }),
  );
}

/** Lambda keeps an event that it has no concurrency for; that is no attempt. */
class Turns {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(concurrency: number) {
    this.#free = concurrency;
  }

  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

function describe(thrown: unknown): { readonly errorType: string; readonly errorMessage: string } {
  if (thrown instanceof FunctionError) return { errorType: thrown.errorType, errorMessage: thrown.errorMessage };
  return { errorType: "Error", errorMessage: String(thrown) };
}
