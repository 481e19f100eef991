import { toldKey } from "../../aws/data-api/told.ts";
import { KEY_BIND } from "../../fingerprint/hash-sql.ts";
import { differenceOf, MAX_KEYED_ROWS, type RowKeys, takeRowKeys } from "../../fingerprint/row-keys.ts";
import { type FoundTable, type Wanted, withSettings } from "../../fingerprint/take-fingerprints.ts";
import { relationsOf } from "../../reading/relations.ts";
import { listOf } from "../expectation.ts";
import type { Asking } from "../kind.ts";

/** Tables whose columns are asked for at once. */
const PAGE = 500;

interface Keeping {
  /** What an earlier slice has taken. */
  readonly taken?: RowKeys | undefined;
  /** After every page. */
  keep?(taken: RowKeys): Promise<void>;
}

/** The keys of the rows of these tables, the small ones first, of 50,000 rows at most. Undefined when the time is up. */
export async function keysOf(
  reading: Pick<Asking, "another" | "hasTime">,
  wanted: Wanted,
  tables: readonly FoundTable[],
  { taken: earlier = {}, keep }: Keeping = {},
): Promise<RowKeys | undefined> {
  const { session } = withSettings(reading);
  const binds: Record<string, string> = wanted.key === undefined ? {} : { [KEY_BIND]: wanted.key };
  const means = { session, hasTime: () => reading.hasTime(), binds };
  const taken = { ...earlier };
  const left = tables
    .filter(({ table }) => earlier[table] === undefined)
    .sort((a, b) => Number(BigInt(a.rows) - BigInt(b.rows)));
  while (left.length > 0) {
    const page = new Map(left.splice(0, PAGE).map(({ oid, rows }) => [oid, BigInt(rows)]));
    const relations = await relationsOf(session, [...page.keys()].map(BigInt));
    const keyed = Object.values(taken).reduce((sum, { rows }) => sum + rows.length, 0);
    const asked = relations.map((relation) => ({ relation, rows: page.get(String(relation.oid)) ?? 0n }));
    const more = await takeRowKeys(means, wanted, asked, BigInt(MAX_KEYED_ROWS - keyed));
    if (more === undefined) return undefined;
    Object.assign(taken, more);
    await keep?.(taken);
  }
  return taken;
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
  const told = parts.flatMap(([what, keys]) => (keys.length === 0 ? [] : [`${what} ${listOf(keys.map(toldKey))}`]));
  return told.length === 0 ? "" : `, by ${known.key.join(", ")}: ${told.join("; ")}`;
}
