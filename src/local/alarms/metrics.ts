/** What CloudWatch was told: by functions in their logs, and by the services themselves. */
import * as z from "zod/mini";

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface Datapoint {
  readonly at: number;
  readonly value: number;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
const Embedded = z.looseObject({
  _aws: z.object({
    Timestamp: z.number(),
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string() })),
      }),
    ),
  }),
});
const Values = z.union([z.number(), z.array(z.number())]);

/** A drill publishes about a hundred, an invocation two: the oldest of all are forgotten first. */
const DATAPOINTS_LIMIT = 50_000;

export class Metrics {
  readonly #series = new Map<string, Datapoint[]>();
  #count = 0;

  record(metric: Metric, value: number, at = Date.now()): void {
    const key = keyOf(metric);
    const series = this.#series.get(key) ?? [];
    series.push({ at, value });
    this.#series.set(key, series);
    if (++this.#count > DATAPOINTS_LIMIT) this.#forgetOldest();
  }

  /** Takes every line of a log; acts on those that are metrics. A line that was cut off, or is not in the format, is a line of a log and no more. */
  readLog(line: string): void {
    const document = embeddedIn(line);
    if (document === undefined) return;
    const { Timestamp, CloudWatchMetrics } = document._aws;
    for (const { Namespace, Dimensions, Metrics: metrics } of CloudWatchMetrics)
      for (const names of Dimensions) {
        const dimensions = Object.fromEntries(names.map((name) => [name, String(document[name])]));
        for (const { Name: name } of metrics) {
          const { data: values = [] } = Values.safeParse(document[name]);
          for (const value of [values].flat())
            this.record({ namespace: Namespace, name, dimensions }, value, Timestamp);
        }
      }
  }

  /** Those after `from` and not after `to`, of exactly these dimensions. */
  valuesOf(metric: Metric, from: number, to: number): number[] {
    const series = this.#series.get(keyOf(metric)) ?? [];
    return series.filter(({ at }) => at > from && at <= to).map(({ value }) => value);
  }

  #forgetOldest(): void {
    const oldest = [...this.#series.values()].sort((a, b) => (a[0]?.at ?? Infinity) - (b[0]?.at ?? Infinity))[0];
    oldest?.shift();
    this.#count -= 1;
  }
}

function embeddedIn(line: string): z.infer<typeof Embedded> | undefined {
  if (!line.includes('"_aws"')) return undefined;
  try {
    return Embedded.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function keyOf({ namespace, name, dimensions }: Metric): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort()]);
}
