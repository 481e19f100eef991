import * as z from "zod/mini";
import { onlyRow } from "../../reading/only-row.ts";
import { USER_SCHEMAS } from "../../reading/relations.ts";
import { countOf, listOf, MAX_LISTED } from "../expectation.ts";
import { found, type KindOfCheck, type Progress } from "../kind.ts";

/** From this version on the catalog holds the version of the database's own collation, and there is a function that tells the present one. */
const VERSIONED_DATABASES = 150_000;

/** Oid of the collation `default`, which stands for that of the database. */
const DEFAULT_OID = 100;

/** A database has some hundred collations of its own at most. */
const MAX_COLLATIONS = 500;

/** What each collation orders or compares: indexes first, since what is wrong there is on disk. */
const USES = `select unnest(string_to_array(i.indcollation::text, ' ')::oid[]) coll, 1 rank, format('index %I.%I', n.nspname, x.relname) name
  from pg_index i join pg_class x on x.oid = i.indexrelid join pg_namespace n on n.oid = x.relnamespace where ${USER_SCHEMAS}
  union
  select a.attcollation, 2, format('column %I.%I.%I', n.nspname, c.relname, a.attname)
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'm') and ${USER_SCHEMAS}`;

/** PostgreSQL 14 knows neither the version of its default collation nor, as a name, the function that tells it. */
const versions = (isVersioned: boolean): string => `select o.oid, format('%I', o.collname) name, o.collversion recorded,
    pg_collation_actual_version(o.oid) actual from pg_collation o where o.oid <> ${DEFAULT_OID}
  union all
  select ${DEFAULT_OID}, 'the database''s default', ${isVersioned ? "d.datcollversion, pg_database_collation_actual_version(d.oid)" : "null, case when d.datcollate ~* '^(C|C[.].*|POSIX)$' then null else '' end"}
  from pg_database d where d.datname = current_database()`;

const question = (
  isVersioned: boolean,
): string => `with uses as (select coll, name, row_number() over (partition by coll order by rank, name) nth,
    count(*) over (partition by coll) total from (${USES}) u where coll <> 0)
select v.name, v.recorded, v.actual, min(u.total)::text, (json_agg(u.name order by u.nth) filter (where u.nth <= ${MAX_LISTED}))::text
from uses u join (${versions(isVersioned)}) v on v.oid = u.coll
group by v.oid, v.name, v.recorded, v.actual order by v.name limit ${MAX_COLLATIONS}`;

interface Collation {
  readonly name: string;
  /** Null where a collation has no version to change, as C has none; recorded alone, where nobody wrote it down. */
  readonly recorded: string | null;
  readonly actual: string | null;
  readonly uses: string;
}

/** Whether text is ordered as it was when the indexes were made. The order comes with the host's libraries, not with the backup. */
export const collations: KindOfCheck<"collations"> = {
  expected: () => "every collation in use at the version that the database was made with",

  async ask(_check, { session }) {
    const version = onlyRow(await session.query("select current_setting('server_version_num')")).integer(0);
    const sql = question(version >= VERSIONED_DATABASES);
    const rows = await session.query(sql);
    return judge(
      rows.map((row) => ({
        name: row.text(0),
        recorded: row.textOrNull(1),
        actual: row.textOrNull(2),
        uses: listOf(z.parse(z.array(z.string()), JSON.parse(row.text(4))), Number(row.text(3))),
      })),
      sql,
    );
  },
};

function judge(used: readonly Collation[], sql: string): Progress {
  if (used.length === 0) return found("empty", "no column or index has a collation", { sql });
  const changed = used.filter(({ recorded, actual }) => recorded !== null && recorded !== actual);
  if (changed.length > 0) {
    const all = changed.map(
      ({ name, recorded, actual, uses }) => `${name} was ${recorded} and is ${actual ?? "gone"} (orders ${uses})`,
    );
    return found("failed", `changed: ${listOf(all)}; reindex, then refresh the version`, { sql });
  }
  const unknown = used.filter(({ recorded, actual }) => recorded === null && actual !== null);
  if (unknown.length > 0) {
    const all = unknown.map(({ name, uses }) => `${name} (orders ${uses})`);
    return found("unchecked", `no version was recorded to compare with: ${listOf(all)}`, { sql });
  }
  const versioned = used.filter(({ recorded }) => recorded !== null).length;
  const fixed = used.length - versioned;
  if (versioned === 0) return found("held", "no collation in use has an order that can change", { sql });
  const others = fixed === 0 ? "" : `, ${fixed} with an order that can not change`;
  return found("held", `${countOf(versioned, "collation")} at the version recorded${others}`, { sql });
}
