import { KEY_BIND } from "../../fingerprint/hash-sql.ts";
import { differenceOf, type RowKeys, takeRowKeys } from "../../fingerprint/row-keys.ts";
import { type FoundTable, type Wanted, withSettings } from "../../fingerprint/take-fingerprints.ts";
import { relationsOf } from "../../reading/relations.ts";
import { listOf } from "../expectation.ts";
import type { Asking } from "../kind.ts";

/** The keys of the rows of these tables. Undefined when the time is up. */
export async function keysOf(
  reading: Pick<Asking, "another" | "hasTime">,
  wanted: Wanted,
  tables: readonly FoundTable[],
): Promise<RowKeys | undefined> {
  const { session } = withSettings(reading);
  const rows = new Map(tables.map(({ oid, rows }) => [oid, BigInt(rows)]));
  const relations = await relationsOf(session, [...rows.keys()].map(BigInt));
  const binds: Record<string, string> = wanted.key === undefined ? {} : { [KEY_BIND]: wanted.key };
  return takeRowKeys(
    { session, hasTime: () => reading.hasTime(), binds },
    wanted,
    relations.map((relation) => ({ relation, rows: rows.get(String(relation.oid)) ?? 0n })),
  );
}

type Keys = RowKeys[string];

/** Which rows differ, by their keys alone. Rows that were added are no damage where a table may grow. */
export function describeKeys(known: Keys, found: Keys, mayGrow: boolean): string {
  const { missing, added, changed } = differenceOf(known.rows, found.rows);
  const parts = [
    ["missing", missing],
    ["changed", changed],
    ["added", mayGrow ? [] : added],
  ] as const;
  const told = parts.flatMap(([what, keys]) => (keys.length === 0 ? [] : [`${what} ${listOf(keys)}`]));
  return told.length === 0 ? "" : `, by ${known.key.join(", ")}: ${told.join("; ")}`;
}
