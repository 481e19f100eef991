import { onlyRow } from "../../reading/only-row.ts";
import { USER_SCHEMAS } from "../../reading/relations.ts";
import { listOf, MAX_LISTED } from "../expectation.ts";
import { type Asking, found, type KindOfCheck, type Progress } from "../kind.ts";

/**
 * How many there are, how many are bad, and the names of the first few bad ones, from `(name, is_bad)` rows. No array slice: the Data
 * API takes `:10` for a placeholder.
 */
const summary = (rows: string): string => `select count(*)::text, count(*) filter (where is_bad)::text,
  (json_agg(name order by name) filter (where is_bad and nth <= ${MAX_LISTED}))::text
from (select name, is_bad, row_number() over (partition by is_bad order by name) nth from (${rows}) r) x`;

const INDEXES =
  summary(`select format('%I.%I', n.nspname, c.relname) name, not (i.indisvalid and i.indisready and i.indislive) is_bad
  from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace where ${USER_SCHEMAS}`);

// A constraint that is not enforced (PostgreSQL 18) is never marked as validated either.
const CONSTRAINTS = summary(`select format('%I on %s', k.conname,
    case when k.conrelid <> 0 then k.conrelid::regclass::text else k.contypid::regtype::text end) name,
    not k.convalidated is_bad
  from pg_constraint k join pg_namespace n on n.oid = k.connamespace where ${USER_SCHEMAS}`);

/** Indexes that the planner does not use, or that no longer guard what they should. */
export const indexes: KindOfCheck<"indexes"> = {
  expected: () => "every index valid and in use",
  ask: (_check, asking) => askCatalog(asking, INDEXES, { noun: "index", plural: "indexes", bad: "not valid" }),
};

/** Constraints that the rows were never held against. */
export const constraints: KindOfCheck<"constraints"> = {
  expected: () => "every constraint validated and enforced",
  ask: (_check, asking) =>
    askCatalog(asking, CONSTRAINTS, {
      noun: "constraint",
      plural: "constraints",
      bad: "not validated or not enforced",
    }),
};

async function askCatalog(
  { session }: Asking,
  sql: string,
  { noun, plural, bad }: { noun: string; plural: string; bad: string },
): Promise<Progress> {
  const row = onlyRow(await session.query(sql));
  const [total, badCount] = [row.integer(0), row.integer(1)];
  if (total === 0n) return found("empty", `no ${plural} in the database`, { sql });
  if (badCount === 0n)
    return found("held", total === 1n ? `1 ${noun}` : `${total.toLocaleString("en-US")} ${plural}`, { sql });
  const names: string[] = JSON.parse(row.textOrNull(2) ?? "[]");
  return found("failed", `${bad}: ${listOf(names, Number(badCount))} (of ${total.toLocaleString("en-US")})`, { sql });
}
