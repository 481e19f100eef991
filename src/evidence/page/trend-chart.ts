import { html, type Markup } from "../../page/markup.ts";
import type { Verdict } from "../../verdict/verdict.ts";
import { percent } from "./timeline.ts";

export interface Point {
  readonly verdict: Verdict["verdict"];
  /** Absent when the drill did not measure it. */
  readonly value: number | undefined;
}

interface Chart {
  readonly name: string;
  /** Oldest first; the last one is this drill. */
  readonly points: readonly Point[];
  readonly objective: number | undefined;
  readonly describe: (value: number) => string;
  readonly from: string;
  readonly to: string;
}

/** Across in shares of the width, up in pixels: so the text has its size on every screen. */
const TOP_PX = 20;
const BASE_PX = 106;
const UNMEASURED_PX = 118;
const DATES_PX = 144;
/** An objective above this many times the largest measurement is written, not drawn to scale: it would press the line flat. */
const OBJECTIVE_IN_SIGHT = 3;
const HEADROOM = 1.12;

/** A drill a mark, evenly spaced, shaped by its verdict; what was measured one after the other is joined. */
export function chart({ name, points, objective, describe, from, to }: Chart): Markup {
  const values = points.flatMap(({ value }) => value ?? []);
  const largest = Math.max(...values, 0);
  const isInSight = objective !== undefined && objective <= largest * OBJECTIVE_IN_SIGHT;
  const top = Math.max(largest, isInSight ? objective : 0) * HEADROOM || 1;
  const across = (index: number): string =>
    percent(0.02 + 0.96 * (points.length === 1 ? 0.5 : index / (points.length - 1)));
  const up = (value: number): number =>
    Math.round((BASE_PX - (Math.max(0, value) / top) * (BASE_PX - TOP_PX)) * 10) / 10;
  const objectivePx = objective === undefined ? undefined : isInSight ? up(objective) : TOP_PX - 6;
  return html`<svg class="chart" role="img" aria-label="${summary(name, values, points.length, objective, describe)}">
<line class="grid" x1="0" x2="100%" y1="${BASE_PX}" y2="${BASE_PX}"/>${objectivePx === undefined || objective === undefined ? undefined : objectiveLine(objectivePx, describe(objective), isInSight)}
${points.slice(1).map((point, index) => segment(points[index], point, [across(index), across(index + 1)], up))}
${points.map((point, index) => mark(point, across(index), up, index === points.length - 1))}
<text x="0" y="${DATES_PX}">${from}</text><text x="50%" y="${DATES_PX}" text-anchor="middle">${values.length < 2 ? "" : `at most ${describe(largest)}`}</text><text x="100%" y="${DATES_PX}" text-anchor="end">${to}</text></svg>`;
}

function summary(
  name: string,
  values: readonly number[],
  drills: number,
  objective: number | undefined,
  describe: (value: number) => string,
): string {
  if (values.length === 0) return `${name}: measured in none of ${drills} drills`;
  const wanted = objective === undefined ? "" : `, objective ${describe(objective)}`;
  return `${name} in ${values.length} of ${drills} drills: from ${describe(Math.min(...values))} to ${describe(Math.max(...values))}${wanted}. The table below has each.`;
}

const objectiveLine = (y: number, words: string, isInSight: boolean): Markup =>
  html`<line class="limit" x1="0" x2="100%" y1="${y}" y2="${y}"/><text x="0" y="${y - 5}">objective ${words}${isInSight ? "" : ", above this scale"}</text>`;

function segment(
  before: Point | undefined,
  { value }: Point,
  [x1, x2]: readonly [string, string],
  up: (value: number) => number,
): Markup | undefined {
  if (before?.value === undefined || value === undefined) return undefined;
  return html`<line class="line" x1="${x1}" x2="${x2}" y1="${up(before.value)}" y2="${up(value)}"/>`;
}

function mark({ verdict, value }: Point, x: string, up: (value: number) => number, isOwn: boolean): Markup {
  const y = value === undefined ? UNMEASURED_PX : up(value);
  return html`<use class="mark ${verdict}" href="#mark-${verdict}" x="${x}" y="${y}"/>${isOwn ? html`<circle class="ring" cx="${x}" cy="${y}" r="7"/>` : undefined}`;
}
