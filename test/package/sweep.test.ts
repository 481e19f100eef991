import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { type PackagedTemplate, readPackagedTemplate } from "../../packaging/template.ts";
import { SweepInput } from "../../src/sweep/sweep.ts";
import { packagedService } from "./packaged-service.ts";

const ACCOUNT = "111122223333";
let template: PackagedTemplate;
beforeAll(async () => {
  template = await readPackagedTemplate(await packagedService(), { accountId: ACCOUNT });
});

const propertiesOf = (logicalId: string): unknown => template.resources[logicalId]?.properties;
const topic = `arn:aws:sns:eu-central-1:${ACCOUNT}:restore-drill-outcomes`;

describe("the schedule of sweeps", () => {
  it("calls the sweep every hour, with what it understands, and no setting turns it off", () => {
    expect(propertiesOf("SweepSchedule")).toMatchObject({ ScheduleExpression: "rate(1 hour)", State: "ENABLED" });
    const { Target } = z.parse(
      z.object({ Target: z.object({ Arn: z.string(), Input: z.string() }) }),
      propertiesOf("SweepSchedule"),
    );
    expect(Target.Arn).toBe(template.functions.find(({ name }) => name === "sweep")?.arn);
    expect(SweepInput.parse(JSON.parse(Target.Input))).toEqual({});
  });
});

describe("the alarms", () => {
  const Dimensions = z.array(z.object({ Name: z.string(), Value: z.string() }));
  const Told = z.object({
    AlarmDescription: z.string(),
    AlarmActions: z.array(z.string()),
  });
  const Alarm = z.object({
    Namespace: z.string(),
    MetricName: z.string(),
    Dimensions,
    Statistic: z.string(),
    Period: z.number(),
    EvaluationPeriods: z.number(),
    Threshold: z.number(),
    ComparisonOperator: z.string(),
    TreatMissingData: z.string(),
  });
  let all: unknown[];
  /** Those of one metric. */
  let alarms: z.infer<typeof Alarm>[];
  beforeAll(() => {
    const found = Object.entries(template.resources).filter(([, { type }]) => type === "AWS::CloudWatch::Alarm");
    all = found.map(([, { properties }]) => properties);
    alarms = found.flatMap(([id, { properties }]) => (id === "UnfinishedDrillAlarm" ? [] : [Alarm.parse(properties)]));
  });

  it("see a leak, what is not ours, a region that was not swept, leftovers, and a sweep that fails or is silent", () => {
    expect(alarms.map(({ MetricName, Statistic }) => `${Statistic} ${MetricName}`).sort()).toEqual([
      "Maximum Leftovers",
      "Maximum SweepFailedRegions",
      "Maximum SweepFound",
      "Maximum SweepNotOurs",
      "SampleCount SweepFound",
      "Sum Errors",
    ]);
  });

  it("ring at the first one; the silent one after three hours, when data is missing", () => {
    for (const alarm of alarms) {
      const isOfSilence = alarm.Statistic === "SampleCount";
      expect(alarm).toMatchObject(
        isOfSilence
          ? {
              ComparisonOperator: "LessThanThreshold",
              TreatMissingData: "breaching",
              EvaluationPeriods: 3,
              Period: 3600,
            }
          : {
              ComparisonOperator: "GreaterThanOrEqualToThreshold",
              TreatMissingData: "notBreaching",
              EvaluationPeriods: 1,
            },
      );
      expect(alarm.Threshold).toBe(1);
      // CloudWatch sees no further than seven days.
      expect(alarm.Period * alarm.EvaluationPeriods).toBeLessThanOrEqual(604_800);
    }
  });

  it("tell the topic, and each says what to do", () => {
    expect(all).toHaveLength(7);
    for (const { AlarmActions, AlarmDescription } of z.parse(z.array(Told), all)) {
      expect(AlarmActions).toEqual([topic]);
      expect(AlarmDescription).toMatch(/restore-drill-sweep|docs\/runbook\.md|log/);
    }
  });

  it("watch the dimension that is published: the service, of Powertools, or the function's own name", () => {
    for (const { Namespace, Dimensions } of alarms)
      expect(Dimensions).toEqual(
        Namespace === "AWS/Lambda"
          ? [{ Name: "FunctionName", Value: "restore-drill-sweep" }]
          : [{ Name: "service", Value: "restore-drill" }],
      );
  });
});

describe("the alarm on drills that nobody finished", () => {
  const Metric = z.object({
    Id: z.string(),
    Expression: z.optional(z.string()),
    ReturnData: z.boolean(),
    MetricStat: z.optional(
      z.object({
        Stat: z.string(),
        Metric: z.object({
          Namespace: z.string(),
          MetricName: z.string(),
          Dimensions: z.array(z.object({ Name: z.string(), Value: z.string() })),
        }),
      }),
    ),
  });

  it("adds up how finish-drill can end badly, and that it was not started, and rings at the first", () => {
    const alarm = propertiesOf("UnfinishedDrillAlarm");
    expect(alarm).toMatchObject({ EvaluationPeriods: 1, Threshold: 1, TreatMissingData: "notBreaching" });
    const [sum, ...parts] = z.parse(z.object({ Metrics: z.array(Metric) }), alarm).Metrics;
    expect(sum).toMatchObject({ ReturnData: true, Expression: parts.map(({ Id }) => Id).join(" + ") });
    const machine = template.stateMachines.find(({ name }) => name === "restore-drill-finish-drill")?.arn;
    expect(
      parts.map(({ MetricStat, ReturnData }) => {
        const { Namespace, MetricName, Dimensions: [dimension] = [] } = MetricStat?.Metric ?? {};
        return [ReturnData, MetricStat?.Stat, Namespace, MetricName, dimension?.Name, dimension?.Value];
      }),
    ).toEqual([
      [false, "Sum", "AWS/States", "ExecutionsFailed", "StateMachineArn", machine],
      [false, "Sum", "AWS/States", "ExecutionsTimedOut", "StateMachineArn", machine],
      [false, "Sum", "AWS/States", "ExecutionsAborted", "StateMachineArn", machine],
      [false, "Sum", "AWS/Events", "FailedInvocations", "RuleName", "restore-drill-ended"],
    ]);
  });
});

describe("the topic", () => {
  const Statement = z.object({
    Sid: z.string(),
    Principal: z.object({ Service: z.optional(z.union([z.string(), z.array(z.string())])) }),
    Action: z.union([z.string(), z.array(z.string())]),
    Condition: z.optional(z.unknown()),
  });
  const ofAccount = { StringEquals: { "aws:SourceAccount": ACCOUNT } };

  it("takes messages of this account's alarms, and of no other service", () => {
    const { Topics, PolicyDocument } = z.parse(
      z.object({ Topics: z.array(z.string()), PolicyDocument: z.object({ Statement: z.array(Statement) }) }),
      propertiesOf("OutcomeTopicPolicy"),
    );
    expect(Topics).toEqual([topic]);
    expect(PolicyDocument.Statement).toMatchObject([
      {
        Principal: { Service: "cloudwatch.amazonaws.com" },
        Action: "sns:Publish",
        Condition: ofAccount,
      },
    ]);
  });

  it("lets them use its key, without which their messages are lost", () => {
    const { KeyPolicy } = z.parse(
      z.object({ KeyPolicy: z.object({ Statement: z.array(Statement) }) }),
      propertiesOf("OutcomeTopicKey"),
    );
    const given = KeyPolicy.Statement.filter(({ Principal }) => Principal.Service !== undefined);
    expect(given.map(({ Principal, Action, Condition }) => [Principal.Service, Action, Condition])).toEqual([
      ["cloudwatch.amazonaws.com", ["kms:Decrypt", "kms:GenerateDataKey*"], ofAccount],
    ]);
  });
});
