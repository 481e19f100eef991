import type { Logger } from "@aws-lambda-powertools/logger";
import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { RDSClient } from "@aws-sdk/client-rds";
import type { SFNClient } from "@aws-sdk/client-sfn";
import * as z from "zod/mini";
import type { DeployedPlans } from "../plan/library.ts";
import { DRILL_ID } from "../plan/names.ts";
import type { Remaining } from "../recovery/answers.ts";
import { removeCluster, removeSnapshotCopy, removeWriter, type StillThere } from "../recovery/removals.ts";
import { drillResources, type NamedResource } from "./inventory.ts";
import { expiryOf, type Standing, standingOf } from "./standing.ts";
import { endStuckDrills, type Machines, type StuckDrill } from "./stuck-drills.ts";

/** Nothing: every region is swept. A drill: what it owns is deleted, whether or not its time is over. */
export const SweepInput = z.strictObject({
  drill: z.optional(z.string().check(z.regex(DRILL_ID, "is not the id of a drill, such as 20261121-143205-3f9a2b1c"))),
});

export interface SweepServices {
  readonly rds: (region: string) => RDSClient;
  readonly sfn: SFNClient;
  readonly machines: Machines;
  readonly metrics: Metrics;
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
  readonly now: () => Date;
  readonly remainingMs: () => number;
  readonly homeRegion: string;
  readonly plans: DeployedPlans;
}

/** What became of one resource. */
type Swept = Pick<Remaining, "kind" | "id" | "region"> & { readonly reason: string };

export interface SweepAnswer {
  readonly at: string;
  readonly regions: string[];
  /** What could not be asked: a region, or a plan that would have named one. */
  readonly failed: { readonly region: string; readonly reason: string }[];
  readonly swept: Readonly<Record<Exclude<Standing, "running">, readonly Swept[]>>;
  /** Executions that ran past every deadline. */
  readonly stuck: readonly StuckDrill[];
  /** Drills whose resources are left for the next hour. */
  readonly leftForLater: number;
}

/** Log messages that saved queries rely on. */
const LOG = {
  leaked: "sweep.leaked",
  foreign: "sweep.not-ours",
  failed: "sweep.region.failed",
  ended: "sweep.ended",
  stuck: "sweep.stuck",
} as const;

/** 40 drills of 3 resources, each looked at and asked for in at most 7 calls of about 0.3 s: 84 s of the function's 600. */
const MAX_DRILLS = 40;
/** No drill is begun with less left: where its region hangs, 7 calls (2 each for writer and copy, 3 for the cluster) of 3 x 10 s are 210 s. */
const LAST_BEGIN_MS = 230_000;
/** What one answer or log line names: 100 of about 300 bytes are well below Lambda's and CloudWatch's 256 kB. */
const MAX_TOLD = 100;

/** RDS's order. */
const REMOVALS = { instance: removeWriter, cluster: removeCluster, snapshot: removeSnapshotCopy } as const;
const ORDER = ["instance", "cluster", "snapshot"] as const;

/**
 * The net under every teardown: looks in each region that a deployed plan names for what drills left, deletes what provably is a drill's and whose
 * time is over, and publishes what it found, also when that is nothing. Ends drills that are stuck first. A region that does not answer is reported,
 * and the others are swept.
 */
export async function sweep(services: SweepServices, { drill }: z.infer<typeof SweepInput>): Promise<SweepAnswer> {
  const { regions, failed } = await regionsOf(services);
  if (drill !== undefined) return endDrill(services, drill, regions, failed);
  const at = services.now();
  // Before anything is deleted: what still runs might make it again.
  const stuck = await endStuck(services, at, failed);
  const found: { resource: NamedResource; standing: Standing }[] = [];
  await Promise.all(
    regions.map(async (region) => {
      try {
        const { resources, cutOff } = await drillResources(services.rds(region), region);
        found.push(...resources.map((resource) => ({ resource, standing: standingOf(resource, at) })));
        if (cutOff.length > 0) failed.push({ region, reason: `has more than can be listed of: ${cutOff.join(", ")}` });
      } catch (error) {
        failed.push({ region, reason: reasonOf(error) });
      }
    }),
  );
  const of = (...standings: Standing[]) =>
    found.filter(({ standing }) => standings.includes(standing)).map(({ resource }) => resource);
  const over = of("leaked", "ended");
  const { outcomes, leftForLater } = await removeAll(services, over, at);
  const told = (resources: readonly NamedResource[], otherwise: string): Swept[] =>
    resources.map((resource) => sweptAs(resource, outcomes.has(resource) ? outcomes.get(resource) : otherwise));
  const swept = {
    leaked: told(of("leaked"), "left for the next hour"),
    ended: told(of("ended"), "left for the next hour"),
    kept: of("kept").map((resource) => sweptAs(resource, `stays until ${expiryOf(resource).toISOString()}`)),
    foreign: told(of("foreign"), "its tags do not say that a drill made it: not touched (Drill.NotOurs)"),
  };
  publish(services.metrics, { ...swept, ended: of("ended").filter((each) => isGoing(outcomes, each)) }, failed.length);
  tell(services.logger, swept, failed);
  return answerOf({ at, regions, failed, swept, stuck, leftForLater });
}

/** Every hour, and not once a day with the watchdog: a stuck drill holds its turn, and a sandbox that is paid for. */
async function endStuck(
  services: SweepServices,
  at: Date,
  failed: SweepAnswer["failed"][number][],
): Promise<StuckDrill[]> {
  try {
    const stuck = await endStuckDrills(services, at);
    services.metrics.addMetric("StuckDrills", MetricUnit.Count, stuck.length);
    if (stuck.length > 0) services.logger.error(LOG.stuck, { count: stuck.length, drills: stuck.slice(0, MAX_TOLD) });
    return stuck;
  } catch (error) {
    failed.push({ region: `${services.homeRegion}, of Step Functions`, reason: reasonOf(error) });
    return [];
  }
}

type Outcomes = Map<NamedResource, StillThere | undefined>;

/** Deleted, or about to be: what RDS refused is neither. */
const isGoing = (outcomes: Outcomes, resource: NamedResource): boolean =>
  outcomes.has(resource) && outcomes.get(resource)?.isAsked !== false;

/** A drill after the other, its writer first. Where there are more than fit, every hour begins with others: none waits behind what will not go. */
async function removeAll(
  { rds, remainingMs }: SweepServices,
  over: readonly NamedResource[],
  at: Date,
): Promise<{ outcomes: Outcomes; leftForLater: number }> {
  const drills = [...Map.groupBy(over, ({ region, drillId }) => `${region} ${drillId}`).values()];
  const hour = Math.floor(at.getTime() / 3_600_000);
  const first = drills.length <= MAX_DRILLS ? 0 : (hour * MAX_DRILLS) % drills.length;
  const outcomes: Outcomes = new Map();
  let begun = 0;
  for (const resources of [...drills.slice(first), ...drills.slice(0, first)].slice(0, MAX_DRILLS)) {
    if (remainingMs() < LAST_BEGIN_MS) break;
    begun += 1;
    for (const resource of ORDER.flatMap((kind) => resources.filter((each) => each.kind === kind)))
      outcomes.set(resource, await REMOVALS[resource.kind](rds(resource.region), ownerOf(resource)));
  }
  return { outcomes, leftForLater: drills.length - begun };
}

/** What is listed with its tags has no more to wait for. */
const ownerOf = ({ drillId, region }: Pick<NamedResource, "drillId" | "region">) => ({
  drillId,
  region,
  waitedSeconds: Number.POSITIVE_INFINITY,
});

/** Somebody has seen enough of a sandbox that was kept, or wants what a drill left to be gone now. No metric: it was asked for. */
async function endDrill(
  { rds, now }: SweepServices,
  drillId: string,
  regions: string[],
  failed: SweepAnswer["failed"],
): Promise<SweepAnswer> {
  const looks = await Promise.all(
    regions.map(async (region) => {
      const still: (StillThere | undefined)[] = [];
      for (const kind of ORDER) still.push(await REMOVALS[kind](rds(region), ownerOf({ drillId, region })));
      return still.filter((each) => each !== undefined);
    }),
  );
  const there = looks.flat();
  const unseen = there.filter((each) => each.unseen === true);
  const swept = {
    leaked: [],
    ended: there.filter((each) => each.unseen !== true).map((each) => sweptAs(each, each)),
    kept: [],
    foreign: [],
  };
  return answerOf({
    at: now(),
    regions,
    failed: [...failed, ...unseen.map(({ region, reason }) => ({ region, reason }))],
    swept,
    stuck: [],
    leftForLater: 0,
  });
}

/** Every region that a deployed plan names, and the stack's own. A plan that can not be read may hide one. */
async function regionsOf({
  plans,
  homeRegion,
}: SweepServices): Promise<{ regions: string[]; failed: SweepAnswer["failed"] }> {
  const regions = new Set([homeRegion]);
  const failed: SweepAnswer["failed"] = [];
  for (const name of await plans.names()) {
    try {
      const { plan } = await plans.read(name);
      regions.add(plan.source.region).add(plan.sandbox.region);
    } catch (error) {
      failed.push({ region: `of the plan ${name}`, reason: reasonOf(error) });
    }
  }
  return { regions: [...regions].sort(), failed };
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

const sweptAs = (
  { kind, id, region }: Pick<Remaining, "kind" | "id" | "region">,
  outcome: { readonly reason: string } | string | undefined,
): Swept => ({
  kind,
  id,
  region,
  reason: typeof outcome === "string" ? outcome : (outcome?.reason ?? "gone"),
});

type Counted = Readonly<Record<Exclude<Standing, "running">, readonly unknown[]>>;

/**
 * By service alone: an alarm sees one dimension's value, and nobody knows beforehand which database a leak is of. A 0 ends an alarm, and is
 * published only when every region was asked: what an earlier sweep found may be in the one that was not.
 */
function publish(metrics: Metrics, { leaked, foreign, kept, ended }: Counted, failedRegions: number): void {
  if (leaked.length > 0 || failedRegions === 0) metrics.addMetric("SweepFound", MetricUnit.Count, leaked.length);
  if (foreign.length > 0 || failedRegions === 0) metrics.addMetric("SweepNotOurs", MetricUnit.Count, foreign.length);
  metrics.addMetric("SweepKept", MetricUnit.Count, kept.length);
  metrics.addMetric("SweepEnded", MetricUnit.Count, ended.length);
  metrics.addMetric("SweepFailedRegions", MetricUnit.Count, failedRegions);
  metrics.publishStoredMetrics();
}

function tell(logger: SweepServices["logger"], swept: SweepAnswer["swept"], failed: SweepAnswer["failed"]): void {
  const { leaked, foreign, ended } = swept;
  if (leaked.length > 0) logger.error(LOG.leaked, { count: leaked.length, resources: leaked.slice(0, MAX_TOLD) });
  if (foreign.length > 0) logger.error(LOG.foreign, { count: foreign.length, resources: foreign.slice(0, MAX_TOLD) });
  if (failed.length > 0) logger.error(LOG.failed, { failed: failed.slice(0, MAX_TOLD) });
  if (ended.length > 0) logger.info(LOG.ended, { count: ended.length, resources: ended.slice(0, MAX_TOLD) });
}

function answerOf({
  at,
  regions,
  failed,
  swept,
  stuck,
  leftForLater,
}: Omit<SweepAnswer, "at"> & { at: Date }): SweepAnswer {
  const short = <T>(list: readonly T[]): T[] => list.slice(0, MAX_TOLD);
  return {
    at: at.toISOString(),
    regions,
    failed: short(failed),
    swept: {
      leaked: short(swept.leaked),
      ended: short(swept.ended),
      kept: short(swept.kept),
      foreign: short(swept.foreign),
    },
    stuck: short(stuck),
    leftForLater,
  };
}
