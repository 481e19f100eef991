import { REMEMBERED_SIZES } from "./backup-history.ts";
import { type BackupsJudged, type Finding, newestFirst, newestOf, notKnown } from "./judged.ts";
import type { SeenPoint } from "./look-at-backups.ts";

/** "For Aurora, AllocatedStorage always returns 1" is said of clusters, and newer ones say 0; a snapshot's own may be as little. */
const NO_SIZE_GIB = 1;
export const hasNoSize = (newest: Pick<SeenPoint, "sizeGib"> | undefined): boolean =>
  newest !== undefined && newest.sizeGib <= NO_SIZE_GIB;
/** RDS gives whole GiB: a difference of one may be none. */
const ROUNDING_GIB = 1;
/** Fewer are no trend. */
const MIN_EARLIER = 3;

/**
 * The newest recovery point against the median of those before it. Where RDS gives no size, which is what it says of Aurora more often than not,
 * the rows that came back in the drills are held against those of the drills before.
 */
export function judgeSize(judged: BackupsJudged): Finding {
  const { policy, seen, history } = judged;
  const wanted = `within ${policy.sizeChangePercent} %`;
  const newest = newestOf(seen);
  if (newest === undefined) return notKnown(wanted, "There is no recovery point that has a size.");
  if (hasNoSize(newest)) return judgeRows(judged, wanted, newest.sizeGib);
  const sizes = new Map(
    (history?.sizes ?? []).map(({ arn, gib, createdAt = "" }) => [arn, { gib, time: Date.parse(createdAt) || 0 }]),
  );
  for (const { arn, sizeGib, createdAt } of newestFirst(seen.points))
    if (createdAt < newest.createdAt) sizes.set(arn, { gib: sizeGib, time: createdAt.getTime() });
  sizes.delete(newest.arn);
  // By their own times: what was made by hand years ago says nothing of last week.
  const earlier = [...sizes.values()]
    .filter(({ gib }) => gib > NO_SIZE_GIB)
    .sort((a, b) => a.time - b.time)
    .slice(-REMEMBERED_SIZES)
    .map(({ gib }) => gib);
  if (earlier.length < MIN_EARLIER)
    return notKnown(wanted, `It has ${newest.sizeGib} GiB, and fewer than ${MIN_EARLIER} earlier sizes are known.`);
  const median = medianOf(earlier);
  const value = percentOf(newest.sizeGib, median);
  const isSame = Math.abs(newest.sizeGib - median) <= ROUNDING_GIB || Math.abs(value) <= policy.sizeChangePercent;
  const sentence = `The newest recovery point has ${newest.sizeGib} GiB, those before it ${median} GiB: ${signed(value)} %`;
  return found(isSame, value, wanted, sentence);
}

function judgeRows({ policy, rowsOfDrills }: BackupsJudged, wanted: string, sizeGib: number): Finding {
  const [newest, ...earlier] = rowsOfDrills;
  const why = `RDS gives ${sizeGib} GiB, as it does of Aurora clusters of any size`;
  if (newest === undefined || earlier.length < MIN_EARLIER)
    return notKnown(wanted, `${why}, and fewer than ${MIN_EARLIER + 1} drills have counted the rows.`);
  const median = medianOf(earlier);
  const value = percentOf(newest, median);
  const sentence = `${why}. In the last drill ${newest} rows came back, in those before it ${median}: ${signed(value)} %`;
  return found(Math.abs(value) <= policy.sizeChangePercent, value, wanted, sentence);
}

const found = (isSame: boolean, value: number, wanted: string, sentence: string): Finding => ({
  state: isSame ? "ok" : "wrong",
  observed: `${signed(value)} %`,
  wanted,
  value,
  sentence: isSame ? `${sentence}.` : `${sentence}, and ${wanted} is wanted.`,
});

const signed = (value: number): string => `${value > 0 ? "+" : ""}${value}`;

/** From nothing to something is as much as can be said in percent. */
const percentOf = (now: number, before: number): number =>
  before === 0 ? (now === 0 ? 0 : 100) : Math.round(((now - before) / before) * 1000) / 10;

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
