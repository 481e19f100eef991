import { toldVersion } from "../../aws/data-api/told.ts";
import { quoteIdentifier, sqlNameOf } from "../../reading/identifiers.ts";
import { meetsVersion } from "../expectation.ts";
import { found, type KindOfCheck } from "../kind.ts";

/** The newest migration that the database says it had. */
export const migration: KindOfCheck<"migration"> = {
  expected: ({ expect }) =>
    expect.equals === undefined ? `version ${expect.atLeast} or later` : `version ${expect.equals}`,

  async ask({ table, column, orderBy, expect }, { session }) {
    const version = `${quoteIdentifier(column)}::text`;
    const order =
      orderBy === undefined
        ? `case when ${version} ~ '^[0-9]+$' then ${version}::numeric end desc nulls last, ${version} collate "C" desc nulls last`
        : `${quoteIdentifier(orderBy)} desc nulls last`;
    const sql = `select ${version} from ${sqlNameOf(table)} order by ${order} limit 1`;
    const [row] = await session.query(sql);
    if (row === undefined) return found("failed", "the table is empty: no migration is recorded", { sql });
    const head = row.textOrNull(0);
    if (head === null) return found("failed", "the newest migration has no version", { sql });
    return found(meetsVersion(expect, head) ? "held" : "failed", `version ${toldVersion(head)}`, { sql });
  },
};
