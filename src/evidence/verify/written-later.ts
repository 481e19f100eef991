import { MESSAGE_KINDS } from "../../notify/notification.ts";
import { isJournalUnreadable, journalFileOf, STEPS, WRITTEN_AFTER_MANIFEST } from "../journal.ts";
import type { Manifest, Report } from "../report.ts";
import { isChained } from "./compare-entry.ts";

/** What people were told, and which execution finished the drill where its own could not. */
const OUTCOMES: ReadonlySet<string> = new Set([...MESSAGE_KINDS, "adoption"].map((kind) => `outcome/${kind}.json`));
const JOURNAL = /^journal\/[a-z-]+\.json$/;

/** Whether a drill leaves a file of that name that its manifest does not name: written after it, or before manifests named the journal. */
export function isLeftUnnamed(file: string, manifest: Manifest, report: Report | undefined): boolean {
  if (OUTCOMES.has(file)) return true;
  if (!isChained(manifest)) return JOURNAL.test(file);
  return STEPS.some(
    (step) =>
      file === journalFileOf(step) &&
      // What could not be read when it was recorded has no hash, which the report says.
      (WRITTEN_AFTER_MANIFEST.has(step) || isJournalUnreadable(step, report?.unreadable ?? [])),
  );
}
