import { isDeepStrictEqual } from "node:util";
import { isReference, repeatedOf, wasReference } from "../compose-entry.ts";
import type { LedgerEntry } from "../ledger.ts";
import { PARTS } from "../parts.ts";
import type { Manifest, Report } from "../report.ts";

/** In no report, or held against the manifest itself. */
const NOT_REPEATED: ReadonlySet<string> = new Set(["stepSeconds", "manifestSha256"]);

/** Optional fields that older reports may have nothing of, and older entries only where these do. */
const NEVER_ADDED: ReadonlySet<string> = new Set([
  "reason",
  "scenario",
  "rtoSeconds",
  "rpoSeconds",
  "rowsRead",
  "keptUntil",
  "recoveryPath",
]);

/** Manifests that are chained name the journal too, and what they leave out is nothing that older versions did not know yet. */
export const isChained = ({ previous, files }: Manifest): boolean =>
  previous !== undefined || files.some(({ file }) => file.startsWith("journal/"));

/** Each field in which an entry of the ledger says otherwise than its report, in words. What older entries lack says nothing else. */
export function differencesOf(entry: LedgerEntry, report: Report, manifest: Manifest): string[] {
  const hasLeftParts = manifest.files.some(({ file }) => (PARTS as readonly string[]).includes(file));
  const reference = report.drill === undefined ? {} : { isReference: isReference(report, hasLeftParts) };
  const told = new Map<string, unknown>(Object.entries({ ...repeatedOf(report), ...reference }));
  const written = new Map<string, unknown>(Object.entries(entry));
  const isOlder = !isChained(manifest);
  const isOtherwise = (field: string): boolean => {
    // A report without a trigger is older than this.
    if (field === "trigger" && !told.has(field)) return false;
    if (isOlder && !written.has(field)) return false;
    if (isOlder && field === "isReference" && entry.isReference === true) return !wasReference(report, hasLeftParts);
    if (isOlder && !told.has(field)) return NEVER_ADDED.has(field);
    return !isDeepStrictEqual(written.get(field), told.get(field));
  };
  return [...new Set([...told.keys(), ...written.keys()])]
    .filter((field) => !NOT_REPEATED.has(field) && isOtherwise(field))
    .map((field) => `${field} is ${inShort(written.get(field))}, there ${inShort(told.get(field))}`);
}

function inShort(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
