import type { Parts } from "../evidence/parts.ts";
import { Fingerprints } from "./fingerprints.ts";
import type { ColumnOrder, Mode } from "./hash-sql.ts";

/** Where fingerprints of an earlier time come from. */
export interface Origin {
  readonly kind: "baseline" | "drill";
  readonly id: string;
  readonly takenAt: string;
  readonly parts: Parts;
}

export interface Known<From extends Origin = Origin> {
  readonly from: From;
  readonly fingerprints: Fingerprints;
  /** Why its hashes can not be compared with those now taken; its row counts can. */
  readonly hindrance: string | undefined;
}

/** The fingerprints of the earlier times that have any, in their order. Throws EvidenceUnreadable for one that is not what it should be. */
export async function knownFrom<From extends Origin>(
  origins: readonly From[],
  wanted: { readonly mode: Mode; readonly columnOrder: ColumnOrder },
): Promise<Known<From>[]> {
  const known: Known<From>[] = [];
  for (const from of origins) {
    const fingerprints = await from.parts.get("fingerprints.json", Fingerprints);
    if (fingerprints === undefined) continue;
    const first = known.find(({ hindrance }) => hindrance === undefined);
    known.push({ from, fingerprints, hindrance: hindranceOf(fingerprints, wanted, first?.fingerprints) });
  }
  return known;
}

function hindranceOf(
  { mode, columnOrder, keyLabel }: Fingerprints,
  wanted: { readonly mode: Mode; readonly columnOrder: ColumnOrder },
  first: Fingerprints | undefined,
): string | undefined {
  if (mode !== wanted.mode) return `its fingerprints are ${mode}, the plan's are ${wanted.mode}`;
  if (columnOrder !== wanted.columnOrder) return "its columns are in another order";
  // One key a drill: hashing everything once more for a second reference would double the work.
  if (first !== undefined && keyLabel !== first.keyLabel) return "its key is another";
  return undefined;
}

/** The same for what only the database itself can say: PostgreSQL promises its own hash within a major version. */
export function hindranceIn({ fingerprints, hindrance }: Known, majorVersion: number): string | undefined {
  if (hindrance !== undefined) return hindrance;
  return fingerprints.mode === "fast" && fingerprints.majorVersion !== majorVersion
    ? `it is of PostgreSQL ${fingerprints.majorVersion}, which may hash differently: capture a new one, or use strong fingerprints`
    : undefined;
}
