/** What CloudWatch concludes of a metric: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html */
import {
  type AlarmStateName,
  COMPARISONS,
  type Comparison,
  type DeployedAlarm,
  type Statistic,
} from "./deployed-alarms.ts";
import type { Metrics } from "./metrics.ts";

export interface Conclusion {
  readonly state: AlarmStateName;
  readonly reason: string;
}

/**
 * Of the periods that end at `now`. CloudWatch looks at a few datapoints further back where some are missing, how many it does not
 * say: here nothing but the evaluation periods counts. Of several metrics, one without data counts as 0 when another has some.
 */
export function evaluate(alarm: DeployedAlarm, metrics: Metrics, now: number, previous: AlarmStateName): Conclusion {
  const points = Array.from({ length: alarm.periods }, (_, index) => {
    const to = now - index * alarm.periodSeconds * 1000;
    return pointOf(alarm, metrics, to - alarm.periodSeconds * 1000, to);
  });
  const seen = points.filter((point) => point !== undefined);
  const missing = points.length - seen.length;
  if (seen.length === 0 && alarm.missing === "ignore")
    return { state: previous, reason: "No datapoints were received." };
  if (seen.length === 0 && alarm.missing === "missing")
    return { state: "INSUFFICIENT_DATA", reason: "Insufficient Data: no datapoints were received." };
  const breaching = seen.filter((point) => breaches[alarm.comparison](point, alarm.threshold)).length;
  const isAlarm = breaching + (alarm.missing === "breaching" ? missing : 0) >= alarm.breachingPeriods;
  const words = `${isAlarm ? "" : "not "}${COMPARISONS[alarm.comparison]} the threshold (${alarm.threshold})`;
  const treated = missing === 0 ? "" : ` ${missing} missing datapoints were treated as [${alarm.missing}].`;
  const reason = `Threshold Crossed: ${seen.length} of the last ${points.length} datapoints [${seen.join(", ")}], ${words}.${treated}`;
  return { state: isAlarm ? "ALARM" : "OK", reason };
}

function pointOf({ watched }: DeployedAlarm, metrics: Metrics, from: number, to: number): number | undefined {
  const points = watched.map(({ metric, statistic }) => statistics[statistic](metrics.valuesOf(metric, from, to)));
  const seen = points.filter((point) => point !== undefined);
  return seen.length === 0 ? undefined : sum(seen);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const ofSome =
  (statistic: (values: readonly number[]) => number) =>
  (values: readonly number[]): number | undefined =>
    values.length === 0 ? undefined : statistic(values);

const statistics: Readonly<Record<Statistic, (values: readonly number[]) => number | undefined>> = {
  Maximum: ofSome((values) => Math.max(...values)),
  Minimum: ofSome((values) => Math.min(...values)),
  Sum: ofSome(sum),
  Average: ofSome((values) => sum(values) / values.length),
  SampleCount: ofSome((values) => values.length),
};

const breaches: Readonly<Record<Comparison, (value: number, threshold: number) => boolean>> = {
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};
