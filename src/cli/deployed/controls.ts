import type { Period } from "../../evidence/controls/control-summary.ts";
import { controlsCsv } from "../../evidence/controls/controls-csv.ts";
import { exportControls } from "../../evidence/controls/export-controls.ts";
import type { EvidenceSource } from "../../evidence/verify/source.ts";
import { EXIT } from "../exit-codes.ts";
import { printable } from "../printable.ts";
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
  const { unreadable, drills } = exported;
  const altered = new Set(drills.filter(({ evidence }) => evidence !== "intact").map(({ drill }) => drill));
  if (unreadable.length > 0)
    stderr.write(
      printable(
        `Not in the export, since they can not be read: ${unreadable.slice(0, MAX_NAMED).join(", ")}${unreadable.length > MAX_NAMED ? ` and ${unreadable.length - MAX_NAMED} more` : ""}\n`,
      ),
    );
  if (altered.size > 0)
    stderr.write(
      printable(
        `Not intact, or not all looked at, is the evidence of ${[...altered].slice(0, MAX_NAMED).join(", ")}${altered.size > MAX_NAMED ? ` and ${altered.size - MAX_NAMED} more` : ""}. See restore-drill verify-evidence.\n`,
      ),
    );
  return unreadable.length + altered.size > 0 ? EXIT.errored : EXIT.passed;
}
