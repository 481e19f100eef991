/** When an expression of EventBridge Scheduler fires: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html */
import { Cron } from "croner";

/** How far ahead is looked: four years hold a leap day, and a firing that is five years away is as good as none. */
const HORIZON_SECONDS = 5 * 366 * 86_400;
/** Five years of daily firings. What fires more often shows its shortest and longest gap in the 500 days that these are of every six hours. */
const MAX_FIRINGS = 2000;

const DAY_SECONDS = 86_400;
const SECONDS_OF = { minute: 60, hour: 3600, day: DAY_SECONDS } as const;

/** What AWS takes in each field of a cron expression: the library takes more, such as `+`, nicknames and `?` anywhere. */
const FIELDS = [
  { name: "minute", takes: "0-59 and , - * /", wildcards: /^[\d,\-*/]+$/ },
  { name: "hour", takes: "0-23 and , - * /", wildcards: /^[\d,\-*/]+$/ },
  { name: "day of month", takes: "1-31 and , - * ? / L W", wildcards: /^(\?|[\d,\-*/LW]+)$/ },
  { name: "month", takes: "1-12 or JAN-DEC and , - * /", wildcards: /^[\dA-Z,\-*/]+$/ },
  {
    name: "day of week",
    takes: "1-7 (1 is Sunday) or SUN-SAT and , - * ? L #",
    wildcards: /^(\?|[\dA-Z]+#[1-5]|[\dA-Z,\-*]+)$/,
  },
  { name: "year", takes: "1970-2199 and , - * /", wildcards: /^[\d,\-*/]+$/ },
] as const;
const [DAY_OF_MONTH, DAY_OF_WEEK] = [2, 4];

export interface Firings {
  readonly first: Date;
  readonly shortestGapSeconds: number;
  /** From `now`, or from one firing to the next. */
  readonly longestGap: { readonly seconds: number; readonly from: Date; readonly to: Date };
  /** A local time that the clocks jump over: the Scheduler leaves it out. */
  readonly skipped?: Date;
}

/** Says what is wrong with an expression, in words that follow its value. */
export class NotASchedule extends Error {}

/**
 * How often the expression fires from `now` on; no further than to the first gap below `leastGapSeconds`, which is then the shortest one told. Throws NotASchedule for one that EventBridge Scheduler would refuse and for one that never fires.
 * Ranges that run over the end of a week or a day (SAT-TUE) and `L-3` are refused too: AWS does not document them.
 */
export function firingsOf(expression: string, timezone: string, now: Date, leastGapSeconds = 0): Firings {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate !== null) {
    const seconds = Number(rate[1]) * SECONDS_OF[rate[2] as keyof typeof SECONDS_OF];
    const first = new Date(now.getTime() + seconds * 1000);
    return { first, shortestGapSeconds: seconds, longestGap: { seconds, from: now, to: first } };
  }
  const fields = /^cron\((.*)\)$/.exec(expression)?.[1]?.split(" ");
  if (fields?.length !== FIELDS.length) throw new NotASchedule("is neither cron() of six fields nor rate()");
  refuseUnknown(fields);
  return gapsOf(cronOf(fields, timezone), now, leastGapSeconds);
}

function refuseUnknown(fields: readonly string[]): void {
  FIELDS.forEach(({ name, takes, wildcards }, index) => {
    const field = fields[index] ?? "";
    const alone = FIELDS.map((_, other) => (other === index ? field : "*"));
    const error = wildcards.test(field) ? faultOf(alone) : "what AWS does not know there";
    if (error !== undefined) throw new NotASchedule(`has the ${name} ${field}: it takes ${takes} (${error})`);
  });
  const areOpen = [fields[DAY_OF_MONTH], fields[DAY_OF_WEEK]].filter((field) => field === "?").length;
  if (areOpen !== 1)
    throw new NotASchedule("needs a ? in exactly one of day of month and day of week, and a value or * in the other");
}

function faultOf(fields: readonly string[]): string | undefined {
  try {
    cronOf(fields, "UTC");
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function cronOf(fields: readonly string[], timezone: string): Cron {
  // Alone in its field, L is the week's last day.
  const translated = fields.map((field, index) => (index === DAY_OF_WEEK && field === "L" ? "SAT" : field));
  return new Cron(`0 ${translated.join(" ")}`, {
    mode: "7-part",
    timezone,
    paused: true,
    // As in Quartz, 1 is Sunday, and 0/15 steps from 0 to the end.
    alternativeWeekdays: true,
    sloppyRanges: true,
  });
}

function gapsOf(cron: Cron, now: Date, leastGapSeconds: number): Firings {
  const end = new Date(now.getTime() + HORIZON_SECONDS * 1000);
  let [first, previous]: (Date | undefined)[] = [];
  let shortestGapSeconds = Number.POSITIVE_INFINITY;
  let longestGap = { seconds: 0, from: now, to: now };
  let skipped: Date | undefined;
  let at: Date = now;
  for (let count = 0; at < end && count < MAX_FIRINGS; count++) {
    at = cron.nextRun(at) ?? end;
    const isFiring = at < end && cron.match(at);
    // The library moves what the clocks jump over to the next time that exists.
    if (!isFiring && at < end) {
      skipped ??= at;
      continue;
    }
    const from = previous ?? now;
    const seconds = (at.getTime() - from.getTime()) / 1000;
    if (seconds > longestGap.seconds) longestGap = { seconds, from, to: at };
    if (!isFiring) break;
    if (previous !== undefined) shortestGapSeconds = Math.min(shortestGapSeconds, seconds);
    first ??= at;
    previous = at;
    if (shortestGapSeconds < leastGapSeconds) break;
  }
  if (first === undefined) throw new NotASchedule("never fires in the five years to come");
  return { first, shortestGapSeconds, longestGap, ...(skipped === undefined ? {} : { skipped }) };
}
