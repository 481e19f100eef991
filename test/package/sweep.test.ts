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

describe("the alarms on what is left behind", () => {
  const Dimensions = z.array(z.object({ Name: z.string(), Value: z.string() }));
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
  let alarms: z.infer<typeof Alarm>[];
  beforeAll(() => {
    alarms = [
      "LeakFoundAlarm",
      "NotOursAlarm",
      "UnsweptRegionAlarm",
      "StuckDrillsAlarm",
      "SweepSilentAlarm",
      "SweepErrorsAlarm",
      "LeftBehindAlarm",
    ].map((id) => Alarm.parse(propertiesOf(id)));
  });

  it("see a leak, what is not ours, a region that was not swept, leftovers, a stuck drill, and a sweep that fails or is silent", () => {
    expect(alarms.map(({ MetricName, Statistic }) => `${Statistic} ${MetricName}`).sort()).toEqual([
      "Maximum Leftovers",
      "Maximum StuckDrills",
      "Maximum SweepFailedRegions",
      "Maximum SweepFound",
      "Maximum SweepNotOurs",
      "SampleCount SweepFailedRegions",
      "Sum Errors",
    ]);
  });

  it("ring at the first one until something says otherwise; the silent one after three hours, when data is missing", () => {
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
              TreatMissingData: "ignore",
              EvaluationPeriods: 1,
            },
      );
      expect(alarm.Threshold).toBe(1);
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
