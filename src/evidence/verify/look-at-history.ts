import * as z from "zod/mini";
import type { Finding } from "./finding.ts";
import { type EvidenceSource, type Listing, readObject, type Unlooked } from "./source.ts";

/** What of every version's history is needed: which drills it names. */
const Named = z.object({ drillId: z.string() });
const NamedDrills = z.object({
  drills: z.array(Named),
  passes: z.prefault(z.record(z.string(), Named), {}),
  lastDrills: z.prefault(z.record(z.string(), Named), {}),
  paths: z.prefault(z.array(z.object({ lastDrill: Named, lastPass: z.optional(Named) })), []),
});

/** 52 drills, 40 ways with two drills each and a plan's last drill and last pass, 2 kB each, are 300 kB. */
const MAX_HISTORY_BYTES = 1024 * 1024;

/** A history proves nothing of what is there, but it names drills: whoever takes out all of them has to know of it. */
export async function lookAtHistory(
  source: EvidenceSource,
  { bytes: listed }: Listing,
  { key, folder }: { readonly key: string; readonly folder: string },
  isThere: (drillId: string) => boolean,
): Promise<{ readonly findings: readonly Finding[]; readonly unlooked: readonly Unlooked[] }> {
  try {
    const text = await readObject(source, key, Math.min(listed.get(key) ?? 0, MAX_HISTORY_BYTES));
    const history = z.parse(NamedDrills, JSON.parse(text.toString("utf8")));
    const gone = [...new Set(namedIn(history).map(({ drillId }) => drillId))].sort().filter((id) => !isThere(id));
    return {
      findings: gone.map((drillId) => ({
        state: "missing" as const,
        key: `${folder === "" ? "" : `${folder}/`}${drillId}/manifest.json`,
        what: "history.json names the drill, and neither its evidence nor its entry in the ledger is there",
        drillIds: [drillId],
      })),
      unlooked: [],
    };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const isOther = error instanceof z.core.$ZodError || error instanceof SyntaxError;
    const why = isOther ? "not the document of a history" : `${name}: ${message}`;
    return { findings: [], unlooked: [{ key, why: `${why}: which drills it names is not known` }] };
  }
}

const namedIn = ({ drills, passes, lastDrills, paths }: z.output<typeof NamedDrills>): z.output<typeof Named>[] => [
  ...drills,
  ...Object.values(passes),
  ...Object.values(lastDrills),
  ...paths.flatMap(({ lastDrill, lastPass }) => (lastPass === undefined ? [lastDrill] : [lastDrill, lastPass])),
];
