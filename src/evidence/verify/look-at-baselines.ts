import * as z from "zod/mini";
import { PARTS } from "../parts.ts";
import type { Report } from "../report.ts";
import type { Finding } from "./finding.ts";
import type { DatabaseObjects } from "./layout.ts";
import { type EvidenceSource, hashObject, isUnlooked, type Listing, readObject, type Unlooked } from "./source.ts";

/** What of `baseline.json` is needed: its parts as they were captured. */
const CapturedParts = z.object({
  parts: z.array(z.object({ part: z.enum(PARTS), sha256: z.string(), bytes: z.number() })),
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
  /** Left by captures that are not done, or began anew: no drill is held against it. */
  readonly uncovered: readonly string[];
}

export interface BaselineKeys extends Pick<DatabaseObjects, "baselines" | "captured"> {
  readonly folder: string;
}

/**
 * Recomputes the parts of each baseline, and holds them against what drills say they were held against: a baseline that was written anew as a whole has
 * the hashes of its own `baseline.json`, and not those in the reports.
 */
export async function lookAtBaselines(
  source: EvidenceSource,
  listing: Listing,
  { baselines: keys, captured, folder }: BaselineKeys,
  reports: readonly ToldBefore[],
): Promise<BaselinesLook> {
  const { bytes: listed } = listing;
  const findings: Finding[] = [];
  const unlooked: Unlooked[] = [];
  const named = new Set<string>();
  const now = new Map<string, string>();
  let intactFiles = 0;
  for (const key of keys) {
    try {
      const text = await readObject(source, key, Math.min(listed.get(key) ?? 0, MAX_BASELINE_BYTES));
      const { parts } = z.parse(CapturedParts, JSON.parse(text.toString("utf8")));
      for (const { part, sha256, bytes } of parts) {
        const partKey = `${key.slice(0, -"baseline.json".length)}${part}`;
        const there = listed.get(partKey);
        named.add(partKey);
        if (there === undefined) {
          // What may be there and was not looked at is said already.
          if (isUnlooked(listing, partKey)) continue;
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
  findings.push(...heldAgainst(reports, folder, now).filter(({ key }) => !isUnlooked(listing, key)));
  const uncovered = captured.filter((key) => !named.has(key) && isUnfinished(key, { keys, folder }));
  const left = new Set([...named, ...uncovered]);
  for (const key of captured)
    if (!left.has(key))
      findings.push({ state: "foreign", key, what: "no baseline names it, and no capture leaves it" });
  return { intactFiles, findings, unlooked, uncovered };
}

/** How far a capture got, or a part of one that has no `baseline.json`, which is written last. */
function isUnfinished(key: string, { keys, folder }: { keys: readonly string[]; folder: string }): boolean {
  const [, ofRun, part = ""] =
    /^baselines\/(?:in-progress\/([^/]+)\.json|\d{8}-\d{6}-[0-9a-f]{8}\/([^/]+))$/.exec(
      folder === "" ? key : key.slice(folder.length + 1),
    ) ?? [];
  if (ofRun !== undefined) return true;
  if (!(PARTS as readonly string[]).includes(part)) return false;
  return !keys.includes(`${key.slice(0, -part.length)}baseline.json`);
}

/** One finding a part, of all the drills that were held against another one. */
function heldAgainst(reports: readonly ToldBefore[], folder: string, now: ReadonlyMap<string, string>): Finding[] {
  const findings = new Map<string, Finding & { readonly drillIds: string[] }>();
  for (const { drillId, references } of reports)
    for (const { kind, prefix, sha256 = {} } of references) {
      if (kind !== "baseline") continue;
      for (const [part, was] of Object.entries(sha256)) {
        const whole = `${prefix}/${part}`;
        const key = folder === "" ? whole.split("/").slice(1).join("/") : whole;
        const found = now.get(key);
        if (found === was) continue;
        const known = findings.get(key);
        if (known !== undefined) known.drillIds.push(drillId);
        else
          findings.set(key, {
            state: found === undefined ? "missing" : "altered",
            key,
            what: `drill ${drillId} was held against it with SHA-256 ${was}; ${found === undefined ? "it is not there as part of a baseline" : `it is ${found} now`}`,
            drillIds: [drillId],
          });
      }
    }
  return [...findings.values()];
}
