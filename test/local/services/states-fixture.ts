import type { DescribeExecutionOutput, HistoryEvent } from "@aws-sdk/client-sfn";
import type { StatesService, StatesServiceOptions } from "../../../src/local/services/states.ts";
import { statesService } from "../../../src/local/services/states.ts";
import type { CallContext } from "../../../src/local/wire/service.ts";

export const MACHINE_ARN = "arn:aws:states:eu-west-1:111122223333:stateMachine:drill";
export const functionArn = (name: string): string => `arn:aws:lambda:eu-west-1:111122223333:function:${name}`;

export const CONTEXT: CallContext = {
  region: "eu-west-1",
  accountId: "111122223333",
  principal: { name: "tester", accessKeyId: "AKID", secretAccessKey: "secret" },
  signal: new AbortController().signal,
};

/** What a function does, by the last word of its ARN. */
export type Functions = Record<string, (input: never, signal: AbortSignal) => unknown>;

/** A Task state that invokes the function of that name. */
export const task = (name: string, more: object = {}): object => ({
  Type: "Task",
  Resource: functionArn(name),
  ...more,
});

export function serve(definition: object, functions: Functions = {}, options: Partial<StatesServiceOptions> = {}) {
  const service = statesService({
    region: "eu-west-1",
    accountId: "111122223333",
    machines: [{ name: "drill", definition }],
    invoke: async (arn, payload, signal) => functions[arn.split(":").at(-1) ?? ""]?.(payload as never, signal),
    timeScale: 0,
    ...options,
  });
  return { service, call: caller(service) };
}

const caller =
  (service: StatesService) =>
  // biome-ignore lint/suspicious/noExplicitAny: each test knows the shape of the answer it asks for
  async (operation: string, input: object, context: CallContext = CONTEXT): Promise<any> =>
    service.operations[operation]?.(input, context);

/** Runs one execution to its end. */
export async function run(
  definition: object,
  functions: Functions = {},
  { input = {}, ...options }: { input?: unknown } & Partial<StatesServiceOptions> = {},
): Promise<{ execution: DescribeExecutionOutput; output: unknown; events: HistoryEvent[]; types: string[] }> {
  const { service, call } = serve(definition, functions, options);
  const { executionArn } = await call("StartExecution", { stateMachineArn: MACHINE_ARN, input: JSON.stringify(input) });
  const execution = await service.executionFinished(executionArn);
  const { events } = await call("GetExecutionHistory", { executionArn, maxResults: 1000 });
  const types = (events as HistoryEvent[]).map((event) => {
    const name = event.stateEnteredEventDetails?.name ?? event.stateExitedEventDetails?.name;
    return name === undefined ? String(event.type) : `${event.type} ${name}`;
  });
  return { execution, output: execution.output && JSON.parse(execution.output), events, types };
}

/** An error as the Lambda runtime reports it. */
export function lambdaError(errorType: string, errorMessage = "it broke"): Error {
  return Object.assign(new Error(errorMessage), { errorType, errorMessage, trace: [`${errorType}: ${errorMessage}`] });
}
