const MINUTE_MILLISECONDS = 60_000;
const DAY_MINUTES = 1440;
/** RDS allows no shorter one. */
const SHORTEST_MINUTES = 30;
/** For how long after its window a backup may still be made. */
const MARGIN_MINUTES = 30;

/** When automated backups are made, in UTC: of `05:45-06:15`. */
export interface BackupWindow {
  readonly fromMinute: number;
  readonly lengthMinutes: number;
}

export function windowOf(text: string | undefined): BackupWindow | undefined {
  const [, ...parts] = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(text ?? "") ?? [];
  const [fromHour, fromMinute = 0, toHour, toMinute = 0] = parts.map(Number);
  if (fromHour === undefined || toHour === undefined) return undefined;
  const from = fromHour * 60 + fromMinute;
  return { fromMinute: from, lengthMinutes: (toHour * 60 + toMinute - from + DAY_MINUTES) % DAY_MINUTES };
}

/** By how much more than a day two backups that follow each other may be apart: one at the beginning of the window, one after its end. */
export const allowanceMilliseconds = (window: BackupWindow | undefined): number =>
  ((window?.lengthMinutes ?? SHORTEST_MINUTES) + MARGIN_MINUTES) * MINUTE_MILLISECONDS;

/**
 * What is added to a gap before it is rounded down to days. Two with one missing between them are as much as the window's length nearer than two
 * days; as much as would make a day and a window two days is not added.
 */
export const roundingMilliseconds = (window: BackupWindow | undefined): number =>
  Math.min(
    allowanceMilliseconds(window),
    (DAY_MINUTES - (window?.lengthMinutes ?? SHORTEST_MINUTES) - 1) * MINUTE_MILLISECONDS,
  );

/** Whether today's is being made, or may still be. */
export function isDue(window: BackupWindow | undefined, at: Date): boolean {
  if (window === undefined) return false;
  const now = at.getUTCHours() * 60 + at.getUTCMinutes();
  return (now - window.fromMinute + DAY_MINUTES) % DAY_MINUTES <= window.lengthMinutes + MARGIN_MINUTES;
}
