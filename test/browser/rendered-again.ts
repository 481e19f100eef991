/** Pages of filed evidence, by what writes them today: the year's were written by what wrote pages when it was run. */
import { access, glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import { Drift } from "../../src/evidence/drift.ts";
import { HISTORY_DRILLS } from "../../src/evidence/history.ts";
import { LedgerEntry } from "../../src/evidence/ledger.ts";
import { renderReport } from "../../src/evidence/page/render-report.ts";
import { Manifest, Report } from "../../src/evidence/report.ts";

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
