import type { SourceSession } from "./source-session.ts";
import type { SurveyedMigrations } from "./survey.ts";
import type { SurveyedRelation } from "./survey-source.ts";

interface MigrationTool {
  readonly table: string;
  readonly column: string;
  /** The newest first. */
  readonly order: string;
  readonly where?: string;
}

/** Where the common tools keep what they have applied. */
const TOOLS: readonly MigrationTool[] = [
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
  { table: "alembic_version", column: "version_num", order: "version_num desc" },
  { table: "knex_migrations", column: "name", order: "id desc" },
  { table: "databasechangelog", column: "id", order: "orderexecuted desc" }, // Liquibase
  { table: "django_migrations", column: "name", order: "id desc" },
  { table: "__EFMigrationsHistory", column: '"MigrationId"', order: '"MigrationId" desc' },
  { table: "goose_db_version", column: "version_id", order: "id desc", where: "is_applied" },
  { table: "SequelizeMeta", column: "name", order: "name desc" },
  { table: "__drizzle_migrations", column: "hash", order: "created_at desc" },
];
const HEAD_SECONDS = 5;

/** The migration tables that are recognised, each with the newest migration applied. One of another shape is not one of them. */
export async function findMigrations(
  session: SourceSession,
  relations: readonly SurveyedRelation[],
): Promise<SurveyedMigrations[]> {
  const found: SurveyedMigrations[] = [];
  for (const relation of relations) {
    const tool = TOOLS.find(({ table }) => table === relation.name);
    if (tool === undefined) continue;
    const where = tool.where === undefined ? "" : `where ${tool.where}`;
    const sql = `select ${tool.column}::text as head from ${relation.quoted} ${where} order by ${tool.order} limit 1`;
    const head = (await session.attempt<{ head: string }>(sql, HEAD_SECONDS))?.[0]?.head;
    if (head === undefined) continue;
    found.push({ schema: relation.schema, table: relation.name, column: tool.column.replaceAll('"', ""), head });
  }
  return found;
}
