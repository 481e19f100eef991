/** The template's alarms, as they are deployed. */
import * as z from "zod/mini";
import { ofType, type PackagedTemplate } from "../../../packaging/template.ts";
import type { Metric } from "./metrics.ts";

const STATISTICS = ["Maximum", "Minimum", "Sum", "Average", "SampleCount"] as const;
export type Statistic = (typeof STATISTICS)[number];
export const COMPARISONS = {
  GreaterThanThreshold: "greater than",
  GreaterThanOrEqualToThreshold: "greater than or equal to",
  LessThanThreshold: "less than",
  LessThanOrEqualToThreshold: "less than or equal to",
} as const;
export type Comparison = keyof typeof COMPARISONS;

export interface Watched {
  readonly metric: Metric;
  readonly statistic: Statistic;
}

export interface DeployedAlarm {
  readonly name: string;
  readonly arn: string;
  readonly description: string;
  /** Their sum, where there are several. */
  readonly watched: readonly Watched[];
  readonly periodSeconds: number;
  readonly periods: number;
  readonly breachingPeriods: number;
  readonly threshold: number;
  readonly comparison: Comparison;
  readonly missing: "missing" | "ignore" | "breaching" | "notBreaching";
  /** ARNs of topics, by the state that is entered. */
  readonly actions: Readonly<Record<AlarmStateName, readonly string[]>>;
}

export type AlarmStateName = "OK" | "ALARM" | "INSUFFICIENT_DATA";

const Dimensions = z._default(z.array(z.object({ Name: z.string(), Value: z.string() })), []);
const MetricOf = z.object({ Namespace: z.string(), MetricName: z.string(), Dimensions });
const Actions = z._default(z.array(z.string()), []);
/** A property that is not here may change what the alarm does: it has to be written here first. */
const Alarm = z.strictObject({
  AlarmName: z.string(),
  AlarmDescription: z._default(z.string(), ""),
  ActionsEnabled: z.optional(z.literal(true)),
  ...z.partial(MetricOf).shape,
  Statistic: z.optional(z.enum(STATISTICS)),
  Period: z.optional(z.number()),
  Metrics: z.optional(
    z.array(
      z.strictObject({
        Id: z.string(),
        Label: z.optional(z.string()),
        ReturnData: z._default(z.boolean(), true),
        Expression: z.optional(z.string()),
        MetricStat: z.optional(
          z.strictObject({
            Stat: z.enum(STATISTICS),
            Period: z.number(),
            Unit: z.optional(z.string()),
            Metric: MetricOf,
          }),
        ),
      }),
    ),
  ),
  EvaluationPeriods: z.number(),
  DatapointsToAlarm: z.optional(z.number()),
  // A parameter of the stack is text, and CloudFormation takes it for the number it is.
  Threshold: z.pipe(z.union([z.number(), z.string().check(z.regex(/^-?\d+(\.\d+)?$/))]), z.transform(Number)),
  ComparisonOperator: z.enum([
    "GreaterThanThreshold",
    "GreaterThanOrEqualToThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
  ]),
  TreatMissingData: z._default(z.enum(["missing", "ignore", "breaching", "notBreaching"]), "missing"),
  AlarmActions: Actions,
  OKActions: Actions,
  InsufficientDataActions: Actions,
  Tags: z.optional(z.unknown()),
});

/** Throws on what is not modelled: other statistics and actions, other metric math than a sum, windows of which only a part may be missing. */
export function readAlarms({ resources }: Pick<PackagedTemplate, "resources">): DeployedAlarm[] {
  if (ofType(resources, "AWS::CloudWatch::CompositeAlarm").length > 0)
    throw new TypeError("The local CloudWatch has no composite alarms.");
  return ofType(resources, "AWS::CloudWatch::Alarm").map(({ arn = "", properties }) => {
    const alarm = z.parse(Alarm, properties);
    const { AlarmName: name, EvaluationPeriods: periods, TreatMissingData: missing } = alarm;
    if (periods > 1 && (missing === "missing" || missing === "ignore"))
      throw new TypeError(`The local CloudWatch does not know what ${name} does when a part of its data is missing.`);
    const actions = {
      ALARM: alarm.AlarmActions,
      OK: alarm.OKActions,
      INSUFFICIENT_DATA: alarm.InsufficientDataActions,
    };
    const stranger = Object.values(actions)
      .flat()
      .find((action) => !/^arn:aws:sns:/.test(action));
    if (stranger !== undefined) throw new TypeError(`The alarms here can not do ${stranger}.`);
    return {
      name,
      arn,
      description: alarm.AlarmDescription,
      ...watchedBy(alarm),
      periods,
      breachingPeriods: alarm.DatapointsToAlarm ?? periods,
      threshold: alarm.Threshold,
      comparison: alarm.ComparisonOperator,
      missing,
      actions,
    };
  });
}

function watchedBy(alarm: z.infer<typeof Alarm>): Pick<DeployedAlarm, "watched" | "periodSeconds"> {
  const { AlarmName: name, Namespace, MetricName, Statistic: statistic, Period, Metrics } = alarm;
  if (Metrics === undefined) {
    if (Namespace === undefined || MetricName === undefined || statistic === undefined || Period === undefined)
      throw new TypeError(`The alarm ${name} names no whole metric.`);
    const metric = metricOf({ Namespace, MetricName, Dimensions: alarm.Dimensions ?? [] });
    return { watched: [{ metric, statistic }], periodSeconds: Period };
  }
  const [result, ...others] = Metrics.filter(({ ReturnData }) => ReturnData);
  const summands = result?.Expression?.split("+").map((id) => id.trim()) ?? [];
  const stats = summands.map((id) => Metrics.find(({ Id }) => Id === id)?.MetricStat);
  const known = stats.filter((stat) => stat !== undefined);
  const [periodSeconds, ...otherPeriods] = new Set(known.map(({ Period: each }) => each));
  if (others.length > 0 || known.length !== stats.length || periodSeconds === undefined || otherPeriods.length > 0)
    throw new TypeError(`The local CloudWatch adds metrics of one period, and nothing else: ${name}.`);
  return {
    watched: known.map(({ Stat, Metric: each }) => ({ metric: metricOf(each), statistic: Stat })),
    periodSeconds,
  };
}

function metricOf({ Namespace: namespace, MetricName: name, Dimensions: all }: z.infer<typeof MetricOf>): Metric {
  return { namespace, name, dimensions: Object.fromEntries(all.map(({ Name, Value }) => [Name, Value])) };
}
