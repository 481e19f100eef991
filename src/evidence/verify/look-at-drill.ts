import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { EXECUTION_SECONDS } from "../../plan/lifetimes.ts";
import { startOf } from "../../plan/names.ts";
import { LedgerEntry } from "../ledger.ts";
import { Manifest, Report } from "../report.ts";
import { differencesOf } from "./compare-entry.ts";
import type { Finding } from "./finding.ts";
import {
  type EvidenceSource,
  hashObject,
  isUnlooked,
  isWithin,
  type Listing,
  MAX_OBJECT_BYTES,
  readObject,
  type Unlooked,
} from "./source.ts";
import { isLeftUnnamed } from "./written-later.ts";

/** The drill's own objects. `folder` is empty where nothing but the drill is there, and `entryKey` absent where no ledger is. */
export interface DrillPlace {
  readonly drillId: string;
  readonly folder: string;
  readonly entryKey?: string;
  /** Absent where it is not known. */
  readonly database?: string | undefined;
  /** Whatever is below the folder. */
  readonly keys: readonly string[];
}

export interface DrillLook {
  readonly drillId: string;
  readonly manifestKey: string;
  /** Absent where it can not be read. */
  readonly manifestSha256?: string;
  readonly manifest?: Manifest;
  readonly report?: Report;
  readonly entry?: LedgerEntry;
  readonly intactFiles: number;
  readonly findings: readonly Finding[];
  readonly unlooked: readonly Unlooked[];
  /** Files of known kinds that no manifest names, for they were written after it, or before manifests named their kind. */
  readonly uncovered: readonly string[];
  /** Nothing was recorded yet, and the drill may still run. */
  readonly mayRun: boolean;
}

/** A manifest names some 30 files in 150 B each, an entry has some 2 kB: larger ones are something else. */
const MAX_DOCUMENT_BYTES = 1024 * 1024;
/** 10,000 checks with their findings are some 10 MB. */
const MAX_REPORT_BYTES = 64 * 1024 * 1024;
const OTHER_VERSION = "not a report as this version writes it, so that the ledger was not held against it";
/** Recomputes one drill: its entry in the ledger, its manifest, and every file that the manifest names. */
export async function lookAtDrill(
  source: EvidenceSource,
  listing: Listing,
  place: DrillPlace,
  now: Date,
): Promise<DrillLook> {
  const look = new Look(source, listing, place);
  const manifest = await look.documentAt(look.keyOf("manifest.json"), Manifest);
  const entry = place.entryKey === undefined ? undefined : await look.documentAt(place.entryKey, LedgerEntry);
  if (manifest === undefined) return look.unrecorded(entry?.document, now);
  const report = await look.documentAt(look.keyOf("report.json"), Report, MAX_REPORT_BYTES, OTHER_VERSION);
  let intactFiles = 0;
  for (const file of manifest.document.files) if (await look.isIntact(file)) intactFiles += 1;
  look.compareIds(manifest.document, report?.document);
  look.compareEntry(entry?.document, manifest, report?.document);
  return {
    ...look.told(manifest.document, report?.document),
    manifestSha256: manifest.sha256,
    intactFiles,
    ...optional(report, entry),
  };
}

const optional = (report: { document: Report } | undefined, entry: { document: LedgerEntry } | undefined) => ({
  ...(report === undefined ? {} : { report: report.document }),
  ...(entry === undefined ? {} : { entry: entry.document }),
});

/** Whether what was not looked at is the drill's own, or may hold what is. */
export const isOfDrill = ({ folder, entryKey }: DrillPlace, key: string): boolean =>
  folder === "" ||
  isWithin(key, folder) ||
  isWithin(folder, key) ||
  (entryKey !== undefined && isWithin(entryKey, key));

interface Document<Content> {
  readonly document: Content;
  readonly sha256: string;
}

class Look {
  readonly #source: EvidenceSource;
  readonly #listing: Listing;
  readonly #place: DrillPlace;
  readonly #findings: Finding[] = [];
  readonly #unlooked: Unlooked[];

  constructor(source: EvidenceSource, listing: Listing, place: DrillPlace) {
    this.#source = source;
    this.#listing = listing;
    this.#place = place;
    this.#unlooked = listing.unlooked.filter(({ key }) => isOfDrill(place, key));
  }

  keyOf(file: string): string {
    return this.#place.folder === "" ? file : `${this.#place.folder}/${file}`;
  }

  /**
   * Undefined where it is not there, or is not what it should be, which is then found. `otherVersion`: a document that a hash covers and that does not
   * fit was written by another version; what it was not asked is said.
   */
  async documentAt<Schema extends z.core.$ZodType>(
    key: string,
    schema: Schema,
    maxBytes: number = MAX_DOCUMENT_BYTES,
    otherVersion?: string,
  ): Promise<Document<z.output<Schema>> | undefined> {
    const bytes = this.#listing.bytes.get(key);
    if (bytes === undefined) return undefined;
    if (bytes > maxBytes) return this.#found("unreadable", key, `has ${bytes} B, more than a drill writes`);
    const content = await this.#trying(key, () => readObject(this.#source, key, bytes));
    if (content === undefined) return undefined;
    const parsed = z.safeParse(schema, parseJson(content.toString("utf8")));
    if (parsed.success) return { document: parsed.data, sha256: createHash("sha256").update(content).digest("hex") };
    const [issue] = parsed.error.issues;
    const field = `"${issue?.path.join(".")}": ${issue?.message}`;
    if (otherVersion === undefined) return this.#found("unreadable", key, `is not the document it should be: ${field}`);
    this.#unlooked.push({ key, why: `${otherVersion} (${field})` });
    return undefined;
  }

  async isIntact({ file, sha256, bytes }: Manifest["files"][number]): Promise<boolean> {
    const key = this.keyOf(file);
    const there = this.#listing.bytes.get(key);
    if (there === undefined) {
      // What is there and was not looked at is said already.
      if (!this.#isThere(key)) this.#found("missing", key, "the manifest names it, and it is not there");
      return false;
    }
    if (there !== bytes) {
      this.#found("altered", key, `has ${there} B, and had ${bytes} when it was recorded`);
      return false;
    }
    if (bytes > MAX_OBJECT_BYTES) {
      this.#unlooked.push({ key, why: `has ${bytes} B; at most ${MAX_OBJECT_BYTES} are read` });
      return false;
    }
    const now = await this.#trying(key, () => hashObject(this.#source, key, bytes));
    if (now !== undefined && now !== sha256)
      this.#found("altered", key, `its SHA-256 is ${now}, and was ${sha256} when it was recorded`);
    return now === sha256;
  }

  /** A drill's files under another drill's name are swapped, whatever their hashes say. */
  compareIds(manifest: Manifest, report: Report | undefined): void {
    const { drillId, database } = this.#place;
    if (manifest.drillId !== drillId)
      this.#found("altered", this.keyOf("manifest.json"), `is the manifest of drill ${manifest.drillId}`);
    if (report === undefined) return;
    if (report.drillId !== drillId)
      this.#found("altered", this.keyOf("report.json"), `is the report of drill ${report.drillId}`);
    if (database !== undefined && report.database !== database)
      this.#found("altered", this.keyOf("report.json"), `is about ${report.database}, not about ${database}`);
  }

  compareEntry(entry: LedgerEntry | undefined, manifest: Document<Manifest>, report: Report | undefined): void {
    const { entryKey } = this.#place;
    if (entryKey === undefined) return;
    if (entry === undefined) {
      if (!this.#isThere(entryKey)) this.#found("missing", entryKey, "the drill has no entry in the ledger");
      return;
    }
    const { drillId } = this.#place;
    if (entry.drillId !== drillId) this.#found("altered", entryKey, `is the entry of drill ${entry.drillId}`);
    if (entry.startedAt.slice(0, 19) !== startOf(drillId).toISOString().slice(0, 19))
      this.#found("altered", entryKey, `says that the drill began at ${entry.startedAt}, and its id says otherwise`);
    if (entry.manifestSha256 !== manifest.sha256)
      this.#found(
        "altered",
        this.keyOf("manifest.json"),
        `its SHA-256 is ${manifest.sha256}, and the ledger says ${entry.manifestSha256}: one of the two was altered`,
      );
    if (report === undefined) return;
    const differences = differencesOf(entry, report, manifest.document);
    if (differences.length > 0)
      this.#found("altered", entryKey, `says otherwise than report.json: ${differences.join("; ")}`);
  }

  told(manifest: Manifest | undefined, report?: Report): Omit<DrillLook, "manifestSha256"> {
    const named = new Set(manifest?.files.map(({ file }) => this.keyOf(file)));
    const unnamed = this.#place.keys.filter((key) => !named.has(key) && key !== this.keyOf("manifest.json"));
    const isKnown = (key: string): boolean =>
      manifest === undefined || isLeftUnnamed(key.slice(this.keyOf("").length), manifest, report);
    if (manifest !== undefined) {
      if (!named.has(this.keyOf("report.json")))
        this.#found("missing", this.keyOf("report.json"), "every drill has a report, and its manifest names none");
      for (const key of unnamed)
        if (!isKnown(key))
          this.#found("foreign", key, "no manifest names it, and no drill writes such a file after its manifest");
    }
    return {
      drillId: this.#place.drillId,
      manifestKey: this.keyOf("manifest.json"),
      ...(manifest === undefined ? {} : { manifest }),
      intactFiles: 0,
      findings: this.#findings,
      unlooked: this.#unlooked,
      uncovered: unnamed.filter(isKnown),
      mayRun: false,
    };
  }

  /** Without a manifest nothing of the drill can be held against anything. */
  unrecorded(entry: LedgerEntry | undefined, now: Date): DrillLook {
    const { drillId, entryKey, keys } = this.#place;
    const key = this.keyOf("manifest.json");
    const isRecorded = entryKey !== undefined && this.#listing.bytes.has(entryKey);
    const mayRun = !isRecorded && now.getTime() - startOf(drillId).getTime() < EXECUTION_SECONDS * 1000;
    // What is there and can not be read is found, or said, already.
    const isThere = this.#isThere(key);
    if (!isThere && isRecorded) this.#found("missing", key, "the ledger has the drill, and its manifest is not there");
    else if (!isThere && !mayRun)
      this.#found(
        "missing",
        key,
        `the drill left ${keys.length} files and was never recorded, or its record was taken out`,
      );
    return { ...this.told(undefined), ...(entry === undefined ? {} : { entry }), mayRun: mayRun && !isThere };
  }

  /** Also where it was not looked at, which is said already. */
  #isThere(key: string): boolean {
    return this.#listing.bytes.has(key) || isUnlooked(this.#listing, key);
  }

  async #trying<Answer>(key: string, read: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await read();
    } catch (error) {
      const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      this.#unlooked.push({ key, why });
      return undefined;
    }
  }

  #found(state: Finding["state"], key: string, what: string): undefined {
    this.#findings.push({ state, key, what });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
