import { createHash } from "node:crypto";
import * as z from "zod/mini";

/** One thing in a database's structure. `definition` is what can be said of it without an OID. */
export const CatalogEntry = z.object({ kind: z.string(), name: z.string(), definition: z.string() });
export type CatalogEntry = z.infer<typeof CatalogEntry>;

/** `catalog.json`: the structure of a database at one time. */
export const Catalog = z.object({
  takenAt: z.iso.datetime(),
  engineVersion: z.string(),
  /** Over the entries alone: equal for equal structures. */
  sha256: z.string(),
  entries: z.array(CatalogEntry),
  /** The newest migration in each migration table that is known by its name. */
  migrations: z.record(z.string(), z.string()),
});
export type Catalog = z.infer<typeof Catalog>;

export const keyOf = ({ kind, name }: Pick<CatalogEntry, "kind" | "name">): string => `${kind} ${name}`;

/** By kind, name and definition, in the order of code units: no collation decides it. */
export function sortEntries(entries: readonly CatalogEntry[]): CatalogEntry[] {
  const before = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return [...entries].sort(
    (a, b) => before(a.kind, b.kind) || before(a.name, b.name) || before(a.definition, b.definition),
  );
}

/** SHA-256, in hex, of one line of JSON an entry. */
export function sha256Of(sortedEntries: readonly CatalogEntry[]): string {
  const hash = createHash("sha256");
  for (const { kind, name, definition } of sortedEntries) hash.update(`${JSON.stringify([kind, name, definition])}\n`);
  return hash.digest("hex");
}

export const majorOf = ({ engineVersion }: Pick<Catalog, "engineVersion">): string => engineVersion.split(".")[0] ?? "";
