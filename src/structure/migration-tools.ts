export interface MigrationTool {
  readonly table: string;
  readonly column: string;
  /** The newest first. */
  readonly order: string;
  readonly where?: string;
  /** The table holds the head alone, and no history. */
  readonly isHeadOnly?: true;
}

/** Where the common tools keep what they have applied. */
export const MIGRATION_TOOLS: readonly MigrationTool[] = [
  { table: "schema_migrations", column: "version", order: "version desc" }, // Rails, dbmate, golang-migrate
  {
    table: "flyway_schema_history",
    column: "version",
    order: "installed_rank desc",
    where: "success and version is not null",
  },
  {
    table: "_prisma_migrations",
    column: "migration_name",
    order: "finished_at desc",
    where: "finished_at is not null",
  },
  { table: "alembic_version", column: "version_num", order: "version_num desc", isHeadOnly: true },
  { table: "knex_migrations", column: "name", order: "id desc" },
  { table: "databasechangelog", column: "id", order: "orderexecuted desc" }, // Liquibase
  { table: "django_migrations", column: "name", order: "id desc" },
  { table: "__EFMigrationsHistory", column: '"MigrationId"', order: '"MigrationId" desc' },
  { table: "goose_db_version", column: "version_id", order: "id desc", where: "is_applied" },
  { table: "SequelizeMeta", column: "name", order: "name desc" },
  { table: "__drizzle_migrations", column: "hash", order: "created_at desc" },
];

/** Asks such a table, quoted, for its newest migration. */
export function headOf({ column, order, where }: MigrationTool, quotedTable: string): string {
  const condition = where === undefined ? "" : ` where ${where}`;
  return `select ${column}::text as head from ${quotedTable}${condition} order by ${order} limit 1`;
}
