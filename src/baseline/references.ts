import { createHash } from "node:crypto";
import type { JsonStore } from "../aws/json-store.ts";
import { EvidenceUnreadable } from "../errors.ts";
import { earlierDrills, isExercise, type LedgerEntry } from "../evidence/ledger.ts";
import { PARTS } from "../evidence/parts.ts";
import { Manifest } from "../evidence/report.ts";
import type { ReferencePoint } from "../plan/drill.ts";
import { evidencePrefix } from "../plan/names.ts";
import { Baseline, baselineKeys, baselinePrefix, stampOf } from "./baseline.ts";

/**
 * Looked back from the recovery point in these steps, until there is a baseline. A listing ends at 1,000 keys, oldest first, and a baseline
 * has five at most: two days hold one every quarter of an hour, and what is cut off is newer than the recovery point.
 */
const LOOK_BACK_DAYS = [2, 30, 400] as const;

/** Of another plan or database, or corrupt: a bucket in which more than these come first is not searched further. */
const MAX_READ = 20;

/** A year of weekly drills: a database that failed for months is still held against the last one that was right. */
const MAX_DRILLS = 50;

export interface ReferenceSearch {
  readonly plan: string;
  readonly cluster: string;
  readonly database: string;
  /** Of the recovery point: what is known of another cluster of the same name says nothing about this one. */
  readonly clusterResourceId?: string | undefined;
  /** When the recovery point was made, where that is known: what was seen later may hold what it can not. */
  readonly before: Date | undefined;
  readonly now: Date;
  /** The newest drills of the cluster, oldest first, as the ledger has them. */
  readonly earlier: readonly LedgerEntry[];
}

type DatedSearch = ReferenceSearch & { readonly before: Date };

export interface References {
  readonly points: ReferencePoint[];
  /** One sentence for each baseline that could not be read. */
  readonly warnings: string[];
}

/**
 * What the restored database can be held against, the one to trust most first: the newest baseline of its source from before the recovery
 * point, then, of the drills of the same plan that found nothing wrong, the one whose recovery point is the newest that is no newer. A baseline
 * of this plan is taken before any other of the database. An exercise is none to be held against, and may be held against any of these.
 */
export async function findReferences(store: JsonStore, search: ReferenceSearch): Promise<References> {
  const warnings: string[] = [];
  const { before } = search;
  if (before === undefined) return { points: [], warnings };
  const baseline = await newestBaseline(store, { ...search, before }, warnings);
  const drill = await lastGoodDrill(store, { ...search, before }, warnings);
  return { points: [baseline, drill].filter((point) => point !== undefined), warnings };
}

async function newestBaseline(
  store: JsonStore,
  { plan, cluster, database, before, clusterResourceId }: DatedSearch,
  warnings: string[],
): Promise<ReferencePoint | undefined> {
  const seen = new Set<string>();
  let other: Baseline | undefined;
  for (const days of LOOK_BACK_DAYS) {
    const keys = await baselineKeys(store, cluster, new Date(before.getTime() - days * 86_400_000));
    for (const key of keys.reverse()) {
      if (seen.has(key) || seen.size === MAX_READ || isLaterThan(key, before)) continue;
      seen.add(key);
      const baseline = await readOrWarn(store, key, warnings);
      if (baseline?.database !== database || new Date(baseline.capturedAt) > before) continue;
      if (isOther(baseline.clusterResourceId, clusterResourceId)) continue;
      if (baseline.plan === plan) return pointOf(baseline);
      other ??= baseline;
    }
    if (other !== undefined) return pointOf(other);
  }
  return undefined;
}

/** A capture begins before its data is seen, so a later id is enough to know; an earlier one is not. */
const isLaterThan = (key: string, moment: Date): boolean =>
  (key.split("/").at(-2) ?? "").slice(0, 15) > stampOf(moment);

async function readOrWarn(store: JsonStore, key: string, warnings: string[]): Promise<Baseline | undefined> {
  try {
    return await store.get(key, Baseline);
  } catch (error) {
    if (!(error instanceof EvidenceUnreadable)) throw error;
    warnings.push(error.message);
    return undefined;
  }
}

const pointOf = ({ captureId, capturedAt, cluster, parts }: Baseline): ReferencePoint => ({
  kind: "baseline",
  id: captureId,
  takenAt: capturedAt,
  prefix: baselinePrefix(cluster, captureId),
  sha256: Object.fromEntries(parts.map(({ part, sha256 }) => [part, sha256])),
});

/** One that passed before one that was inconclusive, however much older. */
async function lastGoodDrill(
  store: JsonStore,
  search: DatedSearch,
  warnings: string[],
): Promise<ReferencePoint | undefined> {
  const passed = newestReference(search.earlier, search, ["passed"]);
  const [oldest] = search.earlier;
  // What began before all of these can have restored nothing newer.
  const isNewest = (of: DatedEntry): boolean =>
    oldest !== undefined && Date.parse(of.recoveryPointAt) >= Date.parse(oldest.startedAt);
  if (passed !== undefined && isNewest(passed)) return drillPoint(store, search.cluster, passed, warnings);
  // What could not be read was said when the newest were read.
  const { entries } = await earlierDrills(store, search.cluster, search.now, MAX_DRILLS);
  const entry = newestReference(entries, search, ["passed"]) ?? newestReference(entries, search, ["inconclusive"]);
  return entry && drillPoint(store, search.cluster, entry, warnings);
}

/** The drill with the hashes of what it left, as its manifest has them; none when that is not the manifest that the ledger knows. */
async function drillPoint(
  store: JsonStore,
  cluster: string,
  { drillId, recoveryPointAt, manifestSha256 }: DatedEntry,
  warnings: string[],
): Promise<ReferencePoint | undefined> {
  const prefix = evidencePrefix(cluster, drillId);
  const key = `${prefix}/manifest.json`;
  const text = (await store.getText(key)) ?? "";
  if (createHash("sha256").update(text).digest("hex") !== manifestSha256) {
    warnings.push(
      `s3://${store.bucket}/${key} is not the manifest that the ledger knows: nothing of that drill is compared with. Restore the object's earlier version.`,
    );
    return undefined;
  }
  const files = (await store.get(key, Manifest))?.files ?? [];
  const parts = files.filter(({ file }) => PARTS.some((part) => part === file));
  const sha256 = Object.fromEntries(parts.map(({ file, sha256 }) => [file, sha256]));
  return { kind: "drill", id: drillId, takenAt: recoveryPointAt, prefix, sha256 };
}

type DatedEntry = LedgerEntry & { readonly recoveryPointAt: string };

/** Not known is not another: what was kept before the ids were has none. */
const isOther = (known: string | undefined, wanted: string | undefined): boolean =>
  known !== undefined && wanted !== undefined && known !== wanted;

function newestReference(
  entries: readonly LedgerEntry[],
  { plan, database, before, clusterResourceId }: DatedSearch,
  verdicts: readonly LedgerEntry["verdict"][],
): DatedEntry | undefined {
  return entries
    .filter((entry): entry is DatedEntry => isDated(entry) && isSuch(entry))
    .toSorted((one, other) => Date.parse(one.recoveryPointAt) - Date.parse(other.recoveryPointAt))
    .at(-1);

  function isSuch(entry: DatedEntry): boolean {
    const { isReference, verdict, recoveryPointAt, sourceDatabase, sourceResourceId, plan: drilled } = entry;
    return (
      isReference === true &&
      !isExercise(entry) &&
      verdicts.includes(verdict) &&
      drilled === plan &&
      sourceDatabase === database &&
      !isOther(sourceResourceId, clusterResourceId) &&
      new Date(recoveryPointAt) <= before
    );
  }
}

const isDated = (entry: LedgerEntry): entry is DatedEntry => entry.recoveryPointAt !== undefined;
