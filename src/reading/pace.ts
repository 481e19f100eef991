import * as z from "zod/mini";

/** How many blocks the next statement reads, and what one second has read so far. */
export const Pace = z.object({ blocks: z.number(), blocksPerSecond: z.optional(z.number()) });
export type Pace = z.infer<typeof Pace>;

/** Half a megabyte: even if each row hides a large value in TOAST, little enough to learn from. */
export const FIRST_PACE: Pace = { blocks: 64 };

/** Well below the 45 s wall, well above the round trip. */
const AIM_SECONDS = 5;
const MAX_GROWTH = 4;
/** Down from 4 GB (524,288 blocks) to one in 8 statements. */
const FAILURE_SHRINK = 8;
/** Slowness is believed sooner than speed: an overshoot costs a whole statement. */
const WEIGHT_WHEN_SLOWER = 0.7;
const WEIGHT_WHEN_FASTER = 0.3;

export function paceAfter(pace: Pace, read: { readonly blocks: number; readonly seconds: number }): Pace {
  const seen = read.blocks / Math.max(read.seconds, 0.001);
  const known = pace.blocksPerSecond ?? seen;
  const weight = seen < known ? WEIGHT_WHEN_SLOWER : WEIGHT_WHEN_FASTER;
  const blocksPerSecond = known + (seen - known) * weight;
  const blocks = Math.min(Math.floor(blocksPerSecond * AIM_SECONDS), Math.max(pace.blocks, read.blocks) * MAX_GROWTH);
  return { blocks: Math.max(1, blocks), blocksPerSecond };
}

/** A range that was not answered is split, never asked again whole. */
export function paceAfterFailure(blocks: number): Pace {
  return { blocks: Math.max(1, Math.floor(blocks / FAILURE_SHRINK)) };
}
