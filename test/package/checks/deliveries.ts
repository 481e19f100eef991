/** Whether what schedules and rules deliver arrives, and is found where it does not. */
import * as z from "zod/mini";
import { MAX_PATTERN_CHARS } from "../../../packaging/incident-rules.ts";
import { isAllowed } from "../../../packaging/permissions.ts";
import { firingsOf } from "../../../packaging/schedule-expression.ts";
import type { PackagedTemplate } from "../../../packaging/template.ts";
import { readPattern } from "../../../src/local/events/pattern.ts";
import { isServiceAllowed } from "../../../src/local/iam/resource-policy.ts";
import { problemsUnless, resourcesOf, type TemplateCheck } from "./resources.ts";

const Target = z.object({
  Arn: z.string(),
  RoleArn: z.optional(z.string()),
  Input: z.optional(z.string()),
  // AWS's own where the template says nothing: a day of attempts.
  RetryPolicy: z._default(z.object({ MaximumEventAgeInSeconds: z.number(), MaximumRetryAttempts: z.number() }), {
    MaximumEventAgeInSeconds: 86_400,
    MaximumRetryAttempts: 185,
  }),
  DeadLetterConfig: z.optional(z.object({ Arn: z.string() })),
});
type Target = z.infer<typeof Target>;
const Schedule = z.object({
  GroupName: z.optional(z.string()),
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: z._default(z.string(), "UTC"),
  FlexibleTimeWindow: z.object({ Mode: z.string(), MaximumWindowInMinutes: z.optional(z.number()) }),
  Target,
});
const Rule = z.object({ EventPattern: z.unknown(), Targets: z.array(z.extend(Target, { Id: z.string() })) });
const Permission = z.object({
  FunctionName: z.string(),
  Principal: z.string(),
  Action: z.string(),
  SourceArn: z.optional(z.string()),
});
const QueuePolicy = z.object({ Queues: z.array(z.string()), PolicyDocument: z.unknown() });
const InvokeConfig = z.object({
  FunctionName: z.string(),
  DestinationConfig: z.object({ OnFailure: z.object({ Destination: z.string() }) }),
});

const isWithin = (value: number, least: number, most: number): boolean => value >= least && value <= most;

/** https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Target.html and EventBridge's API_Target are alike in this. */
const targetProblems = (
  whose: string,
  template: PackagedTemplate,
  { RetryPolicy, DeadLetterConfig }: Target,
): string[] =>
  problemsUnless(whose, {
    "an event's age is 60 s to a day": isWithin(RetryPolicy.MaximumEventAgeInSeconds, 60, 86_400),
    "it is tried 0 to 185 times again": isWithin(RetryPolicy.MaximumRetryAttempts, 0, 185),
    "what can not be delivered goes to a queue of the stack": queuesOf(template).some(
      ({ arn }) => arn === DeadLetterConfig?.Arn,
    ),
  });

const queuesOf = (template: PackagedTemplate) => resourcesOf(template, "AWS::SQS::Queue", z.unknown());

const START = { lambda: "lambda:InvokeFunction", states: "states:StartExecution" } as const;
const startingOf = (arn: string): string | undefined =>
  Object.entries(START).find(([service]) => arn.split(":")[2] === service)?.[1];

function roleMay(
  template: PackagedTemplate,
  roleArn: string | undefined,
  action: string | undefined,
  on: string,
): boolean {
  const statements = template.roles.get(roleArn ?? "") ?? [];
  return action !== undefined && isAllowed(statements, action, on);
}

/** Expressions, zones, windows and attempts that the Scheduler takes; and a role that may do what the schedule is there for. */
export const scheduleProblems: TemplateCheck = (template) => {
  const groups = resourcesOf(template, "AWS::Scheduler::ScheduleGroup", z.unknown()).map(({ ref }) => ref);
  return resourcesOf(template, "AWS::Scheduler::Schedule", Schedule).flatMap(({ id, properties }) => {
    const { GroupName, ScheduleExpression, ScheduleExpressionTimezone, FlexibleTimeWindow, Target } = properties;
    const { Mode, MaximumWindowInMinutes: window } = FlexibleTimeWindow;
    const deadLetters = Target.DeadLetterConfig?.Arn ?? "";
    return [
      ...expressionProblems(id, ScheduleExpression, ScheduleExpressionTimezone),
      ...problemsUnless(id, {
        "its group is the stack's": GroupName === undefined || groups.includes(GroupName),
        "a window is 1 to 1440 minutes where it is flexible, and none where it is not":
          Mode === "FLEXIBLE" ? isWithin(window ?? 0, 1, 1440) : Mode === "OFF" && window === undefined,
        "its input is JSON": isJson(Target.Input),
        "its role may start its target": roleMay(template, Target.RoleArn, startingOf(Target.Arn), Target.Arn),
        "its role may send dead letters": roleMay(template, Target.RoleArn, "sqs:SendMessage", deadLetters),
      }),
      ...targetProblems(id, template, Target),
    ];
  });
};

/** Any moment: no expression of the stack names a year. */
const NOW = new Date("2026-11-22T00:00:00Z");

function expressionProblems(id: string, expression: string, timezone: string): string[] {
  try {
    firingsOf(expression, timezone, NOW);
    return [];
  } catch (error) {
    return [`${id}: ${expression} in ${timezone} ${error instanceof Error ? error.message : String(error)}`];
  }
}

function isJson(text: string | undefined): boolean {
  try {
    return JSON.parse(text ?? "") !== undefined;
  } catch {
    return false;
  }
}

/** Patterns of operators that EventBridge has, targets that it may start, and dead letters that it may send. */
export const ruleProblems: TemplateCheck = (template) =>
  resourcesOf(template, "AWS::Events::Rule", Rule).flatMap(({ id, arn, properties: { EventPattern, Targets } }) => [
    ...patternProblems(id, EventPattern),
    ...problemsUnless(id, {
      "it has 1 to 5 targets of different ids":
        isWithin(Targets.length, 1, 5) && new Set(Targets.map(({ Id }) => Id)).size === Targets.length,
    }),
    ...Targets.flatMap((target) => [
      ...targetProblems(id, template, target),
      ...problemsUnless(id, {
        "it may start its target": mayRuleStart(template, arn, target),
        "it may send dead letters": mayRuleSend(template, arn, target.DeadLetterConfig?.Arn ?? ""),
      }),
    ]),
  ]);

function patternProblems(id: string, pattern: unknown): string[] {
  try {
    readPattern(pattern);
  } catch (error) {
    return [`${id}: ${error instanceof Error ? error.message : String(error)}`];
  }
  return problemsUnless(id, {
    [`its pattern has at most ${MAX_PATTERN_CHARS} characters`]: JSON.stringify(pattern).length <= MAX_PATTERN_CHARS,
  });
}

function mayRuleStart(template: PackagedTemplate, ruleArn: string, { Arn, RoleArn }: Target): boolean {
  if (startingOf(Arn) !== START.lambda) return roleMay(template, RoleArn, startingOf(Arn), Arn);
  return resourcesOf(template, "AWS::Lambda::Permission", Permission).some(
    ({ properties: { FunctionName, Principal, Action, SourceArn } }) =>
      FunctionName === Arn && Principal === "events.amazonaws.com" && Action === START.lambda && SourceArn === ruleArn,
  );
}

function mayRuleSend(template: PackagedTemplate, sourceArn: string, queueArn: string): boolean {
  const queue = queuesOf(template).find(({ arn }) => arn === queueArn);
  return resourcesOf(template, "AWS::SQS::QueuePolicy", QueuePolicy).some(
    ({ properties: { Queues, PolicyDocument } }) =>
      queue !== undefined &&
      Queues.includes(queue.ref) &&
      isServiceAllowed(PolicyDocument, {
        service: "events.amazonaws.com",
        action: "sqs:SendMessage",
        resource: queueArn,
        sourceArn,
      }),
  );
}

const ErrorsAlarm = z.object({
  MetricName: z.optional(z.string()),
  Namespace: z.optional(z.string()),
  Dimensions: z._default(z.array(z.object({ Value: z.string() })), []),
});

/** A function that schedules or rules start has nobody waiting for its answer: its failures are dead letters, or an alarm of its own. */
export const asyncFailureProblems: TemplateCheck = (template) => {
  const targets = [
    ...resourcesOf(template, "AWS::Scheduler::Schedule", Schedule).map(({ properties }) => properties.Target),
    ...resourcesOf(template, "AWS::Events::Rule", Rule).flatMap(({ properties }) => properties.Targets),
  ].map(({ Arn }) => Arn);
  const configs = resourcesOf(template, "AWS::Lambda::EventInvokeConfig", InvokeConfig);
  const alarms = resourcesOf(template, "AWS::CloudWatch::Alarm", ErrorsAlarm);
  return [...new Set(targets)].flatMap((arn) => {
    const started = template.functions.find((each) => each.arn === arn);
    if (started === undefined) return [];
    const functionName = arn.split(":").at(-1);
    const destination = configs.find(({ properties }) => [arn, functionName].includes(properties.FunctionName))
      ?.properties.DestinationConfig.OnFailure.Destination;
    const hasAlarm = alarms.some(
      ({ properties: { MetricName, Namespace, Dimensions } }) =>
        Namespace === "AWS/Lambda" && MetricName === "Errors" && Dimensions.some(({ Value }) => Value === functionName),
    );
    if (destination === undefined)
      return problemsUnless(started.name, { "its failures are dead letters or ring an alarm": hasAlarm });
    return problemsUnless(started.name, {
      "its failures go to a queue of the stack": queuesOf(template).some((queue) => queue.arn === destination),
      "its role may send dead letters": isAllowed(started.statements, "sqs:SendMessage", destination),
    });
  });
};
