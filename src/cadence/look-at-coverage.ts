import type { Logger } from "@aws-lambda-powertools/logger";
import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { RDSClient } from "@aws-sdk/client-rds";
import type { JsonStore } from "../aws/json-store.ts";
import type { DeployedPlans } from "../plan/library.ts";
import { databaseKey, TAG } from "../plan/names.ts";
import type { Plan } from "../plan/plan.ts";
import { whyUnsupported } from "../recovery/drillable.ts";
import { COVERAGE_KEY, type Coverage } from "./coverage.ts";
import { type DatabaseListing, type ListedDatabase, listDatabases } from "./list-databases.ts";

export interface CoverageServices {
  readonly rds: (region: string) => RDSClient;
  readonly store: JsonStore;
  readonly metrics: Metrics;
  readonly logger: Pick<Logger, "warn" | "error">;
  readonly plans: DeployedPlans;
  readonly homeRegion: string;
  readonly ownAccount: string;
  /** Where databases may be that no plan names a region of. */
  readonly watchedRegions: readonly string[];
  /** How many databases without a plan are accepted: those beyond page. */
  readonly maxUncovered: number;
}

/** Log messages that saved queries rely on. */
const LOG = {
  uncovered: "watchdog.uncovered",
  gone: "watchdog.plan-without-database",
  unknown: "watchdog.region.failed",
} as const;

/** What one log line names: 100 of about 400 bytes are well below CloudWatch's 256 kB. The document has all. */
const MAX_TOLD = 100;

/**
 * Holds every database of the account, in the regions that plans name, the stack's own and those that it is told to watch, against the plans: says
 * it by metrics, in the log and in `coverage/latest.json`. A region that does not answer is unknown: nothing in it counts as covered, uncovered or
 * gone. Throws what the evidence bucket answers, once everything else was said.
 */
export async function lookAtCoverage(services: CoverageServices, at: Date): Promise<Coverage> {
  const { plans, unknown } = await readPlans(services.plans);
  const named = plans.flatMap(({ source, sandbox }) => [source.region, sandbox.region]);
  const regions = [...new Set([services.homeRegion, ...services.watchedRegions, ...named])].sort();
  const looks = await Promise.all(regions.map((region) => lookInto(services, region)));
  const failed = looks.flatMap(({ region, reason }) => (reason === undefined ? [] : [{ region, reason }]));
  const answered = looks.filter(({ reason }) => reason === undefined).map(({ region }) => region);

  const listed = looks.flatMap((look) => look.listed);
  const coverage: Coverage = {
    schemaVersion: 1,
    at: at.toISOString(),
    regions: answered,
    ...sortedByPlans(listed, plansByDatabase(plans, services.ownAccount)),
    ...plansWithout(plans, listed, { answered, ownAccount: services.ownAccount }),
    unknown: [...failed, ...unknown],
  };
  publish(services, coverage, failed.length);
  tell(services.logger, coverage);
  await services.store.put(COVERAGE_KEY, coverage);
  return coverage;
}

async function readPlans(deployed: DeployedPlans): Promise<{ plans: Plan[]; unknown: Coverage["unknown"] }> {
  const plans: Plan[] = [];
  const unknown: Coverage["unknown"] = [];
  for (const name of (await deployed.names()).sort()) {
    try {
      plans.push((await deployed.read(name)).plan);
    } catch (error) {
      unknown.push({ plan: name, reason: reasonOf(error) });
    }
  }
  return { plans, unknown };
}

interface Look {
  readonly region: string;
  readonly listed: readonly ListedDatabase[];
  /** Why it was not looked at, or not to the end. */
  readonly reason?: string;
}

async function lookInto({ rds }: CoverageServices, region: string): Promise<Look> {
  try {
    const { listed, isCutOff }: DatabaseListing = await listDatabases(rds(region), region);
    return { region, listed, ...(isCutOff ? { reason: "has more databases than can be listed" } : {}) };
  } catch (error) {
    return { region, listed: [], reason: reasonOf(error) };
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

type PlansByDatabase = ReadonlyMap<string, readonly string[]>;

/** The plans of each source, by `databaseKey`: those of another account's have keys that nothing here has. */
const plansByDatabase = (plans: readonly Plan[], ownAccount: string): PlansByDatabase =>
  new Map(
    [...Map.groupBy(plans, ({ source }) => databaseKey(source, ownAccount))].map(([key, of]) => [
      key,
      of.map(({ plan }) => plan),
    ]),
  );

type Sorted = Pick<Coverage, "covered" | "uncovered" | "exempt" | "replicas">;

/** Each in one place: a plan counts more than what a tag says, and a tag more than whose replica it is. */
function sortedByPlans(listed: readonly ListedDatabase[], plansOf: PlansByDatabase): Sorted {
  const sorted: Sorted = { covered: [], uncovered: [], exempt: [], replicas: [] };
  for (const { database, tags, replicaOf } of listed) {
    const plans = plansOf.get(keyOf({ database })) ?? [];
    const exempt = tags.find(({ Key }) => Key === TAG.exempt);
    const reason = exempt?.Value?.trim() ?? "";
    if (plans.length > 0) sorted.covered.push({ ...database, plans: [...plans] });
    else if (reason !== "") sorted.exempt.push({ ...database, reason });
    else if (replicaOf !== undefined) sorted.replicas.push({ ...database, of: replicaOf });
    else sorted.uncovered.push(uncovered(database, exempt !== undefined));
  }
  return sorted;
}

/** Plans are of clusters: an instance of that name is another database. */
const keyOf = ({ database: { kind, region, name } }: Pick<ListedDatabase, "database">): string =>
  kind === "cluster" ? databaseKey({ region, cluster: name }) : "";

function uncovered(database: ListedDatabase["database"], hasTag: boolean): Coverage["uncovered"][number] {
  const unsupported = whyUnsupported(database.engine, database.engineVersion);
  const why =
    unsupported === undefined
      ? `No plan drills it. Write one, or say in its tag ${TAG.exempt} why none is needed.`
      : `It runs ${unsupported} Prove its backups by other means, and say in its tag ${TAG.exempt} by which.`;
  const tagged = hasTag ? ` That tag is there and gives no reason.` : "";
  return { ...database, isDrillable: unsupported === undefined, why: `${why}${tagged}` };
}

function plansWithout(
  plans: readonly Plan[],
  listed: readonly ListedDatabase[],
  { answered, ownAccount }: { answered: readonly string[]; ownAccount: string },
): Pick<Coverage, "plansWithoutDatabase" | "elsewhere"> {
  const there = new Set(listed.map(keyOf));
  const plansWithoutDatabase: Coverage["plansWithoutDatabase"] = [];
  const elsewhere: Coverage["elsewhere"] = [];
  for (const { plan, source } of plans) {
    const { account = ownAccount, region, cluster: database } = source;
    if (account !== ownAccount) elsewhere.push({ plan, account, region, database });
    else if (answered.includes(region) && !there.has(databaseKey(source, ownAccount)))
      plansWithoutDatabase.push({ plan, region, database });
  }
  return { plansWithoutDatabase, elsewhere };
}

/** A number that ends an alarm is published only when every region was asked: what rang may be in the one that was not. */
function publish({ metrics, maxUncovered }: CoverageServices, coverage: Coverage, failedRegions: number): void {
  const { uncovered: without, plansWithoutDatabase: gone, exempt } = coverage;
  const isWhole = failedRegions === 0;
  if (isWhole || without.length > maxUncovered)
    metrics.addMetric("UncoveredDatabases", MetricUnit.Count, without.length);
  if (isWhole || gone.length > 0) metrics.addMetric("PlansWithoutDatabase", MetricUnit.Count, gone.length);
  metrics.addMetric("ExemptDatabases", MetricUnit.Count, exempt.length);
  metrics.addMetric("UnknownRegions", MetricUnit.Count, failedRegions);
  metrics.publishStoredMetrics();
}

function tell(logger: CoverageServices["logger"], coverage: Coverage): void {
  const { uncovered: without, plansWithoutDatabase: gone, unknown } = coverage;
  if (without.length > 0) logger.warn(LOG.uncovered, { count: without.length, databases: without.slice(0, MAX_TOLD) });
  if (gone.length > 0) logger.error(LOG.gone, { count: gone.length, plans: gone.slice(0, MAX_TOLD) });
  if (unknown.length > 0) logger.error(LOG.unknown, { unknown: unknown.slice(0, MAX_TOLD) });
}
