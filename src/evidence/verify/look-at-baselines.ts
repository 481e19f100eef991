import * as z from "zod/mini";
import type { Report } from "../report.ts";
import type { Finding } from "./finding.ts";
import { type EvidenceSource, hashObject, type Listing, readObject, type Unlooked } from "./source.ts";

/** What of `baseline.json` is needed: its parts as they were captured. */
const CapturedParts = z.object({
  parts: z.array(z.object({ part: z.string(), sha256: z.string(), bytes: z.number() })),
});
/** Five parts in 150 B each, and a line for each of a plan's checks. */
const MAX_BASELINE_BYTES = 16 * 1024 * 1024;

/** What a drill told of what it was held against. */
export interface ToldBefore extends Pick<Report, "drillId" | "database" | "endedAt"> {
  readonly references: NonNullable<Report["drill"]>["references"];
}

export interface BaselinesLook {
  readonly intactFiles: number;
  readonly findings: readonly Finding[];
  readonly unlooked: readonly Unlooked[];
}

/**
 * Recomputes the parts of each baseline, and holds them against what drills say they were held against: a baseline that was written anew as a whole has
 * the hashes of its own `baseline.json`, and not those in the reports.
 */
export async function lookAtBaselines(
  source: EvidenceSource,
  { bytes: listed }: Listing,
  { keys, folder }: { readonly keys: readonly string[]; readonly folder: string },
  reports: readonly ToldBefore[],
): Promise<BaselinesLook> {
  const findings: Finding[] = [];
  const unlooked: Unlooked[] = [];
  const now = new Map<string, string>();
  let intactFiles = 0;
  for (const key of keys) {
    try {
      const text = await readObject(source, key, Math.min(listed.get(key) ?? 0, MAX_BASELINE_BYTES));
      const { parts } = z.parse(CapturedParts, JSON.parse(text.toString("utf8")));
      for (const { part, sha256, bytes } of parts) {
        const partKey = `${key.slice(0, -"baseline.json".length)}${part}`;
        const there = listed.get(partKey);
        if (there === undefined) {
          findings.push({ state: "missing", key: partKey, what: "the baseline names it, and it is not there" });
          continue;
        }
        const found = there === bytes ? await hashObject(source, partKey, bytes) : undefined;
        if (found === sha256) intactFiles += 1;
        else findings.push({ state: "altered", key: partKey, what: "is not what baseline.json says was captured" });
        now.set(partKey, found ?? "of another size");
      }
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      if (error instanceof z.core.$ZodError || error instanceof SyntaxError)
        findings.push({ state: "unreadable", key, what: "is not the document of a baseline" });
      else unlooked.push({ key, why: `${name}: ${message}` });
    }
  }
  findings.push(...heldAgainst(reports, folder, now));
  return { intactFiles, findings, unlooked };
}

/** One finding a part, however many drills were held against it. */
function heldAgainst(reports: readonly ToldBefore[], folder: string, now: ReadonlyMap<string, string>): Finding[] {
  const findings = new Map<string, Finding>();
  for (const { drillId, references } of reports)
    for (const { kind, prefix, sha256 = {} } of references) {
      if (kind !== "baseline") continue;
      for (const [part, was] of Object.entries(sha256)) {
        const whole = `${prefix}/${part}`;
        const key = folder === "" ? whole.split("/").slice(1).join("/") : whole;
        const found = now.get(key);
        if (found === was || findings.has(key)) continue;
        findings.set(key, {
          state: found === undefined ? "missing" : "altered",
          key,
          what: `drill ${drillId} was held against it with SHA-256 ${was}; ${found === undefined ? "it is not there as part of a baseline" : `it is ${found} now`}`,
        });
      }
    }
  return [...findings.values()];
}
