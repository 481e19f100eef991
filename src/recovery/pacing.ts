/** Step Functions waits whole seconds. */
const MIN_WAIT_SECONDS = 1;
/** RDS tells of nothing sooner than this matters. How many looks that makes of the longest drill: src/plan/lifetimes.ts. */
const MAX_WAIT_SECONDS = 75;
/** Of the time already waited: a look costs at most this share of delay, at any scale from seconds to hours. */
const SHARE_OF_ELAPSED = 0.1;
/** Most of what the step took in earlier drills is slept through; the rest is watched. */
const SHARE_OF_EXPECTED = 0.9;

/**
 * Seconds until the next look at something that RDS is doing. Without history the wait grows with the time already waited; with history
 * (median seconds of earlier drills) most of the expected time is one wait, then it is watched closely. Never longer than what is left until
 * the deadline: history knows nothing of this drill's limit.
 */
export function waitSecondsFor(waited: {
  elapsedSeconds: number;
  expectedSeconds?: number | undefined;
  secondsLeft: number;
  /** The longest pause between two looks without history; 75 s by default. */
  atMostSeconds?: number;
}): number {
  const { elapsedSeconds, expectedSeconds, secondsLeft, atMostSeconds = MAX_WAIT_SECONDS } = waited;
  const untilExpected = expectedSeconds === undefined ? 0 : expectedSeconds * SHARE_OF_EXPECTED - elapsedSeconds;
  // The first look after the deadline is the one that says so.
  const atMost = Math.max(MIN_WAIT_SECONDS, Math.ceil(secondsLeft) + 1);
  if (untilExpected > MIN_WAIT_SECONDS) return Math.min(atMost, Math.floor(untilExpected));
  return Math.round(Math.min(atMost, atMostSeconds, Math.max(MIN_WAIT_SECONDS, elapsedSeconds * SHARE_OF_ELAPSED)));
}

/** Seconds between two instants; an ISO text or a date each. */
export function secondsBetween(from: Date | string, to: Date | string): number {
  return (new Date(to).getTime() - new Date(from).getTime()) / 1000;
}
