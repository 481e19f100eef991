/** Starts what a rule or schedule names, if the template lets it. */
import * as z from "zod/mini";
import { ofType, type PackagedTemplate } from "../../../packaging/template.ts";
import type { Authoriser } from "../iam/authoriser.ts";
import { isServiceAllowed } from "../iam/resource-policy.ts";
import type { AsyncInvocations } from "./async-invocations.ts";
import { isMachine, type Target } from "./deployed.ts";

/** What starts a target. */
export interface Source {
  readonly service: "events" | "scheduler";
  /** Of the rule or schedule. */
  readonly arn: string;
  /** On whose behalf a role is assumed, where that is another: a schedule's group. */
  readonly assumesFor?: string;
}

/** Rejects when the target may not be started. `ended` rejects when a function failed to the end; an execution may end as it likes. */
export type StartTarget = (
  target: Target,
  input: unknown,
  source: Source,
) => Promise<{ readonly ended: Promise<unknown> }>;

export interface StartTargetOptions {
  readonly template: PackagedTemplate;
  readonly authoriser: Pick<Authoriser, "refusal">;
  /** Resolves to the execution's ARN. */
  readonly startExecution: (machineArn: string, input: string) => Promise<string>;
  readonly finished: (executionArn: string) => Promise<unknown>;
  /** Resolves when the function has succeeded, in whatever attempt. */
  readonly invoke: AsyncInvocations["invoke"];
}

const Permission = z.object({
  Action: z.literal("lambda:InvokeFunction"),
  FunctionName: z.string(),
  Principal: z.string(),
  SourceArn: z.optional(z.string()),
});

const Role = z.object({ AssumeRolePolicyDocument: z.unknown() });

export function targetStarter(options: StartTargetOptions): StartTarget {
  const { resources } = options.template;
  const permissions = ofType(resources, "AWS::Lambda::Permission").map(({ properties }) =>
    z.parse(Permission, properties),
  );
  const trusts = new Map(
    ofType(resources, "AWS::IAM::Role").map(({ arn = "", properties }) => [
      arn,
      z.parse(Role, properties).AssumeRolePolicyDocument,
    ]),
  );

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
    const [service, sourceArn] = [`${source.service}.amazonaws.com`, source.assumesFor ?? source.arn];
    const assume = { service, action: "sts:AssumeRole", resource: roleArn, sourceArn };
    if (!isServiceAllowed(trusts.get(roleArn) ?? { Statement: [] }, assume))
      throw new Error(`${roleArn} does not trust ${service} on behalf of ${sourceArn}.`);
    const action = isMachine(arn) ? "states:StartExecution" : "lambda:InvokeFunction";
    const refusal = await options.authoriser.refusal(roleArn, source.service, { action, resource: arn });
    if (refusal !== undefined) throw new Error(refusal);
  };

  return async (target, input, source) => {
    await authorise(target, source);
    if (!isMachine(target.arn)) return { ended: options.invoke(target.arn, input) };
    const executionArn = await options.startExecution(target.arn, JSON.stringify(input));
    return { ended: options.finished(executionArn) };
  };
}
