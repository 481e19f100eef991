import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { MAX_PATTERN_CHARS } from "../../packaging/incident-rules.ts";
import { planResources } from "../../packaging/plan-resources.ts";
import { type AlarmStateName, readAlarms } from "../../src/local/alarms/deployed-alarms.ts";
import { evaluate } from "../../src/local/alarms/evaluate.ts";
import { Metrics } from "../../src/local/alarms/metrics.ts";
import { readPattern } from "../../src/local/events/pattern.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { StartScheduledDrillInput } from "../../src/start/start-scheduled-drill.ts";
import { planWith } from "../packaging/plans.ts";
import { threatEvent } from "../start/events.ts";

const resourcesOf = (...plans: Plan[]) => planResources(plans, { name: "restore-drill-x" });
const idsOf = (...plans: Plan[]): string[] => Object.keys(resourcesOf(...plans)).sort();
const idsOfType = (type: string, ...plans: Plan[]): string[] =>
  Object.entries(resourcesOf(...plans)).flatMap(([id, { Type }]) => (Type === type ? [id] : []));

const WITHOUT_A_GOOD_NUMBER = {
  Statistic: "Minimum",
  Period: 3600,
  EvaluationPeriods: 26,
  DatapointsToAlarm: 26,
  TreatMissingData: "breaching",
};

/** What the alarm says from which hour on, to half an hour; the looks are at hours, too. */
function statesOf(
  properties: Readonly<Record<string, unknown>>,
  looks: readonly (readonly [hour: number, value: number])[],
  hours: number,
): [AlarmStateName, number][] {
  const alarm = { type: "AWS::CloudWatch::Alarm", ref: "alarm", deletionPolicy: "Delete", properties } as const;
  const [deployed] = readAlarms({ resources: { alarm } });
  const metric = deployed?.watched[0]?.metric;
  if (deployed === undefined || metric === undefined) throw new Error("It watches nothing.");
  const metrics = new Metrics();
  const msOf = (hour: number): number => FROM + hour * 3_600_000;
  for (const [hour, value] of looks) metrics.record(metric, value, msOf(hour));
  const changes: [AlarmStateName, number][] = [];
  for (let hour = 0; hour < hours; hour += 0.5) {
    const { state } = evaluate(deployed, metrics, msOf(hour), changes.at(-1)?.[0] ?? "INSUFFICIENT_DATA");
    if (state !== changes.at(-1)?.[0]) changes.push([state, hour]);
  }
  return changes;
}
const FROM = Date.parse("2026-11-01T00:00:00.000Z");

describe("the schedule of a plan", () => {
  const scheduled = planWith({
    more: "cadence: { schedule: cron(0 4 ? * TUE *), timezone: Europe/Berlin, window: 90m }",
  });

  it("fires as the plan says, in its zone and window, in the stack's group and as the stack's switch allows", () => {
    expect(resourcesOf(scheduled)["OrdersSchedule"]).toMatchObject({
      Type: "AWS::Scheduler::Schedule",
      Properties: {
        Name: "restore-drill-x-orders",
        GroupName: { Ref: "ScheduleGroup" },
        State: { Ref: "ScheduleState" },
        ScheduleExpression: "cron(0 4 ? * TUE *)",
        ScheduleExpressionTimezone: "Europe/Berlin",
        FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 90 },
      },
    });
  });

  it("says to start-scheduled-drill which slot it is, in words that it understands once the Scheduler has filled them in", () => {
    const { Target } = z.parse(
      z.object({ Target: z.object({ Input: z.string() }) }),
      resourcesOf(scheduled)["OrdersSchedule"]?.Properties,
    );
    const delivered = Target.Input.replace("<aws.scheduler.scheduled-time>", "2026-11-24T03:00:00Z");
    expect(StartScheduledDrillInput.parse(JSON.parse(delivered))).toEqual({
      plan: "orders",
      schedule: "restore-drill-x-orders",
      slot: "2026-11-24T03:00:00Z",
    });
  });

  it("has no window where the plan wants the moment itself", () => {
    const plan = planWith({ more: "cadence: { schedule: rate(7 days), window: 0m }" });
    expect(resourcesOf(plan)["OrdersSchedule"]?.Properties["FlexibleTimeWindow"]).toEqual({ Mode: "OFF" });
  });

  it("is absent where the plan has none", () => {
    expect(idsOfType("AWS::Scheduler::Schedule", planWith())).toEqual([]);
  });
});

describe("the alarms of plans", () => {
  it("ring when the last pass is older than the promise, or nobody knows of one", () => {
    expect(resourcesOf(planWith({ more: "cadence: { every: 36h }" }))["OrdersOverdueAlarm"]?.Properties).toMatchObject({
      AlarmName: "restore-drill-x-orders-overdue",
      MetricName: "DaysSinceLastPass",
      Threshold: 1.5,
      ComparisonOperator: "GreaterThanThreshold",
      TreatMissingData: "breaching",
      Dimensions: [
        { Name: "service", Value: "restore-drill-x" },
        { Name: "database", Value: "orders" },
        { Name: "plan", Value: "orders" },
      ],
    });
  });

  it("hold a promise of a quarter within the week that CloudWatch sees: the watchdog counts the days", () => {
    const alarm = resourcesOf(planWith({ more: "cadence: { every: 90d }" }))["OrdersOverdueAlarm"]?.Properties;
    expect(alarm).toMatchObject({ Threshold: 90, ...WITHOUT_A_GOOD_NUMBER });
  });

  it("ring when something is wrong with the backups of a database, or nobody looked", () => {
    expect(resourcesOf(planWith())["OrdersBackupsAlarm"]?.Properties).toMatchObject({
      AlarmName: "restore-drill-x-orders-backups",
      MetricName: "BackupProblems",
      Threshold: 1,
      ...WITHOUT_A_GOOD_NUMBER,
      Dimensions: [
        { Name: "service", Value: "restore-drill-x" },
        { Name: "database", Value: "orders" },
      ],
    });
  });

  it.each(["OrdersBackupsAlarm", "OrdersOverdueAlarm"])(
    "are silent between looks that come early and late, ring two hours after a bad one or none, and end with a good one: %s",
    (id) => {
      const properties = resourcesOf(planWith({ more: "cadence: { every: 1d }" }))[id]?.Properties ?? {};
      const threshold = Number(properties["Threshold"]);
      const [good, bad] = [threshold - 1, threshold + 1];
      const looks = [
        [6, good],
        [30.05, good],
        [53.9, good],
        [78, bad],
        [102, bad],
        // Somebody looks again by hand, in the same hour.
        [102.3, good],
        [126, good],
      ] as const;
      const states = statesOf({ ...properties, AlarmActions: [], OKActions: [] }, looks, 170);
      expect(states).toEqual([
        ["ALARM", 0],
        ["OK", 6],
        ["ALARM", 80],
        ["OK", 102.5],
        ["ALARM", 152],
      ]);
    },
  );

  it("are one failed, one errored and one of backups a database, and one overdue alarm a plan", () => {
    const plans = [planWith(), planWith({ plan: "orders-monthly" })];
    expect(idsOfType("AWS::CloudWatch::Alarm", ...plans)).toEqual([
      "OrdersOverdueAlarm",
      "OrdersMonthlyOverdueAlarm",
      "OrdersFailedAlarm",
      "OrdersErroredAlarm",
      "OrdersBackupsAlarm",
    ]);
  });

  it("stay as they are between drills, page, and say when it is over", () => {
    for (const id of ["OrdersFailedAlarm", "OrdersErroredAlarm"])
      expect(resourcesOf(planWith())[id]?.Properties).toMatchObject({
        TreatMissingData: "ignore",
        AlarmActions: [{ Ref: "PageTopic" }],
        OKActions: [{ Ref: "PageTopic" }],
      });
  });
});

describe("the rules of incidents", () => {
  const withAlarms = (...alarms: string[]) => planWith({ more: `incidents: { alarms: ${JSON.stringify(alarms)} }` });

  it("are absent where no plan waits for an incident", () => {
    expect(idsOfType("AWS::Events::Rule", planWith())).toEqual([]);
  });

  it("name every plan's alarms once, and only going to ALARM", () => {
    const plans = [withAlarms("b", "a"), planWith({ plan: "billing", more: "incidents: { alarms: [a, c] }" })];
    expect(resourcesOf(...plans)["DatabaseAlarmRaised"]?.Properties["EventPattern"]).toMatchObject({
      source: ["aws.cloudwatch"],
      detail: { alarmName: ["a", "b", "c"], state: { value: ["ALARM"] } },
    });
  });

  it("name the clusters whose findings start drills, with their regions", () => {
    const plan = planWith({ more: "incidents: { guardduty: true }" });
    expect(resourcesOf(plan, planWith({ plan: "other" }))["DatabaseThreatFound"]?.Properties["EventPattern"]).toEqual({
      source: ["aws.guardduty"],
      "detail-type": ["GuardDuty Finding"],
      detail: {
        severity: [{ numeric: [">=", 4] }],
        region: ["eu-west-1"],
        resource: { rdsDbInstanceDetails: { dbClusterIdentifier: ["orders"] } },
      },
    });
  });

  it.each([
    [3.9, false],
    [4, true],
  ])("are matched by a finding of severity %d: %s", (severity, isMatched) => {
    const rule = resourcesOf(planWith({ more: "incidents: { guardduty: true }" }))["DatabaseThreatFound"];
    const matches = readPattern(rule?.Properties["EventPattern"]);
    expect(matches(threatEvent({ cluster: "orders", severity }))).toBe(isMatched);
  });

  it("let an account that a plan names forward what they wait for, once, and no account of a plan that waits for nothing", () => {
    const from = (plan: string, account: string, more = "") =>
      planWith({
        plan,
        source: `{ region: eu-west-1, account: '${account}', cluster: ${plan}, database: d }`,
        more,
      });
    const waiting = "incidents: { alarms: [lost] }";
    const plans = [from("a", "111122223333", waiting), from("b", "111122223333", waiting), from("c", "444455556666")];
    expect(idsOfType("AWS::Events::EventBusPolicy", ...plans, planWith({ more: waiting }))).toEqual([
      "IncidentsOf111122223333",
    ]);
    expect(resourcesOf(...plans)["IncidentsOf111122223333"]?.Properties).toMatchObject({
      EventBusName: "default",
      StatementId: "restore-drill-x-111122223333",
      Statement: {
        Action: "events:PutEvents",
        Condition: {
          StringEquals: {
            "events:source": ["aws.cloudwatch", "aws.guardduty"],
            "events:detail-type": ["CloudWatch Alarm State Change", "GuardDuty Finding"],
            "events:eventBusInvocation": "true",
          },
        },
      },
    });
  });

  it("are several where the names do not fit into one pattern, each with its permission, and lose none", () => {
    const alarms = Array.from({ length: 20 }, (_, index) => `${"x".repeat(250)}${String(index).padStart(2, "0")}`);
    const resources = resourcesOf(withAlarms(...alarms));
    const rules = Object.entries(resources).filter(([, { Type }]) => Type === "AWS::Events::Rule");
    const patterns = rules.map(([, { Properties }]) => Properties["EventPattern"]);
    for (const pattern of patterns) expect(JSON.stringify(pattern).length).toBeLessThanOrEqual(MAX_PATTERN_CHARS);
    const named = z.parse(z.array(z.object({ detail: z.object({ alarmName: z.array(z.string()) }) })), patterns);
    expect(named.flatMap(({ detail }) => detail.alarmName)).toEqual(alarms);
    expect(new Set(rules.map(([, { Properties }]) => Properties["Name"])).size).toBe(rules.length);
    for (const [id] of rules)
      expect(resources[`${id}Permission`]?.Properties["SourceArn"]).toEqual({ "Fn::GetAtt": [id, "Arn"] });
  });
});

describe("logical ids", () => {
  it("stay as they are when another plan comes or goes", () => {
    const [first, second] = [
      planWith(),
      planWith({ plan: "billing", source: "{ region: eu-west-1, cluster: billing, database: b }" }),
    ];
    expect(idsOf(first, second)).toEqual([...idsOf(first), ...idsOf(second)].sort());
    expect(idsOf(second, first)).toEqual(idsOf(first, second));
  });

  it("differ for names that differ in a hyphen alone", () => {
    const plans = ["orders2", "orders-2", "or-ders2"].map((plan) =>
      planWith({ plan, more: "cadence: { schedule: rate(7 days) }" }),
    );
    const ids = idsOfType("AWS::Scheduler::Schedule", ...plans);
    expect(ids).toEqual(["Orders2Schedule", expect.stringMatching(/^Orders2X[0-9a-f]{8}Schedule$/), "OrDers2Schedule"]);
  });
});
