import type { Plan } from "../src/plan/plan.ts";
import type { TemplateResource, TemplateResources } from "./plan-resources.ts";

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html: an event pattern has at most 2,048 characters. */
export const MAX_PATTERN_CHARS = 2048;
/** Medium and up: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html. A stranger that fails to log in is below. */
const LEAST_SEVERITY = 4;

/**
 * Alarms and findings that start drills: absent where no plan waits for one, and several rules where one pattern can not name them all. Both
 * arise where the database is; source-region/template.yml forwards them to the bus of this region.
 */
export function incidentRules(plans: readonly Plan[], name: string): TemplateResources {
  const threatened = plans.filter(({ incidents }) => incidents.guardduty);
  const alarms = sortedOnce(plans.flatMap(({ incidents }) => incidents.alarms));
  const clusters = sortedOnce(threatened.map(({ source }) => source.cluster));
  const regions = sortedOnce(threatened.map(({ source }) => source.region));
  return {
    ...rulesOf("DatabaseAlarmRaised", `${name}-database-alarm-raised`, alarms, alarmPattern),
    ...rulesOf("DatabaseThreatFound", `${name}-database-threat-found`, clusters, (some) =>
      findingPattern(some, regions),
    ),
    ...forwardingPolicies(plans, name),
  };
}

/** Whether anything that happens around its database starts a drill of the plan. */
export const waitsForIncidents = ({ incidents }: Plan): boolean => incidents.guardduty || incidents.alarms.length > 0;

export const alarmPattern = (alarmName: readonly string[]): object => ({
  source: ["aws.cloudwatch"],
  "detail-type": ["CloudWatch Alarm State Change"],
  detail: { alarmName, state: { value: ["ALARM"] } },
});

const findingPattern = (dbClusterIdentifier: readonly string[], region: readonly string[]): object => ({
  source: ["aws.guardduty"],
  "detail-type": ["GuardDuty Finding"],
  detail: {
    severity: [{ numeric: [">=", LEAST_SEVERITY] }],
    region,
    resource: { rdsDbInstanceDetails: { dbClusterIdentifier } },
  },
});

/**
 * Lets accounts of plans forward what these rules wait for, and nothing else, to this bus. Nobody but AWS puts events of these sources, and none
 * is taken that a rule did not forward: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
 */
function forwardingPolicies(plans: readonly Plan[], name: string): TemplateResources {
  const accounts = sortedOnce(plans.filter(waitsForIncidents).flatMap(({ source }) => source.account ?? []));
  return Object.fromEntries(
    accounts.map((account) => [
      `IncidentsOf${account}`,
      {
        Type: "AWS::Events::EventBusPolicy",
        Properties: {
          EventBusName: "default",
          StatementId: `${name}-${account}`,
          Statement: {
            Effect: "Allow",
            Principal: { AWS: joined("arn", PARTITION, "iam", "", account, "root") },
            Action: "events:PutEvents",
            Resource: joined(
              "arn",
              PARTITION,
              "events",
              { Ref: "AWS::Region" },
              { Ref: "AWS::AccountId" },
              "event-bus/default",
            ),
            Condition: {
              StringEquals: {
                "events:source": ["aws.cloudwatch", "aws.guardduty"],
                "events:detail-type": ["CloudWatch Alarm State Change", "GuardDuty Finding"],
                "events:eventBusInvocation": "true",
              },
            },
          },
        },
      },
    ]),
  );
}

function rulesOf(
  logicalId: string,
  name: string,
  values: readonly string[],
  patternOf: (values: readonly string[]) => object,
): TemplateResources {
  const rules = chunksThatFit(values, patternOf).map((some, index) => {
    const suffix = index === 0 ? "" : String(index + 1);
    const rule = ruleOf(`${name}${suffix && `-${suffix}`}`, patternOf(some));
    return [
      [`${logicalId}${suffix}`, rule],
      [`${logicalId}${suffix}Permission`, permissionOf(`${logicalId}${suffix}`)],
    ] as const;
  });
  return Object.fromEntries(rules.flat());
}

const PARTITION = { Ref: "AWS::Partition" };
const joined = (...parts: unknown[]): object => ({ "Fn::Join": [":", parts] });

/** Greedily as many values a pattern as fit. A single one always does: names have at most 255 characters, and the rest of a pattern about 200. */
function chunksThatFit(values: readonly string[], patternOf: (values: readonly string[]) => object): string[][] {
  const chunks: string[][] = [];
  for (const value of values) {
    const last = chunks.at(-1);
    if (last !== undefined && JSON.stringify(patternOf([...last, value])).length <= MAX_PATTERN_CHARS) last.push(value);
    else chunks.push([value]);
  }
  return chunks;
}

/** The target gets the whole event: a field that is missing is then an error with a name, and the event is in the dead letters. */
const ruleOf = (name: string, pattern: object): TemplateResource => ({
  Type: "AWS::Events::Rule",
  Properties: {
    Name: name,
    Description: "Starts drills of the plans that name this incident.",
    EventPattern: pattern,
    Targets: [
      {
        Id: "StartEventDrill",
        Arn: { "Fn::GetAtt": ["StartEventDrillLambdaFunction", "Arn"] },
        // As long as one incident is quiet by default: later its drill tells nobody anything that people have not found out.
        RetryPolicy: { MaximumEventAgeInSeconds: 21_600, MaximumRetryAttempts: 185 },
        DeadLetterConfig: { Arn: { "Fn::GetAtt": ["DeadLetters", "Arn"] } },
      },
    ],
  },
});

const permissionOf = (ruleId: string): TemplateResource => ({
  Type: "AWS::Lambda::Permission",
  Properties: {
    FunctionName: { "Fn::GetAtt": ["StartEventDrillLambdaFunction", "Arn"] },
    Action: "lambda:InvokeFunction",
    Principal: "events.amazonaws.com",
    SourceArn: { "Fn::GetAtt": [ruleId, "Arn"] },
  },
});

const sortedOnce = (values: readonly string[]): string[] => [...new Set(values)].sort();
