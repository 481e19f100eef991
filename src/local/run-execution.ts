/** State machines of the local cloud as a person uses them. */
import {
  type DescribeExecutionOutput,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import type { LocalCloud } from "./cloud.ts";
import { HOME_REGION } from "./deployment.ts";

/** Starts an execution, and resolves when it has ended, however it ended. */
export async function runExecution(
  cloud: LocalCloud,
  stateMachineArn: string,
  input: object,
): Promise<DescribeExecutionOutput & { readonly executionArn: string }> {
  const { executionArn = "" } = await operatorOf(cloud).send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
  );
  return { ...(await cloud.finished(executionArn)), executionArn };
}

/** Stops every execution of the machine that runs. */
export async function stopExecutions(cloud: LocalCloud, stateMachineArn: string, cause: string): Promise<void> {
  const sfn = operatorOf(cloud);
  const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: "RUNNING" }));
  for (const { executionArn } of executions) await sfn.send(new StopExecutionCommand({ executionArn, cause }));
}

function operatorOf({ url, operator: { accessKeyId, secretAccessKey } }: LocalCloud): SFNClient {
  return new SFNClient({ region: HOME_REGION, endpoint: url, credentials: { accessKeyId, secretAccessKey } });
}
