import * as z from "zod/mini";
import type { Parts } from "./parts.ts";

/** One thing that was known of the source, and what came back. */
export const DriftEntry = z.object({
  key: z.string(),
  /** Null: it was not there. */
  source: z.nullable(z.string()),
  restored: z.nullable(z.string()),
  match: z.boolean(),
  /** How far the match goes, where it is not of everything: `closed`, `bounds`. */
  coverage: z.optional(z.string()),
  /** The id of what it was compared with, where that is another than the check's reference. */
  against: z.optional(z.string()),
});
export type DriftEntry = z.infer<typeof DriftEntry>;

/** `drift.json`: what was compared with an earlier time, by the name of the check that compared it. */
export const Drift = z.record(
  z.string(),
  z.object({
    reference: z.object({ kind: z.string(), id: z.string(), takenAt: z.string() }),
    entries: z.array(DriftEntry),
  }),
);
export type Drift = z.infer<typeof Drift>;

/** Beside those of the drill's other checks; asked again, a check replaces its own. */
export async function leaveDrift(parts: Parts, check: string, drift: Drift[string]): Promise<void> {
  const others = await parts.get("drift.json", Drift);
  const { reference, entries } = drift;
  const { kind, id, takenAt } = reference;
  await parts.leave("drift.json", { ...others, [check]: { reference: { kind, id, takenAt }, entries } });
}
