/** What the stack has for each plan: when it starts by itself, what else starts it, and who is paged when its drills say something bad or nothing. */
import type { Plan } from "../src/plan/plan.ts";
import { incidentRules } from "./incident-rules.ts";
import { logicalIdPart } from "./logical-ids.ts";

export interface TemplateResource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}
/** By logical id, with CloudFormation's intrinsic functions in it. */
export type TemplateResources = Readonly<Record<string, TemplateResource>>;

export interface PlanResourcesOptions {
  /** What every physical name of the stack begins with: `param:name`. */
  readonly name: string;
}

const DAY_SECONDS = 86_400;

/**
 * The resources of all plans. They refer to ScheduleGroup, ScheduleRole, DeadLetters, PageTopic, StartScheduledDrillLambdaFunction and
 * StartEventDrillLambdaFunction, and to the parameter ScheduleState. Logical ids and names come from the plans' and clusters' names alone, so
 * that a plan more or less changes nothing of the others. Whether the plans go together is not looked at here: see plan-conflicts.ts.
 */
export function planResources(plans: readonly Plan[], { name }: PlanResourcesOptions): TemplateResources {
  return {
    ...Object.fromEntries(plans.flatMap((plan) => scheduleOf(plan, name))),
    ...Object.fromEntries(plans.map((plan) => overdueAlarmOf(plan, name))),
    ...Object.fromEntries([...new Set(plans.map(databaseOf))].flatMap((each) => verdictAlarmsOf(each, name))),
    ...Object.fromEntries([...new Set(plans.map(databaseOf))].map((each) => backupsAlarmOf(each, name))),
    ...incidentRules(plans, name),
  };
}

/** As the functions publish it: plans of one cluster have one failed and one errored alarm. */
const databaseOf = ({ source }: Plan): string => source.cluster;

function scheduleOf({ plan, cadence }: Plan, name: string): [string, TemplateResource][] {
  if (cadence.schedule === undefined) return [];
  const schedule = `${name}-${plan}`;
  const properties = {
    Name: schedule,
    GroupName: { Ref: "ScheduleGroup" },
    Description: `Starts a drill of the plan ${plan}.`,
    ScheduleExpression: cadence.schedule,
    ScheduleExpressionTimezone: cadence.timezone,
    State: { Ref: "ScheduleState" },
    FlexibleTimeWindow:
      cadence.windowMinutes === 0
        ? { Mode: "OFF" }
        : { Mode: "FLEXIBLE", MaximumWindowInMinutes: cadence.windowMinutes },
    Target: {
      Arn: { "Fn::GetAtt": ["StartScheduledDrillLambdaFunction", "Arn"] },
      RoleArn: { "Fn::GetAtt": ["ScheduleRole", "Arn"] },
      // https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
      Input: JSON.stringify({ plan, schedule, slot: "<aws.scheduler.scheduled-time>" }),
      // A drill that starts hours late meets the people who did not wait for it, and the next drill.
      RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 5 },
      DeadLetterConfig: { Arn: { "Fn::GetAtt": ["DeadLetters", "Arn"] } },
    },
  };
  return [[`${logicalIdPart(plan)}Schedule`, { Type: "AWS::Scheduler::Schedule", Properties: properties }]];
}

/**
 * Of what is looked at once a day, and where no number is as bad as a bad one. It rings when there was no good number for 26 hours: at a bad one two
 * hours after the look that found it, as the good one of the day before is 26 hours old then; at none likewise. It is over with the first good one,
 * within minutes, whoever looked. CloudWatch takes what is real further back into account where hours are empty, by a few hours: it may ring so
 * much later, and never sooner. Of several numbers of an hour the best counts, as the windows' edges move and may fall anywhere between them.
 *
 * One period of a day would be a window that moves as well: it has no number in it whenever a look comes a minute later than the day before, and
 * pages for every database; and a good number would not end it while the bad one is in it, up to a day. Numbers of every hour would ring at once, and
 * cost $0.30 a month for each plan and database instead of $0.01. With `ignore` silence would be no breach: a plan that never passed has no number.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
const NOTHING_GOOD_FOR_26_HOURS = {
  Statistic: "Minimum",
  Period: 3600,
  EvaluationPeriods: 26,
  DatapointsToAlarm: 26,
  TreatMissingData: "breaching",
};

/** The watchdog publishes the age of the last pass once a day, so that a promise of a year needs no more than the week that CloudWatch looks back. */
function overdueAlarmOf({ plan, source, cadence }: Plan, name: string): [string, TemplateResource] {
  const days = cadence.everySeconds / DAY_SECONDS;
  return [
    `${logicalIdPart(plan)}OverdueAlarm`,
    pagingAlarm({
      AlarmName: `${name}-${plan}-overdue`,
      AlarmDescription: `No drill of the plan ${plan} has passed in ${days} days, or none ever. See docs/runbook.md#overdue.`,
      MetricName: "DaysSinceLastPass",
      Dimensions: dimensions({ service: name, database: source.cluster, plan }),
      Threshold: days,
      ComparisonOperator: "GreaterThanThreshold",
      ...NOTHING_GOOD_FOR_26_HOURS,
    }),
  ];
}

/** The survey publishes it once a day, also when it is 0: no number means that nobody looked. */
function backupsAlarmOf(database: string, name: string): [string, TemplateResource] {
  return [
    `${logicalIdPart(database)}BackupsAlarm`,
    pagingAlarm({
      AlarmName: `${name}-${database}-backups`,
      AlarmDescription: `Something is wrong with the backups of ${database}, or nobody could look. See docs/runbook.md#backups.`,
      MetricName: "BackupProblems",
      Dimensions: dimensions({ service: name, database }),
      Threshold: 1,
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      ...NOTHING_GOOD_FOR_26_HOURS,
    }),
  ];
}

/** They ring until a later drill of the database says otherwise: between drills there is no data, and not every verdict says something of both. */
function verdictAlarmsOf(database: string, name: string): [string, TemplateResource][] {
  const ring = {
    Dimensions: dimensions({ service: name, database }),
    Statistic: "Maximum",
    Period: 300,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: "GreaterThanOrEqualToThreshold",
    TreatMissingData: "ignore",
  };
  return [
    [
      `${logicalIdPart(database)}FailedAlarm`,
      pagingAlarm({
        AlarmName: `${name}-${database}-failed`,
        AlarmDescription: `A drill of ${database} failed, and none has passed since: what came back is wrong, or too late, or nothing came back. See docs/runbook.md#a-drill-failed.`,
        MetricName: "DrillFailed",
        ...ring,
      }),
    ],
    [
      `${logicalIdPart(database)}ErroredAlarm`,
      pagingAlarm({
        AlarmName: `${name}-${database}-errored`,
        AlarmDescription: `A drill of ${database} could not be carried out, and none since has said anything of its backups. See docs/runbook.md#a-drill-errored.`,
        MetricName: "DrillErrored",
        ...ring,
      }),
    ],
  ];
}

const pagingAlarm = (properties: Readonly<Record<string, unknown>>): TemplateResource => ({
  Type: "AWS::CloudWatch::Alarm",
  Properties: {
    ...properties,
    Namespace: "RestoreDrill",
    AlarmActions: [{ Ref: "PageTopic" }],
    OKActions: [{ Ref: "PageTopic" }],
  },
});

const dimensions = (values: Readonly<Record<string, string>>): { Name: string; Value: string }[] =>
  Object.entries(values).map(([Name, Value]) => ({ Name, Value }));
