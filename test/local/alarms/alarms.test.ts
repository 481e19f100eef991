import { beforeEach, describe, expect, it } from "vitest";
import type { PackagedTemplate } from "../../../packaging/template.ts";
import { type Alarms, openAlarms } from "../../../src/local/alarms/alarms.ts";
import { Metrics } from "../../../src/local/alarms/metrics.ts";

const PLACE = { accountId: "123456789012", region: "eu-central-1" };
const arn = (service: string, rest: string): string => `arn:aws:${service}:eu-central-1:123456789012:${rest}`;
const TOPIC = arn("sns", "pages");
const KEY = arn("kms", "key/topic-key");
const DIMENSIONS = { service: "restore-drill", database: "orders" };
const FAILED = { namespace: "RestoreDrill", name: "DrillFailed", dimensions: DIMENSIONS };
const NOW = Date.parse("2026-11-22T12:00:00Z");
const MINUTE = 60_000;

const resource = (type: string, ref: string, properties: object, own?: string) => ({
  [`${type}/${ref}`]: { type, ref, ...(own && { arn: own }), deletionPolicy: "Delete", properties },
});
const allow = (Action: string | string[]) => ({
  Statement: [{ Effect: "Allow", Principal: { Service: "cloudwatch.amazonaws.com" }, Action, Resource: "*" }],
});
const TOPIC_POLICY = resource("AWS::SNS::TopicPolicy", "policy", {
  Topics: [TOPIC],
  PolicyDocument: allow("sns:Publish"),
});
const KEYS = (...actions: string[]) => resource("AWS::KMS::Key", "topic-key", { KeyPolicy: allow(actions) }, KEY);
const PAGES = {
  ...resource("AWS::SNS::Topic", TOPIC, { KmsMasterKeyId: KEY }, TOPIC),
  ...TOPIC_POLICY,
  ...KEYS("kms:Decrypt", "kms:GenerateDataKey*"),
};

const SETTINGS = {
  Namespace: "RestoreDrill",
  MetricName: "DrillFailed",
  Dimensions: Object.entries(DIMENSIONS).map(([Name, Value]) => ({ Name, Value })),
  Statistic: "Maximum",
  Period: 300,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: "GreaterThanOrEqualToThreshold",
  TreatMissingData: "ignore",
  AlarmActions: [TOPIC],
  OKActions: [TOPIC],
};

describe("openAlarms", () => {
  let metrics: Metrics;
  let depth: number;
  let published: { TopicArn: string; Subject: string; Message: string }[];
  beforeEach(() => {
    metrics = new Metrics();
    depth = 0;
    published = [];
  });

  function alarmsOf(settings: object, resources: PackagedTemplate["resources"] = PAGES): Alarms {
    const alarm = resource(
      "AWS::CloudWatch::Alarm",
      "orders-failed",
      { AlarmName: "orders-failed", ...SETTINGS, ...settings },
      arn("cloudwatch", "alarm:orders-failed"),
    );
    const template = {
      functions: [],
      stateMachines: [],
      roles: new Map(),
      outputs: {},
      resources: { ...resources, ...alarm },
    };
    const depths = () => new Map([["dead-letters", depth]]);
    return openAlarms({ ...PLACE, template, metrics, depths, publish: async (message) => published.push(message) });
  }
  const stateAt = async (alarms: Alarms, minutes: number): Promise<string | undefined> =>
    (await alarms.evaluate(new Date(NOW + minutes * MINUTE))).get("orders-failed")?.state;

  it("rings when a drill failed, keeps ringing while there is none, and is over with the next that passed", async () => {
    const alarms = alarmsOf({});
    expect(await stateAt(alarms, 0)).toBe("INSUFFICIENT_DATA");
    metrics.record(FAILED, 1, NOW + MINUTE);
    expect(await stateAt(alarms, 2)).toBe("ALARM");
    expect(await stateAt(alarms, 60)).toBe("ALARM");
    metrics.record(FAILED, 0, NOW + 61 * MINUTE);
    expect(await stateAt(alarms, 62)).toBe("OK");
    expect(published.map(({ Subject }) => Subject)).toEqual([
      'ALARM: "orders-failed" in eu-central-1',
      'OK: "orders-failed" in eu-central-1',
    ]);
    expect(JSON.parse(published[0]?.Message ?? "")).toMatchObject({
      AlarmName: "orders-failed",
      NewStateValue: "ALARM",
      OldStateValue: "INSUFFICIENT_DATA",
      StateChangeTime: "2026-11-22T12:02:00.000+0000",
    });
  });

  it.each([
    ["breaching", "ALARM"],
    ["notBreaching", "OK"],
    ["missing", "INSUFFICIENT_DATA"],
    ["ignore", "INSUFFICIENT_DATA"],
  ])("takes silence for what the template says: %s", async (TreatMissingData, expected) => {
    expect(await stateAt(alarmsOf({ TreatMissingData }), 0)).toBe(expected);
  });

  it("takes every statistic of a period, and as many periods as it takes", async () => {
    for (const value of [1, 3]) metrics.record(FAILED, value, NOW - MINUTE);
    const silent = { Statistic: "SampleCount", EvaluationPeriods: 3, TreatMissingData: "breaching" };
    const less = { ComparisonOperator: "LessThanThreshold" };
    for (const [settings, expected] of [
      [{ Statistic: "Sum", Threshold: 4 }, "ALARM"],
      [{ Statistic: "Average", Threshold: 2 }, "ALARM"],
      [{ Statistic: "Average", Threshold: 2, ComparisonOperator: "GreaterThanThreshold" }, "OK"],
      [{ Statistic: "Minimum", Threshold: 2 }, "OK"],
      [{ ...silent, ...less }, "OK"],
      [{ ...silent, ...less, DatapointsToAlarm: 2 }, "ALARM"],
    ] as const)
      expect(await stateAt(alarmsOf(settings), 0), JSON.stringify(settings)).toBe(expected);
  });

  it("sees one value of every dimension, and no other metric's", async () => {
    metrics.record({ ...FAILED, dimensions: { service: "restore-drill" } }, 1, NOW);
    metrics.record({ ...FAILED, dimensions: { ...DIMENSIONS, database: "others" } }, 1, NOW);
    expect(await stateAt(alarmsOf({ TreatMissingData: "notBreaching" }), 0)).toBe("OK");
  });

  it("reads what functions log: metrics, and nothing else", async () => {
    const line = {
      _aws: {
        Timestamp: NOW,
        CloudWatchMetrics: [
          { Namespace: "RestoreDrill", Dimensions: [["service", "database"]], Metrics: [{ Name: "DrillFailed" }] },
        ],
      },
      ...DIMENSIONS,
      DrillFailed: [0, 1],
    };
    metrics.readLog("started");
    metrics.readLog('{"level":"INFO"}');
    metrics.readLog(JSON.stringify(line));
    expect(await stateAt(alarmsOf({}), 1)).toBe("ALARM");
  });

  it.each([
    ["was cut off", '{"_aws":{"Timestamp":17900'],
    ["is a word about metrics", 'said "_aws" and no more'],
    ["is not in the format", '{"_aws":{"CloudWatchMetrics":[]}}'],
  ])("passes over a line that %s, as CloudWatch does", (_what, line) => {
    expect(() => metrics.readLog(line)).not.toThrow();
  });

  it("counts a value in one period: the one that ends with it", () => {
    metrics.record(FAILED, 1, NOW);
    const periods = [-1, 0].map((minutes) =>
      metrics.valuesOf(FAILED, NOW + minutes * MINUTE, NOW + (minutes + 1) * MINUTE),
    );
    expect(periods).toEqual([[1], []]);
  });

  it("adds metrics, of which one without data is 0", async () => {
    const stat = (Id: string, MetricName: string) => ({
      Id,
      ReturnData: false,
      MetricStat: { Stat: "Sum", Period: 300, Metric: { Namespace: "AWS/States", MetricName, Dimensions: [] } },
    });
    const sum = { Namespace: undefined, MetricName: undefined, Statistic: undefined, Period: undefined };
    const settings = (Expression: string) => ({
      ...SETTINGS,
      ...sum,
      Dimensions: undefined,
      Metrics: [{ Id: "all", Expression, ReturnData: true }, stat("a", "Failed"), stat("b", "Aborted")],
    });
    metrics.record({ namespace: "AWS/States", name: "Aborted", dimensions: {} }, 1, NOW);
    expect(await stateAt(alarmsOf(settings("a + b")), 0)).toBe("ALARM");
    expect(() => alarmsOf(settings("a / b"))).toThrow("nothing else");
  });

  it("knows how many letters lie in a queue when it looks", async () => {
    const settings = {
      Namespace: "AWS/SQS",
      MetricName: "ApproximateNumberOfMessagesVisible",
      Dimensions: [{ Name: "QueueName", Value: "dead-letters" }],
      TreatMissingData: "notBreaching",
    };
    const alarms = alarmsOf(settings);
    expect(await stateAt(alarms, 0)).toBe("OK");
    depth = 1;
    expect(await stateAt(alarms, 1)).toBe("ALARM");
  });

  it.each([
    [
      "no policy of the topic",
      {
        ...PAGES,
        ...resource("AWS::SNS::TopicPolicy", "policy", { Topics: [], PolicyDocument: allow("sns:Publish") }),
      },
      "lets CloudWatch publish",
    ],
    ["half of what the key has to allow", { ...PAGES, ...KEYS("kms:Decrypt") }, "may not use the key"],
  ])("tells nobody where CloudWatch may not: %s", async (_what, resources, reason) => {
    metrics.record(FAILED, 1, NOW);
    const states = await alarmsOf({}, resources).evaluate(new Date(NOW));
    expect(states.get("orders-failed")).toMatchObject({
      state: "ALARM",
      changedFrom: "INSUFFICIENT_DATA",
      failedActions: [expect.stringContaining(reason)],
    });
    expect(published).toEqual([]);
  });

  it("refuses what it does not model", () => {
    for (const settings of [
      { Statistic: "p99" },
      { EvaluationPeriods: 2 },
      { Unit: "Seconds" },
      { AlarmActions: ["arn:aws:automate:eu-central-1:ec2:stop"] },
    ])
      expect(() => alarmsOf(settings), JSON.stringify(settings)).toThrow();
  });
});
