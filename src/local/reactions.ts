/** What the account does by itself: EventBridge, its Scheduler, Lambda's asynchronous invocations, and CloudWatch. */
import { ofType, type PackagedTemplate } from "../../packaging/template.ts";
import { ACCOUNT_ID } from "./account.ts";
import { type Alarms, openAlarms } from "./alarms/alarms.ts";
import type { Metrics } from "./alarms/metrics.ts";
import { HOME_REGION } from "./deployment.ts";
import { openAsyncInvocations } from "./events/async-invocations.ts";
import { type DeadLetter, openDeadLetterQueues } from "./events/dead-letters.ts";
import { type EventBus, openEventBus } from "./events/event-bus.ts";
import { targetStarter } from "./events/start-target.ts";
import type { Authoriser } from "./iam/authoriser.ts";
import { executionsOf, innerContext } from "./inner-calls.ts";
import type { ExecutionEvent, StatesService } from "./services/states.ts";
import type { Service } from "./wire/service.ts";

export interface Reactions {
  readonly events: EventBus;
  readonly deadLetters: readonly DeadLetter[];
  readonly alarms: Alarms;
}

export interface ReactionsOptions {
  readonly template: PackagedTemplate;
  readonly authoriser: Authoriser;
  readonly states: StatesService;
  readonly sns: Service;
  readonly metrics: Metrics;
  readonly invoke: (functionArn: string, payload: unknown) => Promise<unknown>;
}

export function openReactions(options: ReactionsOptions): Reactions {
  const { template, authoriser, states, metrics } = options;
  const place = { accountId: ACCOUNT_ID, region: HOME_REGION };
  const deadLetters = openDeadLetterQueues(template, authoriser);
  const { invoke } = openAsyncInvocations({ template, deadLetters, invoke: options.invoke });
  const { finished, startExecution, describe } = executionsOf(states);
  const events = openEventBus({
    ...place,
    template,
    start: targetStarter({ template, authoriser, startExecution, finished, invoke }),
    deadLetters,
    describe,
    finished,
    onFailedInvocation: (RuleName) =>
      metrics.record({ namespace: "AWS/Events", name: "FailedInvocations", dimensions: { RuleName } }, 1),
  });
  const queues = ofType(template.resources, "AWS::SQS::Queue");
  const alarms = openAlarms({
    ...place,
    template,
    metrics,
    depths: () => new Map(queues.map(({ arn = "" }) => [nameOf(arn), depthOf(arn)])),
    publish: async (message) => options.sns.operations["Publish"]?.(message, innerContext()),
  });
  const depthOf = (arn: string): number => deadLetters.letters.filter(({ queueArn }) => queueArn === arn).length;
  return { events, deadLetters: deadLetters.letters, alarms };
}

const nameOf = (arn: string): string => arn.slice(arn.lastIndexOf(":") + 1);

/** Errors as Lambda publishes them: with every invocation, also when there was none. */
export async function measured<Result>(metrics: Metrics, functionArn: string, work: Promise<Result>): Promise<Result> {
  const count = (errors: number): void =>
    metrics.record(
      { namespace: "AWS/Lambda", name: "Errors", dimensions: { FunctionName: nameOf(functionArn) } },
      errors,
    );
  try {
    const result = await work;
    count(0);
    return result;
  } catch (error) {
    count(1);
    throw error;
  }
}

/** `ExecutionFailed` is counted as `ExecutionsFailed`. */
export function countExecution(metrics: Metrics, { executionArn, type }: ExecutionEvent): void {
  const [, ended] = /^Execution(Failed|TimedOut|Aborted|Succeeded|Started)$/.exec(type) ?? [];
  if (ended === undefined) return;
  const StateMachineArn = executionArn.replace(":execution:", ":stateMachine:").replace(/:[^:]*$/, "");
  metrics.record({ namespace: "AWS/States", name: `Executions${ended}`, dimensions: { StateMachineArn } }, 1);
}
