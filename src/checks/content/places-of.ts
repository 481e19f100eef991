import type { TableComparison } from "../../fingerprint/compare.ts";
import { KEY_BIND } from "../../fingerprint/hash-sql.ts";
import { localise, type Mismatch } from "../../fingerprint/localise.ts";
import { questionsOf, withSettings } from "../../fingerprint/take-fingerprints.ts";
import { relationsOf } from "../../reading/relations.ts";
import { listOf } from "../expectation.ts";
import type { Asking } from "../kind.ts";
import type { Content } from "./judge-content.ts";

/** The first few say what kind of damage it is. */
const MAX_TABLES = 5;

/** Where in each table the mismatch is, as a clause for people; of the first five tables that were asked in more than one statement. */
export async function placesOf(
  asking: Asking,
  content: Content,
  wrong: readonly TableComparison[],
): Promise<Map<string, string>> {
  const places = new Map<string, string>();
  const means = withSettings(asking);
  const { known, cursor, wanted } = content;
  const [reference] = known;
  if (reference === undefined) return places;
  for (const { table } of wrong.slice(0, MAX_TABLES)) {
    const of = reference.fingerprints.tables.find((one) => one.table === table);
    const found = cursor.tables.find((one) => one.table === table);
    if (of?.chunks === undefined || found === undefined) continue;
    const [relation] = await relationsOf(asking.session, [BigInt(found.oid)]);
    if (relation === undefined) continue;
    const [question] = await questionsOf(asking, wanted, [{ relation, partOf: found.partOf }], cursor);
    if (question === undefined) continue;
    const binds = wanted.key === undefined ? {} : { binds: { [KEY_BIND]: wanted.key } };
    const mismatches = await localise({ ...means, ...binds }, question, of, of.closed === undefined ? undefined : 0);
    places.set(
      table,
      mismatches === undefined ? ", not localised: the time was up" : clauseFor(mismatches, of.chunks.length),
    );
  }
  return places;
}

function clauseFor(mismatches: readonly Mismatch[], chunks: number): string {
  if (mismatches.length === 0) return "";
  if (mismatches.length === chunks) return ", all over the table";
  const blocks = mismatches.map(({ range: { from, to } }) =>
    to === undefined ? `${from[0]} on` : `${from[0]} to ${to[0]}`,
  );
  return `, in blocks ${listOf(blocks)}`;
}
