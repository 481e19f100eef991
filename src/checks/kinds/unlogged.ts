import { displayName, parseTable } from "../../reading/identifiers.ts";
import { USER_SCHEMAS } from "../../reading/relations.ts";
import { countOf, listOf } from "../expectation.ts";
import { found, type KindOfCheck } from "../kind.ts";

/** Some 130 bytes a row: below the Data API's 1 MiB. A database with more unlogged tables is told of the first. */
const MAX_UNLOGGED = 5000;

/** Tables and, from PostgreSQL 15, sequences. A sequence of an unlogged table's own goes with the table. */
const QUESTION = `select n.nspname::text, c.relname::text, c.relkind = 'S'
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relpersistence = 'u' and c.relkind in ('r', 'm', 'S') and ${USER_SCHEMAS} and not (c.relkind = 'S' and exists (
  select from pg_depend d join pg_class t on t.oid = d.refobjid and t.relpersistence = 'u'
  where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')))
order by 1, 2 limit ${MAX_UNLOGGED}`;

const HAS_TABLES = `select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'm', 'S') and ${USER_SCHEMAS})`;

/** What is kept out of the write-ahead log is in no backup: it is empty after every restore, and no restore says so. */
export const unlogged: KindOfCheck<"unlogged"> = {
  expected: ({ allow }) => (allow.length === 0 ? "nothing unlogged" : `nothing unlogged but ${listOf(allow)}`),

  async ask({ allow }, { session }) {
    const allowed = new Set(allow.map((name) => displayName(parseTable(name))));
    const names = (await session.query(QUESTION)).map((row) => ({
      name: displayName({ schema: row.text(0), table: row.text(1) }),
      isSequence: row.flag(2),
    }));
    const lost = names.filter(({ name }) => !allowed.has(name));
    if (lost.length > 0) {
      const all = lost.map(({ name, isSequence }) => (isSequence ? `sequence ${name}` : name));
      return found("failed", `unlogged, so what was in it is in no backup: ${listOf(all)}`, { sql: QUESTION });
    }
    if (names.length > 0) {
      const all = names.map(({ name }) => name);
      return found("held", `${countOf(names.length, "unlogged relation")}, allowed: ${listOf(all)}`, { sql: QUESTION });
    }
    const [row] = await session.query(HAS_TABLES);
    return row?.flag(0)
      ? found("held", "every table and sequence is logged", { sql: QUESTION })
      : found("empty", "no tables in the database", { sql: QUESTION });
  },
};
