import * as z from "zod/mini";
import { Cadence } from "../../plan/cadence.ts";
import { LedgerEntry } from "../ledger.ts";
import { type DatabaseObjects, isDatabase, layoutOf, objectsOf, placesOf } from "../verify/layout.ts";
import { lookAtDrill } from "../verify/look-at-drill.ts";
import { type EvidenceSource, type Listing, readObject, TooMuchEvidence } from "../verify/source.ts";
import { type ControlRow, rowsOf } from "./control-rows.ts";
import { type ControlSummary, type Period, type PlanInPeriod, summariesOf } from "./control-summary.ts";
import { CONTROLS, type Control } from "./controls.ts";

export interface ExportedControls {
  readonly address: string;
  readonly period: Period;
  readonly controls: readonly Control[];
  readonly summary: readonly ControlSummary[];
  /** A row for each drill of the period and control, oldest first by database. */
  readonly drills: readonly ControlRow[];
  /** Entries of ledgers that can not be read, so that they are in nothing above. */
  readonly unreadable: readonly string[];
}

/** An export that says "nothing" where it was pointed at nothing would be filed as an answer. */
class NoDrills extends Error {
  override readonly name = "NoDrills";
}

/** Below the 50 connections that a client has. */
const AT_A_TIME = 32;
/** Each row is some 2 kB: five of each of 20,000 drills are 200 MB. */
const MAX_DRILLS = 20_000;

/**
 * What the drills of a period answer of each control, from evidence that is recomputed while it is read. A drill belongs to the period in which it began.
 * Throws NoDrills where there is no ledger, and what the source throws.
 */
export async function exportControls(source: EvidenceSource, period: Period): Promise<ExportedControls> {
  const layout = await layoutOf(source);
  const folders = layout.kind === "bucket" ? layout.folders : [""];
  const drills: ControlRow[] = [];
  const plans: PlanInPeriod[] = [];
  const unreadable: string[] = [];
  for (const folder of folders) {
    const listing = await source.list(folder);
    const objects = objectsOf(listing.bytes.keys(), folder);
    if (!isDatabase(objects)) continue;
    const ledger = await readLedger(source, listing, objects, unreadable);
    const upTo = ledger.filter(({ startedAt }) => startedAt <= period.to);
    const inPeriod = new Set(
      upTo
        .filter(({ startedAt }) => period.from === undefined || startedAt >= period.from)
        .map(({ drillId }) => drillId),
    );
    const places = placesOf(objects, folder).filter(({ drillId }) => inPeriod.has(drillId));
    if (drills.length / CONTROLS.length + places.length > MAX_DRILLS)
      throw new TooMuchEvidence(`More than ${MAX_DRILLS} drills: take a shorter period, or one database.`);
    for (let first = 0; first < places.length; first += AT_A_TIME) {
      const looks = places
        .slice(first, first + AT_A_TIME)
        .map((place) => lookAtDrill(source, listing, place, new Date(period.to)));
      drills.push(...(await Promise.all(looks)).flatMap((look) => rowsOf(look, source.address)));
    }
    for (const [plan, entries] of Map.groupBy(upTo, (entry) => entry.plan)) {
      const keys = entries
        .toReversed()
        .map(({ drillId }) => `${folder === "" ? "" : `${folder}/`}${drillId}/plan.json`);
      const database = entries[0]?.database ?? folder;
      plans.push({ database, plan, entries, promisedDays: await promisedDays(source, listing, keys) });
    }
  }
  if (plans.length === 0)
    throw new NoDrills(`There is no drill in the ledgers of ${source.address} until ${period.to}.`);
  return {
    address: source.address,
    period,
    controls: CONTROLS,
    summary: summariesOf(plans, drills, period),
    drills,
    unreadable,
  };
}

async function readLedger(
  source: EvidenceSource,
  { bytes }: Listing,
  { entries }: DatabaseObjects,
  unreadable: string[],
): Promise<LedgerEntry[]> {
  const keys = [...entries.values()].sort();
  const found: LedgerEntry[] = [];
  for (let from = 0; from < keys.length; from += AT_A_TIME) {
    const some = keys.slice(from, from + AT_A_TIME);
    const looks = await Promise.all(some.map((key) => readAs(source, key, bytes.get(key) ?? 0, LedgerEntry)));
    looks.forEach((entry, index) => {
      if (entry === undefined) unreadable.push(some[index] ?? "");
      else found.push(entry);
    });
  }
  return found;
}

/** A plan without a cadence promises the default one; older plans may say it in another way. */
const Promised = z.object({ plan: z.object({ cadence: z.prefault(Cadence, {}) }) });

async function promisedDays(
  source: EvidenceSource,
  { bytes }: Listing,
  newestFirst: readonly string[],
): Promise<number | undefined> {
  const key = newestFirst.find((each) => bytes.has(each));
  if (key === undefined) return undefined;
  const file = await readAs(source, key, bytes.get(key) ?? 0, Promised);
  return file === undefined ? undefined : file.plan.cadence.everySeconds / 86_400;
}

async function readAs<Schema extends z.core.$ZodType>(
  source: EvidenceSource,
  key: string,
  bytes: number,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const text = (await readObject(source, key, bytes)).toString("utf8");
  try {
    return z.parse(schema, JSON.parse(text));
  } catch {
    return undefined;
  }
}
