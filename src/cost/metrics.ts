import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";

/** What the drill used, at list prices: `DrillCostUsd` by database. Once a drill, when its evidence says so. */
export function publishCost(metrics: Metrics, database: string, usd: number): void {
  const ofDatabase = metrics.singleMetric();
  ofDatabase.addDimension("database", database);
  ofDatabase.addMetric("DrillCostUsd", MetricUnit.NoUnit, usd);
}
