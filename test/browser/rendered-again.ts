/** Pages of filed evidence, by what writes them today: the year's were written by what wrote pages when it was run. */
import { access, glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import { Drift } from "../../src/evidence/drift.ts";
import { HISTORY_DRILLS } from "../../src/evidence/history.ts";
import { LedgerEntry } from "../../src/evidence/ledger.ts";
import { renderReport } from "../../src/evidence/page/render-report.ts";
import { Manifest, Report } from "../../src/evidence/report.ts";
import { renderIndex } from "../../src/index/page/render-index.ts";
import { readFleet } from "../../src/index/read-fleet.ts";
import { withLocalEvidence } from "../../src/local/evidence-store.ts";
import { validatePlan } from "../../src/plan/validate.ts";
import { YEAR_PLANS } from "../../src/year/databases.ts";

const read = async <Schema extends z.ZodMiniType>(schema: Schema, file: string): Promise<z.infer<Schema>> =>
  z.parse(schema, JSON.parse(await readFile(file, "utf8")));

/** The ledger of one database, oldest first. */
export async function ledgerOf(evidence: string, database: string): Promise<LedgerEntry[]> {
  const directory = join(evidence, database, "ledger");
  const entries: LedgerEntry[] = [];
  for await (const name of glob("*.json", { cwd: directory }))
    entries.push(await read(LedgerEntry, join(directory, name)));
  return entries.sort((a, b) => (a.drillId < b.drillId ? -1 : 1));
}

export async function renderedAgain(evidence: string, { database, drillId }: LedgerEntry): Promise<string> {
  const directory = join(evidence, database, drillId);
  const report = await read(Report, join(directory, "report.json"));
  const { files } = await read(Manifest, join(directory, "manifest.json"));
  const earlier = (await ledgerOf(evidence, database)).filter((entry) => entry.drillId < drillId);
  const drift = join(directory, "drift.json");
  const hasDrift = await access(drift).then(
    () => true,
    () => false,
  );
  return renderReport(report, {
    history: { entries: earlier.slice(-HISTORY_DRILLS), warnings: [] },
    ...(hasDrift ? { drift: await read(Drift, drift) } : {}),
    files: files.filter(({ file }) => file !== "report.html"),
  });
}

/** The page over all databases, at the end of the year in the directory. */
export async function indexRenderedAgain(year: string): Promise<string> {
  const at = new Date(await readFile(join(year, "until.txt"), "utf8"));
  const files = new Map(YEAR_PLANS.map(({ plan, file }) => [plan, file]));
  const plans = {
    names: async () => [...files.keys()],
    read: async (name: string) => validatePlan(files.get(name), name),
  };
  return withLocalEvidence(year, async (store) => renderIndex(await readFleet({ store, plans }, at)));
}
