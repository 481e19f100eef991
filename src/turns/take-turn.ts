import type { SFNClient } from "@aws-sdk/client-sfn";
import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { TurnTimedOut } from "../errors.ts";
import { DrillRequest, Execution, Instant } from "../plan/drill.ts";
import { TURN_SECONDS } from "../plan/lifetimes.ts";
import { accountOf, databaseKey, drillIdOf, evidencePrefix } from "../plan/names.ts";
import type { ParsedPlan } from "../plan/validate.ts";
import { secondsBetween, waitSecondsFor } from "../recovery/pacing.ts";
import { hasEnded } from "./has-ended.ts";
import { readTurns, type Turn, type TurnsNow, type Waiting, writeTurns } from "./turns.ts";

/** `$.turn` */
export const TurnAnswer = z.object({
  phase: z.enum(["pending", "ready"]),
  waitSeconds: z.int(),
  looks: z.int(),
  /** When it began to wait. */
  startedAt: Instant,
  /** When the turn came: the drill's own start, from which its times are counted. */
  takenAt: z.optional(Instant),
  /** What was waited for at the last look, for people. */
  waitingFor: z.optional(z.string()),
});
export type TurnAnswer = z.infer<typeof TurnAnswer>;

export const TakeTurnInput = z.object({ request: DrillRequest, execution: Execution, turn: z.optional(TurnAnswer) });
type TakeTurnInput = z.infer<typeof TakeTurnInput>;

interface Services {
  readonly store: JsonStore;
  readonly sfn: SFNClient;
  readonly plans: (name: string) => Promise<ParsedPlan>;
  /** Aurora copies five snapshots into a region at a time: the stack says how many of them drills may take. */
  readonly maxDrillsPerRegion: number;
  readonly now: () => Date;
}

const MAX_LOOK_SECONDS = 300;
/** Nobody else takes an incident's turn, but nobody calls it either. */
const MAX_LOOK_AFTER_INCIDENT_SECONDS = 120;
/** An incident's drill looks every 2 min: one that was not seen in five of them waits no more. */
const FORGOTTEN_SECONDS = 5 * MAX_LOOK_AFTER_INCIDENT_SECONDS;
/** One a database: more incidents than these at a time wait without being given way. */
const MAX_WAITING = 50;
/** Writers that come between a look and its write, in one call. Each is another drill that begins: there are not many. */
const MAX_RACES = 5;

/**
 * Waits until no other drill of the same database runs and the drill region has room for one more. A drill after an incident goes before all others
 * that wait for its database or its region; apart from that there is no queue: whoever looks first after a turn is over takes it. What runs is not
 * stopped for anybody. Calling it again is harmless; a turn ends by itself with its execution.
 * Throws PlanNotFound, PlanInvalid, EvidenceUnreadable, or TurnTimedOut after 8 h.
 */
export async function takeTurn(services: Services, input: TakeTurnInput): Promise<TurnAnswer> {
  const { execution, turn: earlier } = input;
  const { plan } = await services.plans(input.request.plan);
  const now = services.now();
  const drillId = drillIdOf(execution);
  const wanted: Turn = {
    drillId,
    evidencePrefix: evidencePrefix(plan.source.cluster, drillId),
    executionArn: execution.id,
    database: databaseKey(plan.source, accountOf(execution.id)),
    region: plan.sandbox.region,
    takenAt: now.toISOString(),
  };
  const state = { startedAt: earlier?.startedAt ?? now.toISOString(), looks: (earlier?.looks ?? 0) + 1 };
  const isIncident = input.request.trigger?.kind === "incident";
  const outcome = await tryToTake(services, wanted, isIncident);
  if ("takenAt" in outcome) return { ...state, phase: "ready", waitSeconds: 0, takenAt: outcome.takenAt };

  const elapsedSeconds = secondsBetween(state.startedAt, now);
  if (elapsedSeconds > TURN_SECONDS)
    throw new TurnTimedOut(
      `The drill of ${plan.source.cluster} waited ${TURN_SECONDS / 3600} h for its turn: ${outcome.waitingFor}. Stop that drill, or start this one when it is over.`,
    );
  const secondsLeft = TURN_SECONDS - elapsedSeconds;
  const atMostSeconds = isIncident ? MAX_LOOK_AFTER_INCIDENT_SECONDS : MAX_LOOK_SECONDS;
  const waitSeconds = waitSecondsFor({ elapsedSeconds, secondsLeft, atMostSeconds });
  return { ...state, phase: "pending", waitSeconds, waitingFor: outcome.waitingFor };
}

async function tryToTake(
  services: Services,
  wanted: Turn,
  isIncident: boolean,
): Promise<{ takenAt: string } | { waitingFor: string }> {
  let waitingFor = "other drills that begin at this moment";
  for (let race = 0; race < MAX_RACES; race += 1) {
    const now = await readTurns(services.store);
    // The answer to an earlier call was lost.
    const own = now.turns.find(({ drillId }) => drillId === wanted.drillId);
    if (own !== undefined) return own;
    const running = await withoutEnded(services, now, wanted);
    const waiting = stillWaiting(now.waiting, wanted);
    const obstacle = obstacleTo(wanted, { running, waiting: isIncident ? [] : waiting }, services.maxDrillsPerRegion);
    waitingFor = obstacle ?? waitingFor;
    if (obstacle !== undefined && !isIncident) break;
    const next =
      obstacle === undefined
        ? { turns: [...running, wanted], waiting }
        : { turns: running, waiting: [...waiting, seen(wanted)].slice(0, MAX_WAITING) };
    const isWritten = await writeTurns(services.store, { ...next, version: now.version });
    if (isWritten && obstacle === undefined) return wanted;
    if (isWritten) break;
  }
  return { waitingFor };
}

/** Incidents' drills that were seen lately, but for the one that looks. */
const stillWaiting = (waiting: readonly Waiting[], { drillId, takenAt: now }: Turn): Waiting[] =>
  waiting.filter((each) => each.drillId !== drillId && secondsBetween(each.seenAt, now) <= FORGOTTEN_SECONDS);

const seen = ({ drillId, database, region, takenAt: seenAt }: Turn): Waiting => ({ drillId, database, region, seenAt });

/** Only those in the way are asked after: there are at most as many as a region takes, and one of the database. */
async function withoutEnded(services: Services, { turns }: TurnsNow, wanted: Turn): Promise<Turn[]> {
  const isOver = await Promise.all(turns.map((turn) => isInTheWay(turn, wanted) && hasEnded(services, turn)));
  return turns.filter((_, index) => !isOver[index]);
}

const isInTheWay = (turn: Turn, wanted: Turn): boolean =>
  turn.database === wanted.database || turn.region === wanted.region;

interface InTheWay {
  readonly running: readonly Turn[];
  /** Those that go first. */
  readonly waiting: readonly Waiting[];
}

function obstacleTo(wanted: Turn, { running, waiting }: InTheWay, maxPerRegion: number): string | undefined {
  const same = running.find(({ database }) => database === wanted.database);
  if (same !== undefined) return `drill ${same.drillId} of the same database, which began at ${same.takenAt}`;
  const first = waiting.find(({ database }) => database === wanted.database);
  if (first !== undefined) return `drill ${first.drillId} of the same database, which goes first after an incident`;
  const there = running.filter(({ region }) => region === wanted.region);
  const before = waiting.filter(({ region }) => region === wanted.region);
  if (there.length + before.length < maxPerRegion) return undefined;
  const names = there.map(({ drillId }) => drillId).join(", ");
  const limit = `the stack allows ${maxPerRegion}`;
  if (before.length === 0) return `one of the ${there.length} drills in ${wanted.region} to end (${names}); ${limit}`;
  const ahead = before.map(({ drillId }) => drillId).join(", ");
  return `${there.length} drills in ${wanted.region} (${names || "none"}) and those that go first after an incident (${ahead}); ${limit}`;
}
