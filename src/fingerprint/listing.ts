import { StatementFailed } from "../aws/data-api/statement-failed.ts";
import type { Row } from "../aws/data-api/values.ts";
import type { DataSession } from "../aws/data-api.ts";
import { asReadFailure } from "../reading/chunks.ts";
import { displayName } from "../reading/identifiers.ts";
import { RELATION_COLUMNS, type Relation, relationOf, USER_SCHEMAS } from "../reading/relations.ts";

/** At most some 200 characters a row, so a fifth of the Data API's 1 MiB. */
const PAGE = 1000;

/** A table of the listing: one with rows of its own, or one that no backup could bring back. */
export interface ListedTable {
  readonly relation: Relation;
  /** The partitioned table at the top, of a partition. */
  readonly partOf: string | undefined;
  readonly unhashed: string | undefined;
}

const WHY_UNHASHED = `case when c.relkind = 'f' then 'foreign: its rows are kept elsewhere'
  when c.relpersistence = 'u' then 'unlogged: no backup holds its rows'
  when not c.relispopulated then 'not populated' end`;

const ROOT = `(select rn.nspname from pg_class r join pg_namespace rn on rn.oid = r.relnamespace where c.relispartition and r.oid = pg_partition_root(c.oid)),
  (select r.relname from pg_class r where c.relispartition and r.oid = pg_partition_root(c.oid))`;

/** The tables behind `afterOid`, in the order of their oids; none when there are no more. */
export async function listTables(session: DataSession, afterOid: bigint): Promise<ListedTable[]> {
  const sql = `select ${RELATION_COLUMNS}, ${WHY_UNHASHED}, ${ROOT}, c.relfilenode::bigint::text
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm', 'f') and c.relpersistence <> 't' and c.oid > ${afterOid}::oid and ${USER_SCHEMAS}
order by c.oid limit ${PAGE}`;
  try {
    return (await session.query(sql)).map(listedTable);
  } catch (error) {
    // The catalog is data as well: one that can not be read did not come back.
    throw error instanceof StatementFailed ? asReadFailure(error) : error;
  }
}

function listedTable(row: Row): ListedTable {
  const [schema, table] = [row.textOrNull(8), row.textOrNull(9)];
  return {
    relation: { ...relationOf(row), file: row.text(10) },
    unhashed: row.textOrNull(7) ?? undefined,
    partOf: schema === null || table === null ? undefined : displayName({ schema, table }),
  };
}
