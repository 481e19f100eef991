import type { Logger } from "@aws-lambda-powertools/logger";
import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { drillsSince, type LedgerEntry } from "../evidence/ledger.ts";
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
}

interface Unknown {
  readonly plan: string;
  readonly reason: string;
}

/** Log messages that saved queries rely on. */
const LOG = { overdue: "watchdog.overdue", unknown: "watchdog.unknown", warning: "watchdog.warning" } as const;

/** A promise that is broken is told with its days for another month, and a drill that passed began at most 60 h before its end. */
const MARGIN_SECONDS = 31 * 86_400;
/**
 * Nearly always one of the last five drills of a database is the pass of its plan: of 1,000 databases in tens, a list and five reads at once, 30 ms
 * each, are 6 s of waiting, of the function's 300. A yearly plan beside an hourly one has at most 9,528 drills of 397 days before its pass: 10 lists
 * and 954 times ten reads are 29 s. Ten such databases at a time share the 50 connections that a client has, which makes that about a minute.
 */
const DATABASES_AT_A_TIME = 10;
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
  const unknown: Unknown[] = [];
  const plans = await Promise.all(names.map((name) => services.plans.read(name).catch(notKnown(unknown, [name]))));
  const databases = [
    ...Map.groupBy(
      plans.flatMap((parsed) => parsed?.plan ?? []),
      ({ source }) => source.cluster,
    ),
  ];
  const standings: Standing[] = [];
  for (let first = 0; first < databases.length; first += DATABASES_AT_A_TIME) {
    const looks = databases.slice(first, first + DATABASES_AT_A_TIME).map(([database, ofDatabase]) =>
      lookAt(services, database, ofDatabase, at).catch(
        notKnown(
          unknown,
          ofDatabase.map(({ plan }) => plan),
        ),
      ),
    );
    standings.push(...(await Promise.all(looks)).flatMap((found) => found ?? []));
  }

  const overdue = standings.filter(({ isOverdue }) => isOverdue).sort(mostOverdueFirst);
  publish(services.metrics, standings, { overdue: overdue.length, unknown: unknown.length });
  for (const standing of overdue.slice(0, MAX_TOLD)) services.logger.warn(LOG.overdue, { standing });
  for (const each of unknown.slice(0, MAX_TOLD)) services.logger.error(LOG.unknown, { ...each });
  return {
    at: at.toISOString(),
    plans: names.length,
    overdue: overdue.slice(0, MAX_TOLD),
    unknown: unknown.slice(0, MAX_TOLD),
  };
}

/** Takes the reason why plans could not be looked at, and goes on. */
const notKnown =
  (unknown: Unknown[], plans: readonly string[]) =>
  (error: unknown): undefined => {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    unknown.push(...plans.map((plan) => ({ plan, reason })));
  };

/** What the ledger says of one plan, as far as it was read. */
interface Seen {
  readonly plan: Plan;
  /** A drill of before then is none that the promise is about. */
  readonly since: Date;
  drills: number;
  last?: LedgerEntry;
  pass?: LedgerEntry;
}

/** Reads the ledger of a database once for all of its plans, back to the last pass of each: another plan asks other questions. */
async function lookAt(
  { store, logger }: WatchdogServices,
  database: string,
  plans: readonly Plan[],
  at: Date,
): Promise<Standing[]> {
  const seen = plans.map((plan): Seen => ({ plan, since: lookBackOf(plan, at), drills: 0 }));
  const earliest = new Date(Math.min(...seen.map(({ since }) => since.getTime())));
  for await (const { entries, warnings } of drillsSince(store, database, earliest)) {
    for (const warning of warnings) logger.warn(LOG.warning, { database, warning });
    for (const entry of entries) take(seen, entry);
    const oldest = new Date(entries.at(-1)?.startedAt ?? at);
    if (seen.every(({ pass, since }) => pass !== undefined || oldest < since)) break;
  }
  return seen.map((each) => standingOf(each, at));
}

const lookBackOf = ({ cadence }: Plan, at: Date): Date =>
  new Date(at.getTime() - (cadence.everySeconds + MARGIN_SECONDS) * 1000);

/** Entries come the newest first. */
function take(seen: readonly Seen[], entry: LedgerEntry): void {
  const of = seen.find(({ plan, pass }) => plan.plan === entry.plan && pass === undefined);
  if (of === undefined || new Date(entry.startedAt) < of.since) return;
  of.drills += 1;
  of.last ??= entry;
  if (entry.verdict === "passed") of.pass = entry;
}

function standingOf({ plan: { plan, source, cadence }, drills, last, pass }: Seen, at: Date): Standing {
  const subject = { plan, database: source.cluster, promisedDays: cadence.everySeconds / 86_400 };
  if (pass === undefined) {
    const days = Math.floor((cadence.everySeconds + MARGIN_SECONDS) / 86_400);
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
