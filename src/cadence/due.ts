import { createHash } from "node:crypto";
import type { LedgerEntry } from "../evidence/ledger.ts";
import type { Plan } from "../plan/plan.ts";
import { formatDuration } from "../verdict/duration.ts";
import type { Errored, Seen } from "./standing.ts";

/** What the ledger says of a plan, as far as it decides when the next drill is due. */
export type Drilled = Pick<Seen, "plan" | "conclusive" | "isFirstReference" | "errored">;

export interface Due {
  readonly isDue: true;
  readonly plan: Plan;
  /**
   * Names the drill: the moment at which it was due, or whole days later. Whoever decides again by the same ledger decides for the same slot, so that
   * one drill comes of it; and one that left nothing in the ledger is not started again before a day is over.
   */
  readonly slot: Date;
  /** When the promise is broken; absent where nothing says that it was ever kept. */
  readonly promisedUntil?: Date;
  /** One sentence for people. */
  readonly why: string;
}

export interface NotDue {
  readonly isDue: false;
  readonly plan: Plan;
  /** Absent where the plan's own schedule comes first. */
  readonly dueAt?: Date;
  readonly why: string;
}

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86_400;
/**
 * A drill begins so much before the promise is broken that it can err and be tried again: the six retries below come after pauses of 55 h in all, and
 * six drills of 2 h are 67 h, which is less than 3 days. Promises of less than 12 days leave a quarter: of one day 6 h, for two retries.
 */
const RESERVE_SHARE = 1 / 4;
const MOST_RESERVE_SECONDS = 3 * DAY_SECONDS;
/** Of the reserve, for plans that became due at one moment to begin one after the other: the rest is for quotas, turns and retries. */
const SPREAD_SHARE = 1 / 3;
/** 1, 2, 4, 8, 16 and 24 h after one that errored. What was not mended in 55 h is not mended by trying. */
const MAX_RETRIES = 6;
const FIRST_PAUSE_SECONDS = HOUR_SECONDS;
const MOST_PAUSE_SECONDS = DAY_SECONDS;
/** After the retries it is tried by cadence, and at least weekly: the promise is as good as broken, and what was mended meanwhile is seen soon. */
const SELDOM_SECONDS = 7 * DAY_SECONDS;

/**
 * Whether a drill of the plan is due, and why. Whatever started a drill, what it says of the backups counts: an incident's drill that passed proves its
 * plan as a scheduled one does, and so the watchdog counts. One that failed or was inconclusive counts too: what it found is for people to look at, who
 * start the next one when they have mended it, and the same answer every hour would only cost. A first reference alone is followed by the drill that is
 * held against it, once. What errored is tried again where a drill had to come.
 * A plan with a schedule is started by that; here only when its promise is broken, as the slot was missed then, or when its drill errored.
 */
export function dueOf(drilled: Drilled, at: Date): Due | NotDue {
  const { plan, conclusive, isFirstReference, errored } = drilled;
  const byCadence = momentOf(drilled);
  const retry = errored === undefined ? undefined : retryOf(plan, errored);
  const moment = retry !== undefined && retry.atMs > byCadence.atMs ? retry : byCadence;
  const { atMs, why } = moment;
  if (atMs > at.getTime()) {
    return { isDue: false, plan, why, ...(Number.isFinite(atMs) ? { dueAt: new Date(atMs) } : {}) };
  }
  const promised =
    conclusive === undefined || isFirstReference === true
      ? undefined
      : after(conclusive.startedAt, plan.cadence.everySeconds).getTime();
  return {
    isDue: true,
    plan,
    slot: slotOf(atMs, at),
    why,
    ...(promised === undefined ? {} : { promisedUntil: new Date(promised) }),
  };
}

/** The broken promise first, then the one that is broken next: every database that was never proven comes before all others. */
export const mostOverdueFirst = (a: Due, b: Due): number =>
  promisedUntilMs(a) - promisedUntilMs(b) || shareOf(a.plan) - shareOf(b.plan);

const promisedUntilMs = ({ promisedUntil }: Due): number => promisedUntil?.getTime() ?? Number.MIN_SAFE_INTEGER;

/** `-Infinity`: since ever. `Infinity`: not for anything that is in the ledger. */
interface Moment {
  readonly atMs: number;
  readonly why: string;
}

function momentOf({ plan, conclusive, isFirstReference, errored }: Drilled): Moment {
  const { everySeconds, schedule } = plan.cadence;
  const promise = formatDuration(everySeconds);
  // By hand, a first look at a plan whose schedule has an hour of its own is no reason to leave that hour.
  if (conclusive !== undefined && isFirstReference === true && (schedule === undefined || isByCadence(conclusive))) {
    return {
      atMs: Date.parse(conclusive.endedAt),
      why: `${told(conclusive)} It had nothing to be compared with, and no drill has passed: the next one is held against it.`,
    };
  }
  if (schedule !== undefined) {
    if (errored !== undefined) return { atMs: Number.NEGATIVE_INFINITY, why: "Its scheduled drill errored." };
    // Nothing says since when there is the plan: its first slot may lie ahead. If it was missed, it is in the dead letters, and the plan overdue.
    if (conclusive === undefined) {
      return {
        atMs: Number.POSITIVE_INFINITY,
        why: "No drill of it says anything yet; its schedule starts the first.",
      };
    }
    return {
      atMs: after(conclusive.endedAt, everySeconds + spreadSeconds(plan)).getTime(),
      why: `Its schedule is to keep the promise of a drill every ${promise}: ${told(conclusive)} If none has come by then, a slot was missed.`,
    };
  }
  if (conclusive === undefined) {
    return {
      atMs: Number.NEGATIVE_INFINITY,
      why: `No drill of it says anything yet, promised is one every ${promise}.`,
    };
  }
  const reserve = reserveSeconds(plan);
  return {
    atMs: after(conclusive.startedAt, everySeconds - reserve + spreadSeconds(plan)).getTime(),
    why: `${told(conclusive)} Promised is one every ${promise}, and the next begins up to ${formatDuration(reserve)} before that is over.`,
  };
}

function retryOf(plan: Plan, { drills, lastEndedAt }: Errored): Moment {
  const pauseSeconds =
    drills <= MAX_RETRIES
      ? Math.min(FIRST_PAUSE_SECONDS * 2 ** (drills - 1), MOST_PAUSE_SECONDS)
      : Math.min(plan.cadence.everySeconds - reserveSeconds(plan), SELDOM_SECONDS);
  const count = drills === 1 ? "Its last drill" : `Its last ${drills} drills`;
  return {
    atMs: after(lastEndedAt, pauseSeconds).getTime(),
    why: `${count} errored, the last one at ${minute(lastEndedAt)}: it is tried again ${formatDuration(pauseSeconds)} later.`,
  };
}

function slotOf(dueMs: number, at: Date): Date {
  const dayMs = DAY_SECONDS * 1000;
  const firstMs = Number.isFinite(dueMs) ? dueMs : 0;
  return new Date(firstMs + Math.floor((at.getTime() - firstMs) / dayMs) * dayMs);
}

const reserveSeconds = ({ cadence }: Plan): number =>
  Math.min(cadence.everySeconds * RESERVE_SHARE, MOST_RESERVE_SECONDS);

/** The plan's own place in the window, the same each time: a fleet that became due at one moment begins within its window. */
const spreadSeconds = (plan: Plan): number =>
  Math.floor(shareOf(plan) * Math.min(plan.cadence.windowMinutes * 60, reserveSeconds(plan) * SPREAD_SHARE));

const shareOf = ({ plan }: Plan): number => createHash("sha256").update(plan).digest().readUInt32BE() / 2 ** 32;

const after = (moment: string, seconds: number): Date => new Date(Date.parse(moment) + seconds * 1000);

const isByCadence = ({ trigger }: LedgerEntry): boolean => trigger.kind === "schedule";

const told = ({ drillId, verdict, startedAt }: LedgerEntry): string =>
  `Drill ${drillId} of ${minute(startedAt)} ${verdict === "inconclusive" ? "was inconclusive" : verdict}.`;

const minute = (moment: string): string => `${moment.slice(0, 16)}Z`;
