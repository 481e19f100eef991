import type { Period } from "../../evidence/controls/control-summary.ts";
import { controlsCsv } from "../../evidence/controls/controls-csv.ts";
import { exportControls } from "../../evidence/controls/export-controls.ts";
import type { EvidenceSource } from "../../evidence/verify/source.ts";
import { EXIT } from "../exit-codes.ts";
import { inOneLine } from "../printable.ts";
import type { Terminal } from "../progress.ts";

const MAX_NAMED = 20;

/** Writes the export to stdout, and to stderr what is not in it. Resolves to the exit code. */
export async function tellControls(
  source: EvidenceSource,
  { period, output }: { readonly period: Period; readonly output: "drills" | "summary" | "json" },
  { stdout, stderr }: { readonly stdout: Terminal; readonly stderr: Terminal },
): Promise<number> {
  const exported = await exportControls(source, period);
  stdout.write(output === "json" ? `${JSON.stringify(exported, null, 2)}\n` : controlsCsv(exported, output));
  const { unreadable, running, beside, drills } = exported;
  const altered = new Set(drills.filter(({ evidence }) => evidence !== "intact").map(({ drill }) => drill));
  const lines = [
    ["Entries of the ledger that can not be read, so that nothing of what they say is in the export", unreadable],
    ["Not intact, or not all looked at, is the evidence of", [...altered]],
    ["Not as it should be, or not looked at, beside the drills", beside],
  ] as const;
  const wrong = lines.filter(([, names]) => names.length > 0);
  for (const [what, names] of wrong) stderr.write(`${what}: ${namesOf(names)}. See restore-drill verify-evidence.\n`);
  if (running.length > 0) stderr.write(`Not in the export, since they may still run: ${namesOf(running)}.\n`);
  return wrong.length > 0 ? EXIT.errored : EXIT.passed;
}

const namesOf = (names: readonly string[]): string =>
  `${names.slice(0, MAX_NAMED).map(inOneLine).join(", ")}${names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : ""}`;
