import { type ChainLink, chainOf } from "./chain.ts";
import type { Finding } from "./finding.ts";
import { objectsOf, placesOf } from "./layout.ts";
import { lookAtBaselines, type ToldBefore } from "./look-at-baselines.ts";
import { type DrillLook, isOfDrill, lookAtDrill } from "./look-at-drill.ts";
import { lookAtHistory } from "./look-at-history.ts";
import { type EvidenceSource, isUnlooked, type Listing, type Unlooked } from "./source.ts";

/** Of a report only what is asked of it later: whole ones of years of drills have no room in memory. */
export type KeptLook = Omit<DrillLook, "report"> & { readonly report?: ToldBefore };

export interface DatabaseLook {
  readonly looks: readonly KeptLook[];
  /** What no drill says alone: the chain, baselines, and what is no drill's. */
  readonly findings: readonly Finding[];
  readonly unlooked: readonly Unlooked[];
  /** Parts of baselines. */
  readonly intactFiles: number;
  readonly unchainedDrills: number;
  readonly uncovered: readonly string[];
}

/** 32 drills are read side by side, below the 50 connections that a client has: 52 drills of 30 files, 30 ms each, are 2 s. */
const DRILLS_AT_A_TIME = 32;

/** Recomputes everything of one database. `onDrill` is told of each drill with its whole report, oldest first. */
export async function lookAtDatabase(
  source: EvidenceSource,
  { folder, listing }: { readonly folder: string; readonly listing: Listing },
  { now, onDrill = () => {} }: { readonly now: Date; readonly onDrill?: (look: DrillLook) => void },
): Promise<DatabaseLook> {
  const objects = objectsOf(listing.bytes.keys(), folder);
  const places = placesOf(objects, folder);
  const looks: KeptLook[] = [];
  for (let from = 0; from < places.length; from += DRILLS_AT_A_TIME) {
    const some = places.slice(from, from + DRILLS_AT_A_TIME);
    for (const look of await Promise.all(some.map((place) => lookAtDrill(source, listing, place, now)))) {
      onDrill(look);
      looks.push(kept(look));
    }
  }
  const reports = looks.flatMap(({ report }) => report ?? []);
  const baselines = await lookAtBaselines(source, listing, { ...objects, folder }, reports);
  const { findings, older } = chainOf(looks.flatMap(linkOf));
  const { history: key } = objects;
  const recorded = new Set(places.map(({ drillId }) => drillId));
  const isThere = (drillId: string): boolean =>
    recorded.has(drillId) || isUnlooked(listing, `${folder === "" ? "" : `${folder}/`}${drillId}/manifest.json`);
  const history = key === undefined ? undefined : await lookAtHistory(source, listing, { key, folder }, isThere);
  const foreign = objects.foreign.map((each) => ({
    state: "foreign" as const,
    key: each,
    what: "is nothing that a drill leaves",
  }));
  return {
    looks,
    findings: [...findings, ...baselines.findings, ...(history?.findings ?? []), ...foreign],
    unlooked: [
      ...baselines.unlooked,
      ...(history?.unlooked ?? []),
      // A drill's own are told with it.
      ...listing.unlooked.filter((each) => !places.some((place) => isOfDrill(place, each.key))),
    ],
    intactFiles: baselines.intactFiles,
    unchainedDrills: older,
    uncovered: [...baselines.uncovered, ...(key === undefined ? [] : [key])],
  };
}

export function kept({ report, ...look }: DrillLook): KeptLook {
  if (report === undefined) return look;
  const { drillId, database, endedAt, drill } = report;
  return { ...look, report: { drillId, database, endedAt, references: drill?.references ?? [] } };
}

function linkOf({ drillId, manifestKey: key, manifestSha256, manifest, report, entry }: KeptLook): ChainLink[] {
  if (manifest === undefined || manifestSha256 === undefined) return [];
  const { previous } = manifest;
  const endedAt = report?.endedAt ?? entry?.endedAt;
  return [{ drillId, key, manifestSha256, endedAt, ...(previous === undefined ? {} : { previous }) }];
}
