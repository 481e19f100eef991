import type { Finding } from "./finding.ts";
import { isDatabase, layoutOf, objectsOf } from "./layout.ts";
import { type KeptLook, kept, lookAtDatabase } from "./look-at-database.ts";
import { lookAtDrill } from "./look-at-drill.ts";
import type { EvidenceSource, Listing, Unlooked } from "./source.ts";

/** What came of one database, or of the one drill that is there. */
export interface VerifiedDatabase {
  readonly database: string;
  /** Those with a manifest, and the moments at which the first and the last of them ended. */
  readonly drills: number;
  readonly first?: string;
  readonly last?: string;
  readonly intactFiles: number;
  readonly findings: readonly Finding[];
  readonly unlooked: readonly Unlooked[];
  /** From before manifests were chained. */
  readonly unchainedDrills: number;
  /** Drills without evidence that may still run. */
  readonly runningDrills: readonly string[];
  /** Known, and named by no manifest. */
  readonly uncovered: readonly string[];
}

export interface VerifiedEvidence {
  readonly address: string;
  readonly databases: readonly VerifiedDatabase[];
  /** Beside the databases: pages, surveys and other documents that are made from the rest, and were not looked at. */
  readonly beside: readonly string[];
  readonly unlooked: readonly Unlooked[];
  readonly outcome: "intact" | "broken" | "not all looked at";
}

/** There is nothing that could be verified. */
class NoEvidence extends Error {
  override readonly name = "NoEvidence";
}

/**
 * Recomputes what is there: of each database every drill's files against its manifest, the manifest against the ledger, the ledger's entry against the
 * report, and each manifest against the one that follows it. Reads only. Throws NoEvidence where there is none, and what the source throws when it
 * can not be listed. `onDatabase` is told of each database as soon as it is through.
 */
export async function verifyEvidence(
  source: EvidenceSource,
  { now = new Date(), onDatabase = () => {} }: { now?: Date; onDatabase?: (verified: VerifiedDatabase) => void } = {},
): Promise<VerifiedEvidence> {
  const layout = await layoutOf(source);
  const databases: VerifiedDatabase[] = [];
  const beside: string[] = layout.kind === "bucket" ? [...layout.files] : [];
  const unlooked: Unlooked[] = layout.kind === "bucket" ? [...layout.unlooked] : [];
  const told = (verified: VerifiedDatabase): void => {
    databases.push(verified);
    onDatabase(verified);
  };
  if (layout.kind === "drill") told(await verifyDrill(source, now));
  if (layout.kind === "database") told(await verifyDatabase(source, "", await source.list(""), now));
  if (layout.kind === "bucket")
    for (const folder of layout.folders) {
      const listing = await source.list(folder);
      if (isDatabase(objectsOf(listing.bytes.keys(), folder))) told(await verifyDatabase(source, folder, listing, now));
      else {
        beside.push(`${folder}/`);
        unlooked.push(...listing.unlooked);
      }
    }
  if (databases.length === 0)
    throw new NoEvidence(
      `There is no evidence of a drill in ${source.address}: name the evidence bucket, or a directory that holds what is in it, of one database (<database>/) or of one drill (<database>/<drill>/).`,
    );
  return { address: source.address, databases, beside, unlooked, outcome: outcomeOf(databases, unlooked) };
}

function outcomeOf(databases: readonly VerifiedDatabase[], unlooked: readonly Unlooked[]): VerifiedEvidence["outcome"] {
  if (databases.some(({ findings }) => findings.length > 0)) return "broken";
  return unlooked.length > 0 || databases.some((each) => each.unlooked.length > 0) ? "not all looked at" : "intact";
}

/** A drill alone: its ledger and the drill before it are elsewhere, which is said. */
async function verifyDrill(source: EvidenceSource, now: Date): Promise<VerifiedDatabase> {
  const listing = await source.list("");
  // Which drill it is, only its own documents say.
  const first = await lookAtDrill(source, listing, { drillId: "", folder: "", keys: [] }, now);
  const drillId = first.report?.drillId ?? first.manifest?.drillId ?? "";
  const look = await lookAtDrill(source, listing, { drillId, folder: "", keys: [...listing.bytes.keys()] }, now);
  const key = "manifest.json";
  const why = `of drill ${drillId}, only its own files are here: neither its entry in the ledger nor its place in the chain could be looked at`;
  return summed(look.report?.database ?? "a drill", [kept(look)], {
    unlooked: [{ key, why }],
  });
}

async function verifyDatabase(
  source: EvidenceSource,
  folder: string,
  listing: Listing,
  now: Date,
): Promise<VerifiedDatabase> {
  const look = await lookAtDatabase(source, { folder, listing }, { now });
  const { looks } = look;
  const named =
    looks.find(({ entry }) => entry)?.entry?.database ?? looks.find(({ report }) => report)?.report?.database;
  return summed(folder === "" ? (named ?? "a database") : folder, looks, look);
}

function summed(
  database: string,
  looks: readonly KeptLook[],
  beside: Partial<Pick<VerifiedDatabase, "findings" | "unlooked" | "intactFiles" | "unchainedDrills" | "uncovered">>,
): VerifiedDatabase {
  const moments = looks.flatMap(({ report, entry }) => report?.endedAt ?? entry?.endedAt ?? []).sort();
  const [first, last] = [moments.at(0), moments.at(-1)];
  return {
    database,
    drills: looks.filter(({ manifest }) => manifest !== undefined).length,
    ...(first === undefined ? {} : { first }),
    ...(last === undefined ? {} : { last }),
    intactFiles: looks.reduce((sum, { intactFiles }) => sum + intactFiles, beside.intactFiles ?? 0),
    findings: [...looks.flatMap(({ findings }) => findings), ...(beside.findings ?? [])],
    unlooked: eachOnce([...looks.flatMap(({ unlooked }) => unlooked), ...(beside.unlooked ?? [])]),
    unchainedDrills: beside.unchainedDrills ?? 0,
    runningDrills: looks.flatMap(({ drillId, mayRun }) => (mayRun ? [drillId] : [])),
    uncovered: [...looks.flatMap(({ uncovered }) => uncovered), ...(beside.uncovered ?? [])],
  };
}

/** What several drills would have been in is told once. */
const eachOnce = (unlooked: readonly Unlooked[]): Unlooked[] => [
  ...new Map(unlooked.map((each) => [JSON.stringify([each.key, each.why]), each])).values(),
];
