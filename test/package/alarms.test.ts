import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { type PackagedTemplate, readPackagedTemplate } from "../../packaging/template.ts";
import { PROJECT_DIRECTORY, packagedService } from "./packaged-service.ts";
import { publishedMetrics } from "./published-metrics.ts";

const ACCOUNT = "111122223333";
const PAGES = `arn:aws:sns:eu-central-1:${ACCOUNT}:restore-drill-pages`;
/** CloudWatch looks back a week and no further: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html */
const HORIZON_SECONDS = 604_800;

const Alarm = z.looseObject({
  AlarmName: z.string().check(z.maxLength(255)),
  AlarmDescription: z.string().check(z.maxLength(1024)),
  AlarmActions: z.array(z.string()),
  OKActions: z._default(z.array(z.string()), []),
  Period: z.optional(z.int()),
  EvaluationPeriods: z.int(),
  TreatMissingData: z.enum(["breaching", "notBreaching", "ignore"]),
  Namespace: z.optional(z.string()),
  MetricName: z.optional(z.string()),
  Dimensions: z.optional(z.array(z.object({ Name: z.string(), Value: z.string() }))),
  Metrics: z.optional(
    z.array(
      z.looseObject({
        MetricStat: z.optional(z.looseObject({ Period: z.int(), Metric: z.looseObject({ MetricName: z.string() }) })),
      }),
    ),
  ),
});

/** Metrics of AWS's own, by https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html */
const OF_AWS = [
  "ApproximateNumberOfMessagesVisible",
  "Errors",
  "ExecutionsAborted",
  "ExecutionsFailed",
  "ExecutionsTimedOut",
  "FailedInvocations",
];

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, "")
    .replaceAll(" ", "-");

/** Of what happened: that it does not happen again says nothing of what it left. */
const KNOWS_NO_END = ["LeftBehindAlarm", "UnfinishedDrillAlarm", "BaselineLostAlarm"];

let template: PackagedTemplate;
let alarms: [string, z.infer<typeof Alarm>][];
beforeAll(async () => {
  // Two alarms are there only where drills start by themselves.
  const parameters = { ScheduleState: "ENABLED" };
  template = await readPackagedTemplate(await packagedService(), { accountId: ACCOUNT, parameters });
  alarms = Object.entries(template.resources).flatMap(([id, { type, properties }]) =>
    type === "AWS::CloudWatch::Alarm" ? [[id, z.parse(Alarm, properties)]] : [],
  );
});

describe("every alarm", () => {
  it("pages when it begins, and when it is over where anything knows that", () => {
    expect(alarms.length).toBeGreaterThanOrEqual(8);
    for (const [id, { AlarmActions, OKActions }] of alarms)
      expect([AlarmActions, OKActions], id).toEqual([[PAGES], KNOWS_NO_END.includes(id) ? [] : [PAGES]]);
  });

  it("takes silence for good only where nothing is published of what is well, or where it says nothing when it is over", () => {
    const trusting = alarms.filter(([, { TreatMissingData }]) => TreatMissingData === "notBreaching").map(([id]) => id);
    // The silence of start-due-drills has an alarm of its own.
    const others = trusting.filter((id) => !KNOWS_NO_END.includes(id));
    expect(others.sort()).toEqual(["DeadLettersAlarm", "NoRoomAlarm"]);
    expect(alarms.map(([id]) => id)).toContain("StartDueDrillsSilentAlarm");
  });

  it("looks no further back than CloudWatch does", () => {
    for (const [id, { Period, Metrics = [], EvaluationPeriods }] of alarms) {
      const periods = [Period, ...Metrics.map(({ MetricStat }) => MetricStat?.Period)].filter(
        (each) => each !== undefined,
      );
      expect(periods.length, id).toBeGreaterThan(0);
      for (const period of periods) expect(period * EvaluationPeriods, id).toBeLessThanOrEqual(HORIZON_SECONDS);
    }
  });

  it("names the section of the runbook that says what it means, and that section is there", async () => {
    const runbook = await readFile(join(PROJECT_DIRECTORY, "docs/runbook.md"), "utf8");
    const sections = [...runbook.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchorOf(heading));
    for (const [id, { AlarmDescription }] of alarms) {
      const named = [...AlarmDescription.matchAll(/docs\/runbook\.md#([a-z0-9-]+)\./g)].map(([, anchor]) => anchor);
      expect(named, id).toHaveLength(1);
      expect(sections, id).toContain(named[0]);
    }
  });

  it("watches metrics that somebody publishes", async () => {
    const names = new Set([...(await publishedMetrics()), ...OF_AWS]);
    for (const [id, { MetricName, Metrics = [] }] of alarms) {
      const watched = [MetricName, ...Metrics.map(({ MetricStat }) => MetricStat?.Metric.MetricName)];
      const written = watched.filter((name) => name !== undefined);
      expect(written.length, id).toBeGreaterThan(0);
      expect(
        written.filter((name) => !names.has(name)),
        id,
      ).toEqual([]);
    }
  });

  it("watches the service that the functions publish as, where it is a metric of ours", () => {
    const services = new Set(template.functions.map(({ environment }) => environment["POWERTOOLS_SERVICE_NAME"]));
    expect([...services]).toEqual(["restore-drill"]);
    const own = alarms.filter(([, { Namespace }]) => Namespace === "RestoreDrill");
    expect(own.length).toBeGreaterThanOrEqual(6);
    for (const [id, { Dimensions = [] }] of own)
      expect(Dimensions.find(({ Name }) => Name === "service")?.Value, id).toBe("restore-drill");
  });

  it("is called as the stack is, and no two alike", () => {
    const names = alarms.map(([, { AlarmName }]) => AlarmName);
    expect(names.filter((name) => !name.startsWith("restore-drill-"))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("the alarm on a lost baseline", () => {
  it("adds up how a capture can end badly, and rings at the first", () => {
    const machine = template.stateMachines.find(({ name }) => name === "restore-drill-capture-baseline")?.arn;
    expect(machine).toBeDefined();
    const part = (Id: string, MetricName: string) => ({
      Id,
      ReturnData: false,
      MetricStat: {
        Stat: "Sum",
        Metric: { Namespace: "AWS/States", MetricName, Dimensions: [{ Name: "StateMachineArn", Value: machine }] },
      },
    });
    expect(template.resources["BaselineLostAlarm"]?.properties).toMatchObject({
      Threshold: 1,
      Metrics: [
        { ReturnData: true, Expression: "failed + timedOut + aborted" },
        part("failed", "ExecutionsFailed"),
        part("timedOut", "ExecutionsTimedOut"),
        part("aborted", "ExecutionsAborted"),
      ],
    });
  });
});

describe("the alarm on drills that have no room", () => {
  it("rings when a day's looks in a row left some, and not while drills do not start by themselves", async () => {
    expect(template.resources["NoRoomAlarm"]?.properties).toMatchObject({
      MetricName: "LeftForLater",
      Statistic: "Minimum",
      Period: 3600,
      EvaluationPeriods: 24,
      DatapointsToAlarm: 22,
      Threshold: 1,
    });
    const { resources } = await readPackagedTemplate(await packagedService(), { accountId: ACCOUNT });
    expect(resources).not.toHaveProperty("NoRoomAlarm");
  });
});

describe("the alarm on a silent watchdog", () => {
  it("rings when a whole day and two hours more have no number, not when there is one", () => {
    expect(template.resources["WatchdogSilentAlarm"]?.properties).toMatchObject({
      Statistic: "SampleCount",
      Period: 3600,
      EvaluationPeriods: 26,
      DatapointsToAlarm: 26,
      ComparisonOperator: "LessThanThreshold",
      Threshold: 1,
      TreatMissingData: "breaching",
    });
  });
});
