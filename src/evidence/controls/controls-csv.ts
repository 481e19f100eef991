import { stringify } from "csv-stringify/sync";
import type { ControlRow } from "./control-rows.ts";
import type { ControlSummary } from "./control-summary.ts";
import type { ExportedControls } from "./export-controls.ts";

/** Written also above no rows: a period without drills is an answer. */
const COLUMNS = {
  drills: [
    "control",
    "framework",
    "answer",
    "why",
    "database",
    "plan",
    "planSha256",
    "drill",
    "startedAt",
    "endedAt",
    "scenario",
    "fromRegion",
    "toRegion",
    "recoveryPoint",
    "recoveryPointAt",
    "recoveryPointAgeSeconds",
    "isolation",
    "checksHeld",
    "checksFailed",
    "checksNotAnswered",
    "counterproof",
    "verdict",
    "reason",
    "summary",
    "rtoSeconds",
    "rtoObjectiveSeconds",
    "rtoMet",
    "rpoSeconds",
    "rpoObjectiveSeconds",
    "rpoMet",
    "leftovers",
    "startedBy",
    "execution",
    "evidence",
    "report",
    "manifestSha256",
    "reviewedBy",
    "reviewedOn",
    "reviewResult",
  ] satisfies (keyof ControlRow)[],
  summary: [
    "control",
    "framework",
    "database",
    "plan",
    "drills",
    "held",
    "didNotHold",
    "notShown",
    "exercises",
    "lastDrillAt",
    "lastHeldAt",
    "promisedDays",
    "longestGapDays",
    "gapsOverPromise",
  ] satisfies (keyof ControlSummary)[],
};

/** Summaries repeat what a database said, and a terminal obeys what it is shown. */
const withoutControls = (text: string): string => text.replace(/[^\P{Cc}\n]/gu, "\u{FFFD}");

/**
 * RFC 4180, with a heading. What begins like a formula is escaped: names of plans, people and findings come from outside, and a spreadsheet would
 * run them. https://owasp.org/www-community/attacks/CSV_Injection
 */
export function controlsCsv(exported: ExportedControls, table: keyof typeof COLUMNS): string {
  return stringify([...exported[table]], {
    header: true,
    columns: COLUMNS[table],
    escape_formulas: true,
    record_delimiter: "windows",
    cast: { boolean: String, string: withoutControls },
  });
}
