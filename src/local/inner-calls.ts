/** What one service of the account asks of another: nothing of it crosses the wire. */
import type { DescribeExecutionOutput, StartExecutionOutput } from "@aws-sdk/client-sfn";
import { ACCOUNT_ID } from "./account.ts";
import { HOME_REGION } from "./deployment.ts";
import type { Authoriser } from "./iam/authoriser.ts";
import { FunctionError } from "./lambda/function-error.ts";
import type { StatesService } from "./services/states.ts";
import type { CallContext } from "./wire/service.ts";

/** Throws what Step Functions reports when the machine's role may not invoke the function. */
export async function requireInvocable(
  authoriser: Authoriser,
  roleArn: string,
  execution: string,
  functionArn: string,
): Promise<void> {
  const request = { action: "lambda:InvokeFunction", resource: functionArn };
  const errorMessage = await authoriser.refusal(roleArn, execution, request);
  if (errorMessage === undefined) return;
  throw new FunctionError(functionArn, { errorType: "Lambda.AWSLambdaException", errorMessage });
}

/** Of a call that one service makes to another, without a signature. */
export const innerContext = (): CallContext => ({
  region: HOME_REGION,
  accountId: ACCOUNT_ID,
  principal: { name: "aws", accessKeyId: "", secretAccessKey: "" },
  signal: new AbortController().signal,
});

/** Step Functions as other services of the account call it. */
export function executionsOf(states: StatesService) {
  const context = innerContext();
  const call = (operation: string, input: object) => states.operations[operation]?.(input, context);
  return {
    finished: (executionArn: string) => states.executionFinished(executionArn),
    describe: (executionArn: string) => call("DescribeExecution", { executionArn }) as DescribeExecutionOutput,
    startExecution: async (stateMachineArn: string, input: string): Promise<string> => {
      const { executionArn = "" } = (await call("StartExecution", { stateMachineArn, input })) as StartExecutionOutput;
      return executionArn;
    },
  };
}
