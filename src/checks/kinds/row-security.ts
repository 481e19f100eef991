import * as z from "zod/mini";
import { displayName, parseTable, regclassOf } from "../../reading/identifiers.ts";
import { onlyRow } from "../../reading/only-row.ts";
import { USER_SCHEMAS } from "../../reading/relations.ts";
import { countOf, listOf, MAX_LISTED } from "../expectation.ts";
import { found, type KindOfCheck } from "../kind.ts";

/** Tables that have policies, and those without whose turn they are not. */
const GUARDED = `select count(*)::text, count(*) filter (where not is_on)::text,
  (json_agg(name order by name) filter (where not is_on and nth <= ${MAX_LISTED}))::text
from (select name, is_on, row_number() over (partition by is_on order by name) nth from (
  select format('%I.%I', n.nspname, c.relname) name, c.relrowsecurity is_on
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where exists (select from pg_policy p where p.polrelid = c.oid) and ${USER_SCHEMAS}) t) x`;

const NAMED = `select t.name, c.oid is not null, coalesce(c.relrowsecurity, false), exists (select from pg_policy p where p.polrelid = c.oid)
from json_array_elements_text(:tables::json) t(name) left join pg_class c on c.oid = to_regclass(t.name)`;

const Names = z.array(z.string());

/** Whether policies are still in force: a table whose row security is off shows every row to everyone who may read it. */
export const rowSecurity: KindOfCheck<"row-security"> = {
  expected: ({ tables }) =>
    tables.length === 0
      ? "row security on for every table with policies"
      : `row security on for every table with policies, and for ${listOf(tables)}`,

  async ask({ tables }, { session }) {
    const names = new Map(tables.map((table) => [regclassOf(table), displayName(parseTable(table))]));
    const guarded = onlyRow(await session.query(GUARDED));
    const named = names.size === 0 ? [] : await session.query(NAMED, { tables: JSON.stringify([...names.keys()]) });
    const [total, offCount] = [Number(guarded.text(0)), Number(guarded.text(1))];
    const off = z
      .parse(Names, JSON.parse(guarded.textOrNull(2) ?? "[]"))
      .map((name) => `${name} has policies that are not in force`);
    const lacking = named.flatMap((row) => {
      const name = names.get(row.text(0)) ?? row.text(0);
      if (!row.flag(1)) return [`${name} is not in the restored database`];
      if (!row.flag(3)) return [`${name} has no policy`];
      // Off, with a policy: counted among the guarded already.
      return [];
    });
    if (offCount + lacking.length > 0) {
      return found("failed", listOf([...lacking, ...off], lacking.length + offCount), { sql: GUARDED });
    }
    if (total === 0) return found("empty", "no table has a policy, and the check names none", { sql: GUARDED });
    return found("held", `row security on for ${countOf(total, "table")} with policies`, { sql: GUARDED });
  },
};
