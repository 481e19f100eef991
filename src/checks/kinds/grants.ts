import { displayName, parseTable, regclassOf } from "../../reading/identifiers.ts";
import { countOf, listOf } from "../expectation.ts";
import { found, type KindOfCheck } from "../kind.ts";

/** What a role lacks of what it should have, by itself, by membership or because everyone has it. `public` is no role of the catalog. */
const QUESTION = `select w.nth::text, r.is_there, to_regclass(w.on_table) is not null,
  case when r.is_there and to_regclass(w.on_table) is not null then (
    select string_agg(m.privilege, ', ' order by m.nth) from json_array_elements_text(w.may) with ordinality m(privilege, nth)
    where not has_table_privilege(w.role::name, to_regclass(w.on_table)::oid, m.privilege)) end
from json_to_recordset(:wanted::json) w(nth int, role text, on_table text, may json)
cross join lateral (select w.role = 'public' or exists (select from pg_roles where rolname = w.role) is_there) r order by w.nth`;

/** Whether who worked with the database still may: roles are of the cluster, and a restore from a dump brings none. */
export const grants: KindOfCheck<"grants"> = {
  expected: ({ present }) =>
    listOf(present.map(({ role, on, may }) => `${role} may ${may.join(", ")} on ${displayName(parseTable(on))}`)),

  async ask({ present }, { session }) {
    const wanted = present.map(({ role, on, may }, nth) => ({ nth, role, on_table: regclassOf(on), may }));
    const rows = await session.query(QUESTION, { wanted: JSON.stringify(wanted) });
    const lacking = rows.flatMap((row) => {
      const { role = "", on = "" } = present[Number(row.text(0))] ?? {};
      const table = displayName(parseTable(on));
      if (!row.flag(1)) return [`there is no role ${role}`];
      if (!row.flag(2)) return [`${table} is not in the restored database`];
      const privileges = row.textOrNull(3);
      return privileges === null ? [] : [`${role} may not ${privileges} on ${table}`];
    });
    const different = [...new Set(lacking)];
    if (different.length > 0) return found("failed", listOf(different), { sql: QUESTION });
    const count = present.reduce((sum, { may }) => sum + may.length, 0);
    return found("held", `${countOf(count, "privilege")} granted`, { sql: QUESTION });
  },
};
