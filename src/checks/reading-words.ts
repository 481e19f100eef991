import { MAX_TIMEOUTS_IN_A_ROW } from "../reading/batches.ts";
import { failureOf, type Gap } from "../reading/walk-progress.ts";
import { listOf, MAX_LISTED } from "./expectation.ts";
import { explain } from "./fault.ts";

/** Rows that are there and can not be read. */
export const corruptOf = (gaps: readonly Gap[]): Gap[] => gaps.filter(({ fault }) => fault === "corrupt");

/** What is said after the gaps of a walk that came to this end. */
export const STOPPED = {
  done: "",
  stopped: "; stopped reading there, the rest was not looked at",
  unanswered: `; stopped reading there, after ${MAX_TIMEOUTS_IN_A_ROW} statements in a row that were not answered in time`,
} as const;

/** Where rows were not read, and why the first of them were not. */
export function describeGaps(gaps: readonly Gap[]): string {
  const inOrder = [...gaps].sort((a, b) => a.table.localeCompare(b.table) || a.from - b.from);
  const [first] = inOrder;
  const places = inOrder.map(({ table, from, to }) =>
    to - from > 1 ? `${table} blocks ${from} to ${to - 1}` : `${table} block ${from}`,
  );
  return first === undefined
    ? "too many statements failed"
    : `${listOf(places.slice(0, MAX_LISTED), gaps.length)}: ${explain(failureOf(first))}`;
}
