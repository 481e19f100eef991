import { StatementFailed } from "../../aws/data-api/statement-failed.ts";
import type { TableComparison } from "../../fingerprint/compare.ts";
import type { TableFingerprint } from "../../fingerprint/fingerprints.ts";
import { KEY_BIND } from "../../fingerprint/hash-sql.ts";
import { localise, type Mismatch } from "../../fingerprint/localise.ts";
import { RowKeys } from "../../fingerprint/row-keys.ts";
import { type FoundTable, questionsOf, withSettings } from "../../fingerprint/take-fingerprints.ts";
import type { CheckOf } from "../../plan/checks.ts";
import { relationsOf } from "../../reading/relations.ts";
import { listOf } from "../expectation.ts";
import { explain } from "../fault.ts";
import type { Asking } from "../kind.ts";
import type { Content } from "./judge-content.ts";
import { describeKeys, keysOf } from "./keys-of.ts";

/** The first few say what kind of damage it is. */
const MAX_TABLES = 5;

/**
 * Where in each table the mismatch is, as a clause for people, of the first five tables: the keys of the rows when the plan asks for them and
 * the baseline kept them, or else the blocks, of a table that was asked in more than one statement.
 */
export async function placesOf(
  check: CheckOf<"fingerprint">,
  asking: Asking,
  content: Content,
  wrong: readonly TableComparison[],
): Promise<Map<string, string>> {
  const places = new Map<string, string>();
  const [reference] = content.known;
  if (reference === undefined || reference.hindrance !== undefined) return places;
  const keys = check.localise === "keys" ? await reference.from.parts.get("keys.json", RowKeys) : undefined;
  for (const { table } of wrong.slice(0, MAX_TABLES)) {
    const known = reference.fingerprints.tables.find((one) => one.table === table);
    const found = content.cursor.tables.find((one) => one.table === table);
    if (known === undefined || found === undefined) continue;
    places.set(table, await placeOf(asking, content, { known, found }, keys?.[table]));
  }
  return places;
}

/** What was found to be wrong stays wrong when it can not be said where. */
async function placeOf(
  asking: Asking,
  content: Content,
  sides: Sides,
  keys: RowKeys[string] | undefined,
): Promise<string> {
  try {
    const byKeys = keys && (await rowsOf(asking, content, sides, keys));
    return byKeys ?? (await blocksOf(asking, content, sides));
  } catch (error) {
    if (!(error instanceof StatementFailed)) throw error;
    return `, not localised: ${explain(error)}`;
  }
}

interface Sides {
  readonly known: TableFingerprint;
  readonly found: FoundTable;
}

const LATE = ", not localised: the time was up";

async function rowsOf(
  asking: Asking,
  { wanted }: Content,
  { known, found }: Sides,
  keys: RowKeys[string],
): Promise<string | undefined> {
  const restored = await keysOf(asking, wanted, [found]);
  if (restored === undefined) return LATE;
  const now = restored[found.table];
  // Without its primary key, or grown beyond what is read by keys.
  return now && describeKeys(keys, now, known.closed !== undefined);
}

async function blocksOf(asking: Asking, { wanted, cursor }: Content, { known, found }: Sides): Promise<string> {
  if (known.chunks === undefined) return "";
  const means = withSettings(asking);
  const [relation] = await relationsOf(means.session, [BigInt(found.oid)]);
  if (relation === undefined) return "";
  const [asked] = await questionsOf(means, wanted, [{ relation, partOf: found.partOf }], cursor);
  if (asked === undefined) return "";
  const binds = wanted.key === undefined ? {} : { binds: { [KEY_BIND]: wanted.key } };
  const mismatches = await localise(
    { ...means, ...binds },
    asked.question,
    known,
    known.closed === undefined ? undefined : 0,
  );
  return mismatches === undefined ? LATE : clauseFor(mismatches, known.chunks.length);
}

function clauseFor(mismatches: readonly Mismatch[], chunks: number): string {
  if (mismatches.length === 0) return "";
  if (mismatches.length === chunks) return ", all over the table";
  const blocks = mismatches.map(({ range: { from, to } }) =>
    to === undefined ? `${from[0]} on` : `${from[0]} to ${to[0]}`,
  );
  return `, in blocks ${listOf(blocks)}`;
}
