import * as z from "zod/mini";

export const Criterion = z.object({
  criterion: z.string(),
  /** `unknown`: nobody looked, or what was seen does not tell. It is no `met`. */
  state: z.enum(["met", "missed", "unknown"]),
  observed: z.string(),
  /** Where in the evidence that can be read again: a member of `report.json`, or another file. */
  restsOn: z.string(),
});
export type Criterion = z.infer<typeof Criterion>;

/** One line of a page; the whole text is where it rests on. */
const MAX_OBSERVED_CHARS = 600;

export function criterion(name: string, state: Criterion["state"], observed: string, restsOn: string): Criterion {
  const short = observed.length <= MAX_OBSERVED_CHARS ? observed : `${observed.slice(0, MAX_OBSERVED_CHARS - 3)}...`;
  return { criterion: name, state, observed: short, restsOn };
}

/** Of what was looked at. */
export const metIf = (isMet: boolean): Criterion["state"] => (isMet ? "met" : "missed");
