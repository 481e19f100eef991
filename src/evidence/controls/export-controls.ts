import * as z from "zod/mini";
import { Cadence } from "../../plan/cadence.ts";
import { DRILL_ID, startOf } from "../../plan/names.ts";
import type { Finding } from "../verify/finding.ts";
import { type DatabaseObjects, isDatabase, layoutOf, objectsOf } from "../verify/layout.ts";
import { lookAtDatabase } from "../verify/look-at-database.ts";
import type { DrillLook } from "../verify/look-at-drill.ts";
import { type EvidenceSource, type Listing, readObject, TooMuchEvidence, type Unlooked } from "../verify/source.ts";
import { type ControlRow, doubted, rowsOf } from "./control-rows.ts";
import { type ControlSummary, type Period, type PlanInPeriod, summariesOf } from "./control-summary.ts";
import { CONTROLS, type Control } from "./controls.ts";

export interface ExportedControls {
  readonly address: string;
  readonly period: Period;
  readonly controls: readonly Control[];
  readonly summary: readonly ControlSummary[];
  /** A row for each drill of the period and control, oldest first by database. */
  readonly drills: readonly ControlRow[];
  /** Entries of ledgers that can not be read, of any time: what they say is in nothing above. */
  readonly unreadable: readonly string[];
  /** Drills of the period that left no evidence yet, and may still run. */
  readonly running: readonly string[];
  /** What is not as it should be, or could not be looked at, and is of no drill above. */
  readonly beside: readonly string[];
}

/** An export that says "nothing" where it was pointed at nothing would be filed as an answer. */
class NoDrills extends Error {
  override readonly name = "NoDrills";
}

/** Each row is some 2 kB: five of each of 20,000 drills are 200 MB. */
const MAX_DRILLS = 20_000;

/**
 * What the drills of a period answer of each control, from evidence that is recomputed while it is read. A drill belongs to the period in which it began,
 * by its id or by its entry in the ledger: who takes out the one does not take it out of the export. Throws NoDrills where there is no drill until then,
 * and what the source throws.
 */
export async function exportControls(
  source: EvidenceSource,
  period: Period,
  now: Date = new Date(),
): Promise<ExportedControls> {
  const layout = await layoutOf(source);
  const databases: DatabaseInPeriod[] = [];
  const beside = layout.kind === "bucket" ? layout.unlooked.map(unseen) : [];
  let drills = 0;
  for (const folder of layout.kind === "bucket" ? layout.folders : [""]) {
    const listing = await source.list(folder);
    const objects = objectsOf(listing.bytes.keys(), folder);
    if (!isDatabase(objects)) {
      beside.push(...listing.unlooked.map(unseen));
      continue;
    }
    const ids = new Set([...objects.drills.keys(), ...objects.entries.keys()]);
    drills += [...ids].filter((drillId) => isIn(period, startOf(drillId).toISOString())).length;
    if (drills > MAX_DRILLS)
      throw new TooMuchEvidence(`More than ${MAX_DRILLS} drills: take a shorter period, or one database.`);
    databases.push(await exportDatabase(source, { folder, listing, objects }, period, now));
  }
  const plans = databases.flatMap((each) => each.plans);
  if (plans.length === 0) throw new NoDrills(`There is no drill in ${source.address} until ${period.to}.`);
  const rows = databases.flatMap((each) => each.rows);
  return {
    address: source.address,
    period,
    controls: CONTROLS,
    summary: summariesOf(plans, rows, period),
    drills: rows,
    unreadable: databases.flatMap((each) => each.unreadable),
    running: databases.flatMap((each) => each.running),
    beside: [...beside, ...databases.flatMap((each) => each.beside)],
  };
}

interface DatabaseInPeriod extends Pick<ExportedControls, "unreadable" | "running" | "beside"> {
  readonly rows: readonly ControlRow[];
  readonly plans: readonly PlanInPeriod[];
}

async function exportDatabase(
  source: EvidenceSource,
  { folder, listing, objects }: { folder: string; listing: Listing; objects: DatabaseObjects },
  period: Period,
  now: Date,
): Promise<DatabaseInPeriod> {
  const inFolder = (name: string): string => `${folder === "" ? "" : `${folder}/`}${name}`;
  const place = { address: source.address, database: folder };
  const found: ControlRow[] = [];
  const running: string[] = [];
  const onDrill = (look: DrillLook): void => {
    const { drillId, entry, mayRun } = look;
    const moments = [startOf(drillId).toISOString(), ...(entry === undefined ? [] : [entry.startedAt])];
    if (!moments.some((moment) => isIn(period, moment))) return;
    if (mayRun) running.push(inFolder(drillId));
    else found.push(...rowsOf(look, place));
  };
  const { looks, findings, unlooked } = await lookAtDatabase(source, { folder, listing }, { now, onDrill });

  const doubts = Map.groupBy(
    findings.flatMap((finding) => (finding.drillIds ?? []).map((drillId) => ({ drillId, finding }))),
    ({ drillId }) => drillId,
  );
  const findingsOf = (drillId: string): Finding[] => (doubts.get(drillId) ?? []).map(({ finding }) => finding);
  const isThere = new Set(looks.map(({ drillId }) => drillId));
  const gone = [...doubts.keys()].filter(
    (drillId) => !isThere.has(drillId) && DRILL_ID.test(drillId) && isIn(period, startOf(drillId).toISOString()),
  );
  const rows = [...found, ...gone.flatMap((drillId) => rowsOf(nothingOf(drillId, inFolder), place))]
    .map((row) => (doubts.has(row.drill) ? doubted(row, findingsOf(row.drill)) : row))
    .sort((one, other) => (one.drill < other.drill ? -1 : Number(one.drill > other.drill)));

  const upTo = looks.flatMap(({ entry }) => (entry !== undefined && entry.startedAt <= period.to ? [entry] : []));
  const intact = new Set(
    looks
      .filter((look) => look.findings.length + look.unlooked.length === 0 && !doubts.has(look.drillId))
      .map(({ drillId }) => drillId),
  );
  const byPlan = Map.groupBy(upTo, ({ plan }) => plan);
  const plans: PlanInPeriod[] = [];
  for (const plan of new Set([...byPlan.keys(), ...rows.map((row) => row.plan)])) {
    const entries = byPlan.get(plan) ?? [];
    const own = [
      ...entries.map(({ drillId }) => drillId),
      ...rows.filter((row) => row.plan === plan).map((row) => row.drill),
    ];
    const newestFirst = [...new Set(own)].sort().reverse();
    const database = entries[0]?.database ?? rows.find((row) => row.plan === plan)?.database ?? folder;
    const keys = newestFirst
      .filter((drillId) => intact.has(drillId))
      .map((drillId) => inFolder(`${drillId}/plan.json`));
    plans.push({ database, plan, entries, intact, promisedDays: await promisedDays(source, listing, keys) });
  }
  return {
    rows,
    plans,
    unreadable: looks
      .filter(({ drillId, entry }) => entry === undefined && objects.entries.has(drillId))
      .map(({ drillId }) => inFolder(`ledger/${drillId}.json`)),
    running,
    beside: [
      ...findings.filter(({ drillIds }) => drillIds === undefined).map(({ state, key }) => `${state} ${key}`),
      ...unlooked.map(unseen),
    ],
  };
}

const isIn = ({ from, to }: Period, moment: string): boolean => (from === undefined || moment >= from) && moment <= to;

const unseen = ({ key }: Unlooked): string => `not seen ${key}`;

/** A drill that others name, and of which nothing is there. */
const nothingOf = (drillId: string, inFolder: (name: string) => string): DrillLook => ({
  drillId,
  manifestKey: inFolder(`${drillId}/manifest.json`),
  intactFiles: 0,
  findings: [],
  unlooked: [],
  uncovered: [],
  mayRun: false,
});

/** Plans are files of some kB that people write. */
const MAX_PLAN_BYTES = 16 * 1024 * 1024;
/** A plan without a cadence promises the default one; older plans may say it in another way. */
const Promised = z.object({ plan: z.object({ cadence: z.prefault(Cadence, {}) }) });

async function promisedDays(
  source: EvidenceSource,
  { bytes }: Listing,
  newestFirst: readonly string[],
): Promise<number | undefined> {
  const key = newestFirst.find((each) => bytes.has(each));
  const size = key === undefined ? 0 : (bytes.get(key) ?? 0);
  if (key === undefined || size > MAX_PLAN_BYTES) return undefined;
  const text = (await readObject(source, key, size)).toString("utf8");
  try {
    return z.parse(Promised, JSON.parse(text)).plan.cadence.everySeconds / 86_400;
  } catch {
    return undefined;
  }
}
