/** Starts what a rule or schedule names, if the template lets it. */
import * as z from "zod/mini";
import type { PackagedTemplate } from "../../../packaging/template.ts";
import type { Authoriser } from "../iam/authoriser.ts";
import { isMachine, type Target } from "./deployed.ts";

export interface Source {
  readonly service: "events" | "scheduler";
  /** Of the rule or schedule. */
  readonly arn: string;
}

/** Rejects when the target may not be started. `ended` rejects when a function failed to the end; an execution may end as it likes. */
export type StartTarget = (
  target: Target,
  input: unknown,
  source: Source,
) => Promise<{ readonly ended: Promise<unknown> }>;

export interface StartTargetOptions {
  readonly template: PackagedTemplate;
  readonly authoriser: Authoriser;
  /** Resolves to the execution's ARN. */
  readonly startExecution: (machineArn: string, input: string) => Promise<string>;
  readonly finished: (executionArn: string) => Promise<unknown>;
  readonly invoke: (functionArn: string, payload: unknown) => Promise<unknown>;
}

/** "By default, Lambda retries an asynchronous invocation twice": https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const INVOCATION_ATTEMPTS = 3;

const Permission = z.object({
  Action: z.literal("lambda:InvokeFunction"),
  FunctionName: z.string(),
  Principal: z.string(),
  SourceArn: z.optional(z.string()),
});

export function targetStarter(options: StartTargetOptions): StartTarget {
  const permissions = Object.values(options.template.resources)
    .filter(({ type }) => type === "AWS::Lambda::Permission")
    .map(({ properties }) => z.parse(Permission, properties));

  const isPermitted = (functionArn: string, { service, arn }: Source): boolean =>
    permissions.some(
      ({ FunctionName, Principal, SourceArn }) =>
        (FunctionName === functionArn || functionArn.endsWith(`:function:${FunctionName}`)) &&
        Principal === `${service}.amazonaws.com` &&
        (SourceArn === undefined || SourceArn === arn),
    );

  const authorise = async ({ arn, roleArn }: Target, source: Source): Promise<void> => {
    // A rule invokes a function by the function's own policy, and everything else under its role.
    if (roleArn === undefined) {
      if (!isMachine(arn) && isPermitted(arn, source)) return;
      throw new Error(`Nothing permits ${source.arn} to start ${arn}.`);
    }
    const action = isMachine(arn) ? "states:StartExecution" : "lambda:InvokeFunction";
    const refusal = await options.authoriser.refusal(roleArn, source.service, { action, resource: arn });
    if (refusal !== undefined) throw new Error(refusal);
  };

  return async (target, input, source) => {
    await authorise(target, source);
    if (!isMachine(target.arn)) return { ended: invokeToTheEnd(() => options.invoke(target.arn, input)) };
    const executionArn = await options.startExecution(target.arn, JSON.stringify(input));
    return { ended: options.finished(executionArn) };
  };
}

/** The pauses between attempts, a minute and two on AWS, are left out. */
async function invokeToTheEnd(invoke: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await invoke();
      return;
    } catch (error) {
      if (attempt === INVOCATION_ATTEMPTS) throw error;
    }
  }
}
