/**
 * CloudWatch's alarms: what the template's say of what was measured, and whom a change is told to. Metrics of AWS's own services are
 * those that this account has: functions' Errors, executions' ends, rules' FailedInvocations, the depth of queues. Of any other there is no data.
 */
import * as z from "zod/mini";
import { ofType, type PackagedTemplate } from "../../../packaging/template.ts";
import { isServiceAllowed } from "../iam/resource-policy.ts";
import { type AlarmStateName, type DeployedAlarm, readAlarms } from "./deployed-alarms.ts";
import { type Conclusion, evaluate } from "./evaluate.ts";
import type { Metrics } from "./metrics.ts";

export interface AlarmState extends Conclusion {
  readonly name: string;
  /** Of this evaluation: the state before, where it was another. */
  readonly changedFrom?: AlarmStateName;
  /** Actions of this evaluation that CloudWatch could not take, and why. */
  readonly failedActions: readonly string[];
}

export interface Alarms {
  /** Looks at every alarm once, as of that time, and tells of each change. By name. */
  evaluate(now?: Date): Promise<ReadonlyMap<string, AlarmState>>;
}

export interface AlarmsOptions {
  readonly template: PackagedTemplate;
  readonly accountId: string;
  readonly region: string;
  readonly metrics: Metrics;
  /** Of queues, by name, at this moment. */
  readonly depths: () => ReadonlyMap<string, number>;
  readonly publish: (message: { TopicArn: string; Subject: string; Message: string }) => Promise<unknown>;
}

const CLOUDWATCH = "cloudwatch.amazonaws.com";

/** Throws on an alarm that uses what is not modelled. */
export function openAlarms(options: AlarmsOptions): Alarms {
  const alarms = readAlarms(options.template);
  const refusal = publishRefusal(options.template);
  const states = new Map<string, AlarmStateName>(alarms.map(({ name }) => [name, "INSUFFICIENT_DATA"]));

  const act = async (
    alarm: DeployedAlarm,
    conclusion: Conclusion,
    from: AlarmStateName,
    at: Date,
  ): Promise<string[]> => {
    const failed: string[] = [];
    for (const topicArn of alarm.actions[conclusion.state]) {
      const refused = refusal(topicArn, alarm.arn);
      if (refused === undefined)
        await options.publish(messageOf(alarm, topicArn, conclusion, { from, at, ...options }));
      else failed.push(refused);
    }
    return failed;
  };

  return {
    async evaluate(now = new Date()) {
      for (const [QueueName, depth] of options.depths()) {
        const name = "ApproximateNumberOfMessagesVisible";
        options.metrics.record({ namespace: "AWS/SQS", name, dimensions: { QueueName } }, depth, now.getTime());
      }
      const seen = new Map<string, AlarmState>();
      for (const alarm of alarms) {
        const { name } = alarm;
        const from = states.get(name) ?? "INSUFFICIENT_DATA";
        const conclusion = evaluate(alarm, options.metrics, now.getTime(), from);
        const isChanged = conclusion.state !== from;
        states.set(name, conclusion.state);
        const failedActions = isChanged ? await act(alarm, conclusion, from, now) : [];
        seen.set(name, { name, ...conclusion, failedActions, ...(isChanged ? { changedFrom: from } : {}) });
      }
      return seen;
    },
  };
}

const TopicPolicy = z.object({ Topics: z.array(z.string()), PolicyDocument: z.unknown() });
const Topic = z.object({ KmsMasterKeyId: z.optional(z.string()) });
const Key = z.object({ KeyPolicy: z.unknown() });

/** Why CloudWatch may not publish: by the topic's policy, and by that of the key under which the topic is encrypted. */
function publishRefusal({ resources }: PackagedTemplate): (topicArn: string, alarmArn: string) => string | undefined {
  const policies = ofType(resources, "AWS::SNS::TopicPolicy").map(({ properties }) => z.parse(TopicPolicy, properties));
  const keyOf = (named: string) =>
    ofType(resources, "AWS::KMS::Key").find(({ arn, ref }) => named === arn || named === ref);

  return (topicArn, sourceArn) => {
    const topic = ofType(resources, "AWS::SNS::Topic").find(({ ref }) => ref === topicArn);
    if (topic === undefined) return `There is no topic ${topicArn}.`;
    const publish = { service: CLOUDWATCH, action: "sns:Publish", resource: topicArn, sourceArn };
    const documents = policies.filter(({ Topics }) => Topics.includes(topicArn));
    if (!documents.some(({ PolicyDocument }) => isServiceAllowed(PolicyDocument, publish)))
      return `No policy of ${topicArn} lets CloudWatch publish.`;
    const { KmsMasterKeyId: named } = z.parse(Topic, topic.properties);
    if (named === undefined) return undefined;
    const key = keyOf(named);
    const actions = ["kms:GenerateDataKey", "kms:Decrypt"];
    const isUsable =
      key !== undefined &&
      actions.every((action) =>
        isServiceAllowed(z.parse(Key, key.properties).KeyPolicy, {
          ...publish,
          action,
          resource: key.arn ?? "",
        }),
      );
    return isUsable ? undefined : `CloudWatch may not use the key ${named} of ${topicArn}.`;
  };
}

/** As https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html, but for the region's name in words. */
function messageOf(
  alarm: DeployedAlarm,
  TopicArn: string,
  { state, reason }: Conclusion,
  { from, at, accountId, region }: { from: AlarmStateName; at: Date; accountId: string; region: string },
) {
  const { name, arn, description, actions, watched, ...settings } = alarm;
  const body = {
    AlarmName: name,
    AlarmDescription: description,
    AWSAccountId: accountId,
    NewStateValue: state,
    NewStateReason: reason,
    StateChangeTime: at.toISOString().replace("Z", "+0000"),
    Region: region,
    AlarmArn: arn,
    OldStateValue: from,
    OKActions: actions.OK,
    AlarmActions: actions.ALARM,
    InsufficientDataActions: actions.INSUFFICIENT_DATA,
    Trigger: {
      Metrics: watched.map(({ metric, statistic }) => ({ ...metric, statistic })),
      Period: settings.periodSeconds,
      EvaluationPeriods: settings.periods,
      DatapointsToAlarm: settings.breachingPeriods,
      ComparisonOperator: settings.comparison,
      Threshold: settings.threshold,
      TreatMissingData: settings.missing,
    },
  };
  // A subject has at most 100 characters: longer ones are cut.
  return { TopicArn, Subject: `${state}: "${name}" in ${region}`.slice(0, 100), Message: JSON.stringify(body) };
}
