import * as z from "zod/mini";

export const Criterion = z.object({
  criterion: z.string(),
  /** `unknown`: nobody looked, or what was seen does not tell. It is no `met`. */
  outcome: z.enum(["met", "missed", "unknown"]),
  observed: z.string(),
  /** Where in the evidence that can be read again: a member of `report.json`, or another file. */
  restsOn: z.string(),
});
export type Criterion = z.infer<typeof Criterion>;

/** One line of a page; the whole text is where it rests on. */
const MAX_OBSERVED_CHARS = 600;

export function criterion(name: string, outcome: Criterion["outcome"], observed: string, restsOn: string): Criterion {
  const short = observed.length <= MAX_OBSERVED_CHARS ? observed : `${observed.slice(0, MAX_OBSERVED_CHARS - 3)}...`;
  return { criterion: name, outcome, observed: short, restsOn };
}

/** Of what was looked at. */
export const metIf = (isMet: boolean): Criterion["outcome"] => (isMet ? "met" : "missed");
