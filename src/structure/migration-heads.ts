import { StatementFailed } from "../aws/data-api/statement-failed.ts";
import type { DataSession } from "../aws/data-api.ts";
import { displayName, parseTable, quoteIdentifier, quoteTable, type TableIdentifier } from "../reading/identifiers.ts";
import { USER_SCHEMAS } from "../reading/relations.ts";
import { headOf, MIGRATION_TOOLS } from "./migration-tools.ts";

/** A database has one such table, or one a service. */
const MAX_TABLES = 20;

const TABLES = `select n.nspname::text, c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and c.relname in (${MIGRATION_TOOLS.map(({ table }) => `'${table}'`).join(", ")}) and ${USER_SCHEMAS}
order by 1, 2 limit ${MAX_TABLES}`;

/** A table of migrations that no known tool keeps. */
export interface DeclaredMigrations {
  readonly table: TableIdentifier;
  readonly column: string;
  readonly orderBy: string;
}

const headOfDeclared = ({ table, column, orderBy }: DeclaredMigrations): string =>
  `select ${quoteIdentifier(column)}::text from ${quoteTable(table)} order by ${quoteIdentifier(orderBy)} desc nulls last limit 1`;

/** The newest migration in each table that a known tool keeps, by the table's name. A table of another shape is not one. */
export async function readMigrationHeads(
  session: DataSession,
  declared?: DeclaredMigrations,
): Promise<Record<string, string>> {
  const heads: Record<string, string> = {};
  if (declared !== undefined) {
    // What the plan names has to be there; what is only recognised by its name need not.
    const [own] = await session.query(headOfDeclared(declared));
    const head = own?.textOrNull(0);
    if (head) heads[displayName(declared.table)] = head;
  }
  for (const row of await session.query(TABLES)) {
    const table = { schema: row.text(0), table: row.text(1) };
    const tool = MIGRATION_TOOLS.find((known) => known.table === table.table);
    const head = tool && (await newest(session, headOf(tool, quoteTable(table))));
    if (head !== undefined) heads[displayName(table)] = head;
  }
  return heads;
}

/** Whether the table of migrations holds this one: a head that it never had is not behind it. False where it can not be asked. */
export async function holdsMigration(
  session: DataSession,
  name: string,
  head: string,
  declared?: DeclaredMigrations,
): Promise<boolean> {
  const table = parseTable(name);
  const isDeclared = declared !== undefined && displayName(declared.table) === name;
  const tool = MIGRATION_TOOLS.find((known) => known.table === table.table);
  const column = isDeclared ? quoteIdentifier(declared.column) : tool?.column;
  if (column === undefined) return false;
  if (!isDeclared && tool?.isHeadOnly) return true;
  try {
    const [row] = await session.query(
      `select exists (select from ${quoteTable(table)} where ${column}::text = :head)`,
      { head },
    );
    return row?.flag(0) === true;
  } catch (error) {
    if (!(error instanceof StatementFailed) || error.fault === "unavailable") throw error;
    return false;
  }
}

async function newest(session: DataSession, sql: string): Promise<string | undefined> {
  try {
    const [row] = await session.query(sql);
    return row?.textOrNull(0) ?? undefined;
  } catch (error) {
    if (!(error instanceof StatementFailed) || error.fault === "unavailable") throw error;
    return undefined;
  }
}
