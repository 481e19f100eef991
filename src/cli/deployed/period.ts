import * as z from "zod/mini";
import type { Period } from "../../evidence/controls/control-summary.ts";
import { UsageError } from "../usage-error.ts";

const Day = z.iso.date();

/** Days as auditors write them, both in it and in UTC. What is not over yet ends now. Throws UsageError. */
export function periodOf(
  { from, to }: { readonly from: string | undefined; readonly to: string | undefined },
  now: Date,
): Period {
  for (const [option, day] of Object.entries({ from, to }))
    if (day !== undefined && !z.safeParse(Day, day).success)
      throw new UsageError(`--${option} is "${day}": write a day, such as 2026-01-31.`);
  const nowAt = now.toISOString();
  const end = to === undefined ? nowAt : `${to}T23:59:59.999Z`;
  const period = { to: end < nowAt ? end : nowAt, ...(from === undefined ? {} : { from: `${from}T00:00:00.000Z` }) };
  if (period.from !== undefined && period.from > period.to)
    throw new UsageError(`--from ${from} is after ${to === undefined ? "now" : `--to ${to}`}, or has not come yet.`);
  return period;
}
