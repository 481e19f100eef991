import { type DescribeExecutionOutput, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import type { LocalCloud } from "./cloud.ts";
import { HOME_REGION } from "./deployment.ts";

/** Starts an execution as a person would, and resolves when it has ended, however it ended. */
export async function runExecution(
  cloud: LocalCloud,
  stateMachineArn: string,
  input: object,
): Promise<DescribeExecutionOutput & { readonly executionArn: string }> {
  const { accessKeyId, secretAccessKey } = cloud.operator;
  const sfn = new SFNClient({
    region: HOME_REGION,
    endpoint: cloud.url,
    credentials: { accessKeyId, secretAccessKey },
  });
  const { executionArn = "" } = await sfn.send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
  );
  return { ...(await cloud.finished(executionArn)), executionArn };
}
