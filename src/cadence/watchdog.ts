import type { Logger } from "@aws-lambda-powertools/logger";
import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import * as z from "zod/mini";
import { readOnce } from "../plan/library.ts";
import type { Coverage } from "./coverage.ts";
import { type CoverageServices, lookAtCoverage } from "./look-at-coverage.ts";
import { type Seen, standings, type Unknown } from "./standing.ts";

/** Asked for nothing: it looks at every deployed plan, and at what the account has beside them. */
export const WatchdogInput = z.strictObject({});

export interface WatchdogServices extends CoverageServices {
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
  readonly now: () => Date;
}

/** How one plan stands to what it promises. */
export interface Standing {
  readonly plan: string;
  readonly database: string;
  readonly promisedDays: number;
  /** Absent when no drill of the plan passed in what it promises and a month. */
  readonly daysSinceLastPass?: number;
  readonly isOverdue: boolean;
  /** One sentence for people. */
  readonly why: string;
}

export interface WatchdogAnswer {
  readonly at: string;
  readonly plans: number;
  readonly overdue: Standing[];
  /** Plans whose promise could not be looked at, and why: they are as good as overdue. */
  readonly unknown: Unknown[];
  /** How the account's databases stand to the plans; `coverage/latest.json` has all of them. */
  readonly coverage: Pick<Coverage, "regions" | "uncovered" | "plansWithoutDatabase" | "unknown">;
}

/** Log messages that saved queries rely on. */
const LOG = { overdue: "watchdog.overdue", unknown: "watchdog.unknown", warning: "watchdog.warning" } as const;

/** What one answer names: 100 of about 300 bytes are well below Lambda's 6 MB and one log line's 256 kB. */
const MAX_TOLD = 100;
const DAY_MILLISECONDS = 86_400_000;

/**
 * Publishes for every deployed plan how many days ago a drill of it passed (`DaysSinceLastPass`, by database and plan), once a day, since no alarm
 * sees further than a week. A plan that never passed publishes nothing, and its alarm takes that for a breach, as it takes this function's silence.
 * Then holds the databases of the account against the plans: see `lookAtCoverage`, which throws where its document can not be written.
 */
export async function watchdog(services: WatchdogServices): Promise<WatchdogAnswer> {
  const at = services.now();
  const { store, logger } = services;
  const plans = readOnce(services.plans);
  const onWarning = (database: string, warning: string) => logger.warn(LOG.warning, { database, warning });
  const found = await standings({ store, plans, onWarning }, at, "pass");
  const { unknown } = found;
  const all = found.seen.map((seen) => standingOf(seen, at));

  const overdue = all.filter(({ isOverdue }) => isOverdue).sort(mostOverdueFirst);
  publish(services.metrics, all, { overdue: overdue.length, unknown: unknown.length });
  for (const standing of overdue.slice(0, MAX_TOLD)) logger.warn(LOG.overdue, { standing });
  for (const each of unknown.slice(0, MAX_TOLD)) logger.error(LOG.unknown, { ...each });
  const coverage = await lookAtCoverage({ ...services, plans }, at);
  return {
    at: at.toISOString(),
    plans: found.plans,
    overdue: overdue.slice(0, MAX_TOLD),
    unknown: unknown.slice(0, MAX_TOLD),
    coverage: {
      regions: coverage.regions,
      uncovered: coverage.uncovered.slice(0, MAX_TOLD),
      plansWithoutDatabase: coverage.plansWithoutDatabase.slice(0, MAX_TOLD),
      unknown: coverage.unknown.slice(0, MAX_TOLD),
    },
  };
}

function standingOf({ plan: { plan, source, cadence }, drills, last, pass, since }: Seen, at: Date): Standing {
  const subject = { plan, database: source.cluster, promisedDays: cadence.everySeconds / 86_400 };
  if (pass === undefined) {
    const days = Math.floor((at.getTime() - since.getTime()) / DAY_MILLISECONDS);
    const why =
      last === undefined
        ? `It was not drilled in the last ${days} d.`
        : `None of its ${drills} drills of the last ${days} d passed; the last one, ${last.drillId}, ended ${last.verdict}.`;
    return { ...subject, isOverdue: true, why };
  }
  const days = (at.getTime() - Date.parse(pass.endedAt)) / DAY_MILLISECONDS;
  const daysSinceLastPass = Math.round(Math.max(0, days) * 100) / 100;
  const isOverdue = daysSinceLastPass > subject.promisedDays;
  const why = `Drill ${pass.drillId} passed ${daysSinceLastPass} d ago, promised is one every ${subject.promisedDays} d.`;
  return { ...subject, daysSinceLastPass, isOverdue, why };
}

/** Never passed comes before long ago. */
const mostOverdueFirst = (a: Standing, b: Standing): number => overdueDays(b) - overdueDays(a);
const overdueDays = ({ daysSinceLastPass = Number.POSITIVE_INFINITY, promisedDays }: Standing): number =>
  Math.min(daysSinceLastPass - promisedDays, Number.MAX_SAFE_INTEGER);

function publish(
  metrics: Metrics,
  standings: readonly Standing[],
  counts: { readonly overdue: number; readonly unknown: number },
): void {
  // Also when they are 0: whoever hears nothing knows that nobody looked.
  metrics.addMetric("OverduePlans", MetricUnit.Count, counts.overdue);
  metrics.addMetric("UnknownPlans", MetricUnit.Count, counts.unknown);
  metrics.publishStoredMetrics();
  for (const { plan, database, daysSinceLastPass } of standings) {
    if (daysSinceLastPass === undefined) continue;
    const single = metrics.singleMetric();
    single.addDimension("database", database);
    single.addDimension("plan", plan);
    // CloudWatch has no unit of days.
    single.addMetric("DaysSinceLastPass", MetricUnit.NoUnit, daysSinceLastPass);
  }
}
