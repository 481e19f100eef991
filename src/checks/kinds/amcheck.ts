import type { DataSession } from "../../aws/data-api.ts";

/** Which of amcheck's functions the drill's role may use, and where they are. */
export interface Amcheck {
  readonly schema: string;
  readonly mayCheckIndexes: boolean;
  readonly mayCheckHeaps: boolean;
}

const PROBE = `select quote_ident(n.nspname), ${[
  "bt_index_check(regclass, boolean)",
  "verify_heapam(regclass, boolean, boolean, text, bigint, bigint)",
]
  .map(
    (signature) => `has_schema_privilege(n.oid, 'usage')
    and coalesce(has_function_privilege(to_regprocedure(quote_ident(n.nspname) || '.${signature}')::oid, 'execute'), false)`,
  )
  .join(", ")}
from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'amcheck'`;

/** The extension may be in any schema, and its functions are granted to nobody when it is made. Undefined when it is not there. */
export async function findAmcheck(session: DataSession): Promise<Amcheck | undefined> {
  const [row] = await session.query(PROBE);
  if (row === undefined) return undefined;
  return { schema: row.text(0), mayCheckIndexes: row.flag(1), mayCheckHeaps: row.flag(2) };
}

/** Why heaps can not be checked, and what to do about it. */
export function explainAbsence(amcheck: Amcheck | undefined): string {
  return amcheck === undefined
    ? "the extension amcheck is not there: create it on the source and grant execute on verify_heapam to the drill's role, and the next recovery point has both"
    : `the drill's role may not execute amcheck's verify_heapam: grant it on the source, with usage on schema ${amcheck.schema}`;
}
