import * as z from "zod/mini";
import type { StatementFailed } from "../aws/data-api/statement-failed.ts";
import { MAX_BATCH, MAX_TIMEOUTS_IN_A_ROW } from "../reading/batches.ts";
import { listOf, MAX_LISTED } from "./expectation.ts";
import { explain, findingOf } from "./fault.ts";
import { type Asking, type Finding, found, type Progress } from "./kind.ts";

/** A page of a listing: up to some 4 KB a row (a foreign key of 32 columns), so below the Data API's 1 MiB. */
export const PAGE = 200;

/** One thing of many that are asked one after the other. */
export interface Item {
  /** Its place in the order of the survey, which is as random as a hash and differs from drill to drill. */
  readonly place: string;
  /** False for all but the last part of a thing that is asked in parts. */
  readonly isCounted: boolean;
}

const Bad = z.object({
  name: z.string(),
  count: z.number(),
  said: z.optional(z.string()),
  fault: z.optional(z.enum(["missing", "corrupt"])),
});
export type Bad = z.infer<typeof Bad>;

const SurveyCursor = z.object({
  /** The place up to and with which all is done. */
  after: z.string(),
  /** How far the item behind it is; its own kind reads it. */
  at: z.optional(z.unknown()),
  total: z.number(),
  asked: z.number(),
  /** Of those asked: in a way that sees less. */
  weaklyAsked: z.number(),
  seconds: z.number(),
  batch: z.number(),
  bad: z.array(Bad),
  badCount: z.number(),
  lastBad: z.string(),
  unasked: z.array(z.string()),
  unaskedCount: z.number(),
  timeoutsInARow: z.number(),
});
export type SurveyCursor = z.infer<typeof SurveyCursor>;

const START: SurveyCursor = {
  after: "",
  total: 0,
  asked: 0,
  weaklyAsked: 0,
  seconds: 0,
  batch: MAX_BATCH,
  bad: [],
  badCount: 0,
  lastBad: "",
  unasked: [],
  unaskedCount: 0,
  timeoutsInARow: 0,
};

/** What one step came to. */
export interface Step {
  /** So many items, from the first of the page, are done with. */
  readonly done: number;
  /** How far the first one is that is not. */
  readonly at?: unknown;
  readonly bad?: readonly Bad[];
  /** Those of the done that could not be asked, each with why. */
  readonly unasked?: readonly string[];
  readonly weaklyAsked?: number;
  readonly isTimeout?: boolean;
  /** How many items the next step may ask at once. */
  readonly batch?: number;
}

export interface Survey<I extends Item> {
  /** The items behind a place, in order, and how many there are in all. */
  list(after: string): Promise<{ readonly total: number; readonly items: readonly I[] }>;
  step(page: readonly [I, ...I[]], cursor: SurveyCursor): Promise<Step>;
}

/** How a survey is told. */
export interface Telling {
  readonly noun: string;
  readonly plural: string;
  /** Before the names of what is bad. */
  readonly bad: string;
  describe(bad: Bad): string;
  /** Behind how many were asked, when none was bad. */
  held(cursor: SurveyCursor): string;
}

interface Looking {
  readonly coverage: "full" | "sampled";
  /** Seconds. */
  readonly budget: number;
}

type End = "done" | "budget" | "unanswered";

/**
 * Asks many things one after the other, within the check's budget, in an order that is seeded by the drill: what a budget lets be asked
 * is another sample in each drill. Resumable at its cursor.
 */
export async function survey<I extends Item>(
  asking: Asking,
  looking: Looking,
  { list, step }: Survey<I>,
  telling: Telling,
  stored: unknown,
): Promise<Progress> {
  let cursor = stored === undefined ? START : z.parse(SurveyCursor, stored);
  for (;;) {
    if (!asking.hasTime()) return { cursor };
    const listed = await list(cursor.after);
    if (cursor.after === "") cursor = { ...cursor, total: listed.total };
    const page = [...listed.items];
    if (page.length === 0) return conclude(looking, telling, cursor, "done");
    for (let first = page[0]; first !== undefined; first = page[0]) {
      if (!asking.hasTime()) return { cursor };
      if (cursor.seconds >= looking.budget) return conclude(looking, telling, cursor, "budget");
      const before = asking.session.seconds;
      const taken = await step([first, ...page.slice(1)], cursor);
      const done = page.splice(0, taken.done);
      cursor = behind(cursor, done, taken, asking.session.seconds - before);
      if (cursor.timeoutsInARow >= MAX_TIMEOUTS_IN_A_ROW) return conclude(looking, telling, cursor, "unanswered");
      await asking.reached(cursor);
    }
  }
}

/** A survey that is cut off has found what it has found. */
export function cutOffSurvey(telling: Telling, stored: unknown, why: string): Finding | undefined {
  const cursor = z.parse(SurveyCursor, stored);
  if (cursor.badCount === 0) return undefined;
  return failed(telling, cursor, `; ${progressOf(telling, cursor)} asked, then ${why}`);
}

/** An item that was asked alone and whose statement failed. */
export function failedStep(name: string, failure: StatementFailed): Step {
  const isTimeout = failure.fault === "timeout";
  if (findingOf(failure).outcome !== "failed") {
    return { done: 1, isTimeout, unasked: [`${name} (${explain(failure)})`] };
  }
  const fault = failure.fault === "missing" ? "missing" : "corrupt";
  return { done: 1, bad: [{ name, count: 1, said: explain(failure), fault }] };
}

/** SQL for an item's place in a survey. `:seed` is the drill's. */
export const placeOf = (oid: string): string => `md5(:seed || ${oid}::bigint::text)`;

function behind(cursor: SurveyCursor, done: readonly Item[], taken: Step, seconds: number): SurveyCursor {
  const { at: _, ...rest } = cursor;
  const unasked = taken.unasked ?? [];
  const counted = done.filter(({ isCounted }) => isCounted).length;
  return withBad(
    {
      ...rest,
      after: done.at(-1)?.place ?? cursor.after,
      ...(taken.at === undefined ? {} : { at: taken.at }),
      asked: cursor.asked + counted,
      weaklyAsked: cursor.weaklyAsked + (taken.weaklyAsked ?? 0),
      seconds: cursor.seconds + seconds,
      batch: taken.batch ?? cursor.batch,
      unasked: [...cursor.unasked, ...unasked].slice(0, MAX_LISTED),
      unaskedCount: cursor.unaskedCount + unasked.length,
      timeoutsInARow: taken.isTimeout === true ? cursor.timeoutsInARow + 1 : 0,
    },
    taken.bad ?? [],
  );
}

/** What is found of one thing in several steps is one bad thing. */
function withBad(cursor: SurveyCursor, more: readonly Bad[]): SurveyCursor {
  const bad = [...cursor.bad];
  let { badCount, lastBad } = cursor;
  for (const one of more) {
    const known = bad.findIndex(({ name }) => name === one.name);
    const before = bad[known];
    if (before !== undefined) bad[known] = { ...one, ...before, count: before.count + one.count };
    else if (bad.length < MAX_LISTED) bad.push(one);
    if (one.name !== lastBad) badCount += 1;
    lastBad = one.name;
  }
  return { ...cursor, bad, badCount, lastBad };
}

function conclude({ coverage, budget }: Looking, telling: Telling, cursor: SurveyCursor, end: End): Progress {
  const { plural } = telling;
  if (end === "done" && cursor.total === 0) return found("empty", `no ${plural} in the database`);
  const rest = endOf(cursor, end, budget);
  if (cursor.badCount > 0) {
    const tail = end === "done" ? rest : `; ${progressOf(telling, cursor)} asked${rest}`;
    return { finding: failed(telling, cursor, tail) };
  }
  const held = `${progressOf(telling, cursor)} ${telling.held(cursor)}`;
  const isEnough = end === "done" || (end === "budget" && coverage === "sampled" && cursor.asked > 0);
  if (isEnough && cursor.unaskedCount === 0) return found("held", held);
  const soFar = cursor.asked > cursor.unaskedCount ? held : `none of ${namesOf(telling, cursor.total)} asked`;
  return found("unchecked", `${soFar}${rest}`, end === "unanswered" ? { fault: "timeout" } : {});
}

function endOf({ unasked, unaskedCount }: SurveyCursor, end: End, budget: number): string {
  const why = {
    done: "",
    budget: `; the rest was not asked within the check's budget of ${budget.toLocaleString("en-US")} s`,
    unanswered: `; ${MAX_TIMEOUTS_IN_A_ROW} statements in a row were not answered in time, the rest was not asked`,
  }[end];
  return `${unaskedCount === 0 ? "" : `; could not be asked: ${listOf(unasked, unaskedCount)}`}${why}`;
}

function failed(telling: Telling, { bad, badCount }: SurveyCursor, tail: string): Finding {
  const fault = bad.find((one) => one.fault !== undefined)?.fault;
  const names = listOf(bad.map(telling.describe), badCount);
  const observed = `${telling.bad}: ${names}${tail}`;
  return { outcome: "failed", observed, ...(fault === undefined ? {} : { fault }) };
}

const namesOf = ({ noun, plural }: Telling, count: number): string =>
  `${count.toLocaleString("en-US")} ${count === 1 ? noun : plural}`;

/** `12 of 40 foreign keys`, `40 foreign keys`. */
function progressOf(telling: Telling, { asked, unaskedCount, total }: SurveyCursor): string {
  const answered = Math.max(0, asked - unaskedCount);
  const all = namesOf(telling, total);
  return answered === total ? all : `${answered.toLocaleString("en-US")} of ${all}`;
}
