import type { Plan } from "../src/plan/plan.ts";
import { formatDuration } from "../src/verdict/duration.ts";
import { type Firings, firingsOf, NotASchedule } from "./schedule-expression.ts";

/** A restore alone takes the better part of an hour, and every drill is paid for. */
const SHORTEST_GAP_SECONDS = 3600;
const DAY_SECONDS = 86_400;
const LONGEST_PROMISE_DAYS = 366;

/**
 * What is wrong with when the plan's schedule fires, in sentences that name plan, field, value and fix; nothing for a plan without one.
 * The promise is kept by a drill that takes as long as it may: the longest gap, the window and objectives.rto fit into cadence.every.
 */
export function cadenceProblems(plan: Plan, now: Date): string[] {
  const { schedule, timezone, windowMinutes } = plan.cadence;
  if (schedule === undefined) return [];
  const said = `${plan.plan}: cadence.schedule ${schedule}`;
  let firings: Firings;
  try {
    firings = firingsOf(schedule, timezone, now, leastGapOf(plan));
  } catch (error) {
    if (error instanceof NotASchedule) return [`${said} ${error.message}.`];
    throw error;
  }
  return [
    ...tooOften(plan, firings).map((problem) => `${said} ${problem}`),
    ...tooSeldom(plan, firings).map((problem) => `${said} ${problem}`),
    ...(windowMinutes * 60 > firings.shortestGapSeconds
      ? [
          `${plan.plan}: cadence.window ${formatDuration(windowMinutes * 60)} is longer than the ${formatDuration(firings.shortestGapSeconds)} between two firings of ${schedule}: write a shorter window.`,
        ]
      : []),
  ];
}

const leastGapOf = ({ limits }: Plan): number => Math.max(SHORTEST_GAP_SECONDS, limits.timeSeconds);

/** Drills of one database take turns: those that come faster than one may take wait, and the line of them never ends. */
function tooOften(plan: Plan, { shortestGapSeconds }: Firings): string[] {
  const least = leastGapOf(plan);
  if (shortestGapSeconds >= least) return [];
  return [
    `fires twice in ${formatDuration(shortestGapSeconds)}, and one drill of the plan may take ${formatDuration(least)} (limits.time, at least 1 h), so that drills would wait for drills without an end: let it fire less often, or set limits.time to what a drill needs.`,
  ];
}

function tooSeldom({ cadence, objectives }: Plan, { longestGap, skipped }: Firings): string[] {
  const needed = longestGap.seconds + cadence.windowMinutes * 60 + objectives.rtoSeconds;
  if (needed <= cadence.everySeconds) return [];
  const days = Math.ceil(needed / DAY_SECONDS);
  const isJumpedOver = skipped !== undefined && longestGap.from < skipped && skipped < longestGap.to;
  const fix =
    days <= LONGEST_PROMISE_DAYS ? `write every: ${days}d, or let it fire more often` : "let it fire more often";
  return [
    `does not keep cadence.every ${formatDuration(cadence.everySeconds)}: it does not fire for ${formatDuration(longestGap.seconds)} after ${utc(longestGap.from)}, begins up to ${formatDuration(cadence.windowMinutes * 60)} later (cadence.window), and may take ${formatDuration(objectives.rtoSeconds)} (objectives.rto)${
      isJumpedOver ? `; the clocks of ${cadence.timezone} jump over its time on ${utc(skipped).slice(0, 10)}` : ""
    }: ${fix}.`,
  ];
}

const utc = (at: Date): string => `${at.toISOString().slice(0, 16)}Z`;
