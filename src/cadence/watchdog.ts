import type { Logger } from "@aws-lambda-powertools/logger";
import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { earlierDrills, type LedgerEntry } from "../evidence/ledger.ts";
import type { DeployedPlans } from "../plan/library.ts";
import type { Plan } from "../plan/plan.ts";

/** Asked for nothing: it looks at every deployed plan. */
export const WatchdogInput = z.strictObject({});

export interface WatchdogServices {
  readonly store: JsonStore;
  readonly metrics: Metrics;
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
  readonly now: () => Date;
  readonly plans: DeployedPlans;
}

/** How one plan stands to what it promises. */
export interface Standing {
  readonly plan: string;
  readonly database: string;
  readonly promisedDays: number;
  /** Absent when no drill of the plan was ever seen to pass. */
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
  readonly unknown: { readonly plan: string; readonly reason: string }[];
}

/** Log messages that saved queries rely on. */
const LOG = { overdue: "watchdog.overdue", unknown: "watchdog.unknown", warning: "watchdog.warning" } as const;

/** Nearly always the last few drills hold a pass; where they do not, a pass further back than 100 drills is no longer a promise kept. */
const LOOK_BACK_DRILLS = [5, 100] as const;
/** 1,000 plans in tens, of about 8 calls of 30 ms each, are 24 s of the function's 300. */
const PLANS_AT_A_TIME = 10;
/** What one answer names: 100 of about 300 bytes are well below Lambda's 6 MB and one log line's 256 kB. */
const MAX_TOLD = 100;
const DAY_MILLISECONDS = 86_400_000;

/**
 * Publishes for every deployed plan how many days ago a drill of it passed (`DaysSinceLastPass`, by database and plan), once a day, since no alarm
 * sees further than a week. A plan that never passed publishes nothing, and its alarm takes that for a breach, as it takes this function's silence.
 */
export async function watchdog(services: WatchdogServices): Promise<WatchdogAnswer> {
  const at = services.now();
  const names = (await services.plans.names()).sort();
  const standings: Standing[] = [];
  const unknown: { plan: string; reason: string }[] = [];
  const look = async (name: string): Promise<void> => {
    try {
      const { plan } = await services.plans.read(name);
      const { entries, warnings } = await lastDrills(services.store, plan, at);
      for (const warning of warnings) services.logger.warn(LOG.warning, { plan: name, warning });
      standings.push(standingOf(plan, entries, at));
    } catch (error) {
      unknown.push({ plan: name, reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
    }
  };
  for (let first = 0; first < names.length; first += PLANS_AT_A_TIME)
    await Promise.all(names.slice(first, first + PLANS_AT_A_TIME).map(look));

  const overdue = standings.filter(({ isOverdue }) => isOverdue).sort(mostOverdueFirst);
  publish(services.metrics, standings, { overdue: overdue.length, unknown: unknown.length });
  for (const standing of overdue.slice(0, MAX_TOLD)) services.logger.warn(LOG.overdue, { standing });
  for (const each of unknown.slice(0, MAX_TOLD)) services.logger.error(LOG.unknown, each);
  return {
    at: at.toISOString(),
    plans: names.length,
    overdue: overdue.slice(0, MAX_TOLD),
    unknown: unknown.slice(0, MAX_TOLD),
  };
}

/** Of the plan alone: another plan of the same database asks other questions. */
async function lastDrills(
  store: JsonStore,
  { plan, source }: Plan,
  at: Date,
): Promise<{ entries: LedgerEntry[]; warnings: string[] }> {
  let found = { entries: [] as LedgerEntry[], warnings: [] as string[] };
  for (const count of LOOK_BACK_DRILLS) {
    const { entries, warnings } = await earlierDrills(store, source.cluster, at, count);
    found = { entries: entries.filter((entry) => entry.plan === plan), warnings };
    if (found.entries.some(({ verdict }) => verdict === "passed")) break;
  }
  return found;
}

/** `entries`: the plan's drills, oldest first. */
export function standingOf({ plan, source, cadence }: Plan, entries: readonly LedgerEntry[], at: Date): Standing {
  const subject = { plan, database: source.cluster, promisedDays: cadence.everySeconds / 86_400 };
  const last = entries.at(-1);
  const pass = entries.findLast(({ verdict }) => verdict === "passed");
  if (pass === undefined) {
    const why =
      last === undefined
        ? "It was never drilled."
        : `None of its last ${entries.length} drills passed; the last one, ${last.drillId}, ended ${last.verdict}.`;
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
