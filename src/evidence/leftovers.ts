import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type * as z from "zod/mini";
import type { Drill } from "../plan/drill.ts";
import type { TeardownAnswer } from "../recovery/answers.ts";
import { type FailureInput, readFailure } from "../verdict/failure.ts";

interface TeardownOutcome {
  readonly drill?: Drill | undefined;
  readonly teardown?: TeardownAnswer | undefined;
  readonly teardownFailure?: z.infer<typeof FailureInput> | undefined;
}

/** When teardown itself broke, everything it might have left is a leftover until somebody has looked. */
export function leftoversOf({ drill, teardown, teardownFailure }: TeardownOutcome): TeardownAnswer["leftovers"] {
  const failure = readFailure(teardownFailure);
  if (failure === undefined || drill === undefined) return teardown?.leftovers ?? [];
  const reason = `teardown failed (${failure.error}: ${failure.message}); look for it by hand`;
  return possibleResources(drill).map((resource) => ({ ...resource, reason }));
}

function possibleResources({ sandbox: { region, cluster, writer }, copy, restoreTest }: Drill) {
  return [
    { kind: "instance" as const, id: writer, region },
    ...(restoreTest === undefined ? [{ kind: "cluster" as const, id: cluster, region }] : []),
    ...(copy.needed ? [{ kind: "snapshot" as const, id: copy.snapshotId, region }] : []),
  ];
}

/**
 * Twice: by database, to see whose they are, and by service alone, for the alarm, which sees one value of a dimension. Also when there are none:
 * the alarm is over with the next drill that leaves nothing, and rings again for one after it.
 */
export function publishLeftovers(metrics: Metrics, database: string, count: number): void {
  metrics.singleMetric().addMetric("Leftovers", MetricUnit.Count, count);
  const ofDatabase = metrics.singleMetric();
  ofDatabase.addDimension("database", database);
  ofDatabase.addMetric("Leftovers", MetricUnit.Count, count);
}
