import { regclassOf } from "../../reading/identifiers.ts";
import { countOf, listOf, MAX_LISTED } from "../expectation.ts";
import { type Asking, found, type KindOfCheck, type Progress } from "../kind.ts";

const MISSING_TABLES = `select w.nth::text, count(*) over ()::text
from jsonb_array_elements_text(:wanted::jsonb) with ordinality w(name, nth)
where not exists (select from pg_class c where c.oid = to_regclass(w.name) and c.relkind in ('r', 'p', 'v', 'm', 'f'))
order by w.nth limit ${MAX_LISTED}`;

const MISSING_EXTENSIONS = `select w.nth::text, count(*) over ()::text
from jsonb_array_elements_text(:wanted::jsonb) with ordinality w(name, nth)
where not exists (select from pg_extension e where e.extname = w.name)
order by w.nth limit ${MAX_LISTED}`;

/** Tables, views and materialised views that have to be there. */
export const tables: KindOfCheck<"tables"> = {
  expected: ({ present }) => `${countOf(present.length, "table")} present`,
  ask: ({ present }, asking) => askFor(asking, MISSING_TABLES, present, present.map(regclassOf)),
};

/** Extensions that have to be installed in the database. */
export const extensions: KindOfCheck<"extensions"> = {
  expected: ({ present }) => `${countOf(present.length, "extension")} present: ${listOf(present)}`,
  ask: ({ present }, asking) => askFor(asking, MISSING_EXTENSIONS, present, present),
};

async function askFor(
  { session }: Asking,
  sql: string,
  present: readonly string[],
  wanted: readonly string[],
): Promise<Progress> {
  const missing = await session.query(sql, { wanted: JSON.stringify(wanted) });
  const [first] = missing;
  if (first === undefined) return found("held", "all present", { sql });
  const names = missing.map((row) => present[Number(row.text(0)) - 1] ?? "");
  return found("failed", `missing: ${listOf(names, Number(first.text(1)))}`, { sql });
}
