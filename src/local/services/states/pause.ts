import { setTimeout as sleep } from "node:timers/promises";
import type { Json } from "./json.ts";
import { StateError } from "./state-error.ts";

/** The longest wait of Step Functions, about three years. */
const WAIT_LIMIT_SECONDS = 99_999_999;

/** A timer holds 2^31 - 1 ms at most: longer waits take several. */
const TIMER_LIMIT_MS = 2_147_483_647;

/** What a Wait is asked: one of the two, as the definition or the document says. */
export interface Pause {
  readonly seconds?: Json;
  readonly timestamp?: Json;
}

/** How long waits really last, and who hears of the rest. */
export interface Pace {
  /** Multiplies every wait. */
  readonly timeScale: number;
  /** Lets the milliseconds pass that a wait was shorter than asked. */
  readonly passTime?: ((milliseconds: number, signal: AbortSignal) => Promise<void>) | undefined;
}

/** Waits `timeScale` times as long as asked; rejects when aborted. Throws `States.Runtime` for a length that AWS refuses. */
export async function pause(asked: Pause, { timeScale, passTime }: Pace, signal: AbortSignal): Promise<void> {
  const askedMs = milliseconds(asked);
  for (let leftMs = askedMs * timeScale; leftMs > 0; leftMs -= TIMER_LIMIT_MS) {
    await sleep(Math.min(leftMs, TIMER_LIMIT_MS), undefined, { signal });
  }
  await passTime?.(askedMs * (1 - timeScale), signal);
}

function milliseconds({ seconds, timestamp }: Pause): number {
  if (typeof timestamp === "string" && !Number.isNaN(Date.parse(timestamp))) {
    return Math.max(0, Date.parse(timestamp) - Date.now());
  }
  if (typeof seconds === "number" && Number.isInteger(seconds) && seconds >= 0 && seconds <= WAIT_LIMIT_SECONDS) {
    return seconds * 1000;
  }
  const found = JSON.stringify(seconds ?? timestamp);
  const cause = `A wait lasts a whole number of seconds from 0 to ${WAIT_LIMIT_SECONDS} or until a timestamp, not ${found}`;
  throw new StateError("States.Runtime", cause, { isTerminal: true });
}
