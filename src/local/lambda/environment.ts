/**
 * The environment variables Lambda sets for a nodejs24.x function
 * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html), under the function's own. Nothing of this process's
 * environment is handed on: a function sees what its deployment gives it. `_X_AMZN_TRACE_ID` is absent, tracing being off.
 */
export function lambdaEnvironment(
  functionName: string,
  { environment, memoryMb }: { environment: Readonly<Record<string, string>>; memoryMb: number },
  logStreamName: string,
): Record<string, string> {
  const region = environment["AWS_REGION"] ?? "us-east-1";
  return {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    _HANDLER: "index.handler",
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: logGroupName(functionName),
    AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
    ...environment,
  };
}

export function logGroupName(functionName: string): string {
  return `/aws/lambda/${functionName}`;
}
