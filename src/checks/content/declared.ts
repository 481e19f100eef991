import type { TableName } from "../../fingerprint/take-fingerprints.ts";
import { displayName, parseTable } from "../../reading/identifiers.ts";

/** The plan's spelling of a table, as the catalog's names are displayed. */
export const plainName = (table: string): string => displayName(parseTable(table));

/** What the plan declares of a table, by its own name or, of a partition, by that of the partitioned table at the top. */
export function declaredFor<Declared extends { readonly table: string }>(
  declared: readonly Declared[],
  { table, partOf }: TableName,
): Declared | undefined {
  const of = (name: string | undefined): Declared | undefined => declared.find((one) => plainName(one.table) === name);
  return of(table) ?? of(partOf);
}
