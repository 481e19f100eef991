import * as z from "zod/mini";
import { DatabaseHistory, type PastDrill } from "../history.ts";
import type { Finding } from "./finding.ts";
import { type EvidenceSource, type Listing, readObject, type Unlooked } from "./source.ts";

/** 52 drills, 40 ways with two drills each and a plan's last pass, 2 kB each, are 300 kB. */
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
    const history = z.parse(DatabaseHistory, JSON.parse(text.toString("utf8")));
    const gone = [...new Set(namedIn(history).map(({ drillId }) => drillId))].sort().filter((id) => !isThere(id));
    return {
      findings: gone.map((drillId) => ({
        state: "missing" as const,
        key: `${folder === "" ? "" : `${folder}/`}${drillId}/manifest.json`,
        what: "history.json names the drill, and neither its evidence nor its entry in the ledger is there",
      })),
      unlooked: [],
    };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const isOther = error instanceof z.core.$ZodError || error instanceof SyntaxError;
    const why = isOther ? "not a history as this version writes it" : `${name}: ${message}`;
    return { findings: [], unlooked: [{ key, why: `${why}: which drills it names is not known` }] };
  }
}

const namedIn = ({ drills, passes, paths }: DatabaseHistory): PastDrill[] => [
  ...drills,
  ...Object.values(passes),
  ...paths.flatMap(({ lastDrill, lastPass }) => (lastPass === undefined ? [lastDrill] : [lastDrill, lastPass])),
];
