import type { Logger } from "@aws-lambda-powertools/logger";
import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import * as z from "zod/mini";
import { accountOf } from "../plan/names.ts";
import { executionName, startDrill } from "../start/start-drill.ts";
import { type Due, dueOf, mostOverdueFirst, type NotDue } from "./due.ts";
import { type Hindrance, Places, type RunningDrill } from "./places.ts";
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
  readonly remainingMs: () => number;
}

/** A drill that is due and is not started now. */
interface Left extends Hindrance {
  readonly due: Due;
}

interface Refused {
  readonly plan: string;
  readonly error: unknown;
}

interface Begun {
  readonly started: DueAnswer["started"];
  readonly wouldStart: Told[];
  readonly left: Left[];
  readonly refused: Refused[];
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
const LOG = {
  started: "due.started",
  left: "due.left",
  refused: "due.refused",
  unknown: "due.unknown",
  warning: "due.warning",
} as const;

/**
 * In one hour. Four regions are full with them, and the weekly plans that fit into a stack need one. What it is there for is the day on which everything
 * is due at once, as after a ledger was lost: RDS's API is the account's, and production is managed with it too.
 */
const MAX_STARTS = 20;
/** What one answer names of each kind: 100 of about 400 bytes, four times, are well below Lambda's 6 MB. */
const MAX_TOLD = 100;
/** In one message: 20 of about 300 characters are well below the 256 KiB of a dead letter. The log has all. */
const MAX_REASONS = 20;
/** One start is at most five attempts of 15 s; what it answered has to be told as well. */
const LAST_START_MS = 90_000;

/**
 * Starts the drills that are due by each plan's cadence and the ledger, the most overdue first, beside what runs: no second drill of a database, and no
 * more of a region than may run there. Called again it starts the same ones again, which is nothing. Plans whose ledger can not be read are told, and
 * the others are looked at all the same. Throws EvidenceUnreadable when nobody knows whose turn it is, and, once every drill that is due had its turn
 * and what began was told, an AggregateError of those whose start was refused.
 */
export async function startDueDrills(
  services: StartDueDrillsServices,
  { dryRun }: z.infer<typeof StartDueDrillsInput>,
): Promise<DueAnswer> {
  const { store, plans, logger } = services;
  const at = services.now();
  const onWarning = (database: string, warning: string) => logger.warn(LOG.warning, { database, warning });
  const found = await standings({ store, plans, onWarning }, at, "conclusive");
  const words = found.seen.map((seen) => dueOf(seen, at));
  const due = words.filter((word) => word.isDue);
  const running = await runningDrills(services);
  const begun = await begin(services, due, running, dryRun);

  for (const each of begun.started) logger.info(LOG.started, { ...each });
  for (const { due: each, reason } of begun.left.slice(0, MAX_TOLD)) logger.info(LOG.left, { ...told(each), reason });
  for (const each of begun.refused) logger.error(LOG.refused, { plan: each.plan, reason: reasonOf(each) });
  for (const each of found.unknown.slice(0, MAX_TOLD)) logger.error(LOG.unknown, { ...each });
  if (!dryRun) publish(services.metrics, due, begun);
  if (begun.refused.length > 0) throw allOf(begun.refused);
  return {
    at: at.toISOString(),
    plans: found.plans,
    due: due.length,
    started: begun.started,
    ...(dryRun ? { wouldStart: begun.wouldStart } : {}),
    left: begun.left.slice(0, MAX_TOLD).map((each) => ({ ...told(each.due), reason: each.reason })),
    next: next(words.filter((word) => !word.isDue)),
    unknown: found.unknown.slice(0, MAX_TOLD),
  };
}

/** Each plan that is due is asked for once at most. A place is taken by what begins: one that was started before, or is refused, leaves it to the next one. */
async function begin(
  services: StartDueDrillsServices,
  due: readonly Due[],
  running: readonly RunningDrill[] | undefined,
  dryRun: boolean,
): Promise<Begun> {
  const { maxDrillsPerRegion, stateMachineArn, remainingMs } = services;
  const limits = { maxDrillsPerRegion, maxStarts: MAX_STARTS, ownAccount: accountOf(stateMachineArn) };
  const places = new Places(running ?? [], limits);
  const begun: Begun = { started: [], wouldStart: [], left: [], refused: [] };
  for (const each of [...due].sort(mostOverdueFirst)) {
    const hindrance = running === undefined ? TOO_MANY : places.hindranceOf(each);
    if (hindrance !== undefined) {
      begun.left.push({ due: each, ...hindrance });
    } else if (dryRun) {
      places.take(each);
      begun.wouldStart.push(told(each));
    } else if (remainingMs() < LAST_START_MS) {
      begun.left.push({ due: each, ...NO_TIME });
    } else if (await start(services, each, begun)) {
      places.take(each);
    }
  }
  return begun;
}

const TOO_MANY = { reason: "More drills run or wait for their turn than are looked at.", isForRoom: true };
const NO_TIME = { reason: "The time of this look was over.", isForRoom: true };

/** Whether it begins now. */
async function start(services: StartDueDrillsServices, due: Due, begun: Begun): Promise<boolean> {
  const { plan } = due.plan;
  const name = executionName("due", plan, due.slot);
  const trigger = { kind: "schedule", by: "start-due-drills" } as const;
  try {
    const { executionArn, isNew } = await startDrill(services, name, { plan, trigger });
    if (isNew) begun.started.push({ ...told(due), executionArn });
    else {
      const reason = `${executionArn} was started for it, and is not in the ledger.`;
      begun.left.push({ due, reason, isForRoom: false });
    }
    return isNew;
  } catch (error) {
    const refused = { plan, error };
    begun.refused.push(refused);
    begun.left.push({ due, reason: `It could not be started. ${reasonOf(refused)}`, isForRoom: false });
    return false;
  }
}

const reasonOf = ({ error }: Refused): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

/** Names come first: wherever a message is cut, it says which plans wait. */
function allOf(refused: readonly Refused[]): AggregateError {
  const plans = refused.map(({ plan }) => plan).join(", ");
  const reasons = refused.slice(0, MAX_REASONS).map((each) => `${each.plan}: ${reasonOf(each)}`);
  return new AggregateError(
    refused.map(({ error }) => error),
    `${refused.length} drills that are due could not be started, those of the plans ${plans}. ${reasons.join(" ")}`,
  );
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

/** Also when they are 0: whoever hears nothing knows that nobody looked. What waits for its own database is on its way, and none of `LeftForLater`. */
function publish(metrics: Metrics, due: readonly Due[], { started, left }: Begun): void {
  metrics.addMetric("DueDrills", MetricUnit.Count, due.length);
  metrics.addMetric("StartedDueDrills", MetricUnit.Count, started.length);
  metrics.addMetric("LeftForLater", MetricUnit.Count, left.filter(({ isForRoom }) => isForRoom).length);
  metrics.publishStoredMetrics();
}
