/** A span of time, milliseconds of one clock. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/** How much of `window` the intervals cover together, in milliseconds: what overlaps counts once. */
export function coveredMilliseconds(intervals: readonly Interval[], window: Interval): number {
  let covered = 0;
  let reached = window.start;
  for (const { start, end } of [...intervals].sort((a, b) => a.start - b.start)) {
    const from = Math.max(start, reached);
    const to = Math.min(end, window.end);
    if (to <= from) continue;
    covered += to - from;
    reached = to;
  }
  return covered;
}

/** The middle value; of an even number, the upper middle one. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
