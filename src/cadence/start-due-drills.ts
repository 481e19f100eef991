import type { Logger } from "@aws-lambda-powertools/logger";
import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import * as z from "zod/mini";
import { accountOf } from "../plan/names.ts";
import { executionName, startDrill } from "../start/start-drill.ts";
import { type Choice, chooseDrills, type Left } from "./choose-drills.ts";
import { type Due, dueOf, type NotDue } from "./due.ts";
import { type RunningServices, runningDrills } from "./running-drills.ts";
import { standings, type Unknown } from "./standing.ts";

export const StartDueDrillsInput = z.strictObject({
  /** Says what would be started, and starts nothing. */
  dryRun: z._default(z.boolean(), false),
});

export interface StartDueDrillsServices extends RunningServices {
  readonly metrics: Metrics;
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
  readonly maxDrillsPerRegion: number;
}

interface Told {
  readonly plan: string;
  readonly database: string;
  readonly why: string;
}

export interface DueAnswer {
  readonly at: string;
  readonly plans: number;
  readonly due: number;
  readonly started: (Told & { readonly executionArn: string })[];
  /** In the place of `started`, where it was only asked what would be. */
  readonly wouldStart?: Told[];
  /** Due, and not started now: the next hour looks again. */
  readonly left: (Told & { readonly reason: string })[];
  /** When the others are due, the soonest first; those that their schedule starts come last. */
  readonly next: (Told & { readonly dueAt?: string })[];
  /** Plans of which nobody knows whether they are due: nothing was started for them. */
  readonly unknown: Unknown[];
}

/** Log messages that saved queries rely on. */
const LOG = { started: "due.started", left: "due.left", unknown: "due.unknown", warning: "due.warning" } as const;

/**
 * In one hour. Four regions are full with them, and a fleet of 1,000 weekly plans needs 6. What it is there for is the day on which everything is due at
 * once, as after a ledger was lost: RDS's API is the account's, and production is managed with it too.
 */
const MAX_STARTS = 20;
/** What one answer names of each kind: 100 of about 400 bytes, four times, are well below Lambda's 6 MB. */
const MAX_TOLD = 100;

/**
 * Starts the drills that are due by each plan's cadence and the ledger, the most overdue first, beside what runs: no second drill of a database, and no
 * more of a region than may run there. Called again it starts the same ones again, which is nothing. Plans whose ledger can not be read are told, and
 * the others are looked at all the same. Throws EvidenceUnreadable when nobody knows whose turn it is, and what StartExecution throws.
 */
export async function startDueDrills(
  services: StartDueDrillsServices,
  { dryRun }: z.infer<typeof StartDueDrillsInput>,
): Promise<DueAnswer> {
  const { store, plans, logger, stateMachineArn } = services;
  const at = services.now();
  const onWarning = (database: string, warning: string) => logger.warn(LOG.warning, { database, warning });
  const found = await standings({ store, plans, onWarning }, at, "conclusive");
  const words = found.seen.map((seen) => dueOf(seen, at));
  const due = words.filter((word) => word.isDue);
  const { maxDrillsPerRegion } = services;
  const limits = { maxDrillsPerRegion, maxStarts: MAX_STARTS, ownAccount: accountOf(stateMachineArn) };
  const running = await runningDrills(services);
  const choice = running === undefined ? nothingOf(due) : chooseDrills(due, running, limits);

  const begun = dryRun ? { started: [], left: [] } : await start(services, choice.chosen);
  const left = [...begun.left, ...choice.left];
  for (const each of begun.started) logger.info(LOG.started, { ...each });
  for (const each of left.slice(0, MAX_TOLD)) logger.info(LOG.left, { ...told(each.due), reason: each.reason });
  for (const each of found.unknown.slice(0, MAX_TOLD)) logger.error(LOG.unknown, { ...each });
  if (!dryRun) publish(services.metrics, { due: due.length, started: begun.started.length, left: left.length });
  return {
    at: at.toISOString(),
    plans: found.plans,
    due: due.length,
    started: begun.started,
    ...(dryRun ? { wouldStart: choice.chosen.map(told) } : {}),
    left: left.slice(0, MAX_TOLD).map((each) => ({ ...told(each.due), reason: each.reason })),
    next: next(words.filter((word) => !word.isDue)),
    unknown: found.unknown.slice(0, MAX_TOLD),
  };
}

const nothingOf = (due: readonly Due[]): Choice => ({
  chosen: [],
  left: due.map((each) => ({ due: each, reason: "More drills run or wait for their turn than are looked at." })),
});

async function start(
  starter: StartDueDrillsServices,
  chosen: readonly Due[],
): Promise<{ started: DueAnswer["started"]; left: Left[] }> {
  const started: DueAnswer["started"] = [];
  const left: Left[] = [];
  for (const due of chosen) {
    const { plan } = due.plan;
    const name = executionName("due", plan, due.slot);
    const trigger = { kind: "schedule", by: "start-due-drills" } as const;
    const { executionArn, isNew } = await startDrill(starter, name, { plan, trigger });
    if (isNew) started.push({ ...told(due), executionArn });
    else left.push({ due, reason: `${executionArn} was started for it, and is not in the ledger.` });
  }
  return { started, left };
}

const told = ({ plan: { plan, source }, why }: Due | NotDue): Told => ({ plan, database: source.cluster, why });

function next(words: readonly NotDue[]): DueAnswer["next"] {
  const soonest = [...words].sort((a, b) => dueMs(a) - dueMs(b)).slice(0, MAX_TOLD);
  return soonest.map((word) => ({
    ...told(word),
    ...(word.dueAt === undefined ? {} : { dueAt: word.dueAt.toISOString() }),
  }));
}

const dueMs = ({ dueAt }: NotDue): number => dueAt?.getTime() ?? Number.MAX_SAFE_INTEGER;

/** Also when they are 0: whoever hears nothing knows that nobody looked. */
function publish(
  metrics: Metrics,
  counts: { readonly due: number; readonly started: number; readonly left: number },
): void {
  metrics.addMetric("DueDrills", MetricUnit.Count, counts.due);
  metrics.addMetric("StartedDueDrills", MetricUnit.Count, counts.started);
  metrics.addMetric("LeftForLater", MetricUnit.Count, counts.left);
  metrics.publishStoredMetrics();
}
