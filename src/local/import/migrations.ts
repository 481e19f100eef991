import { headOf, MIGRATION_TOOLS } from "../../structure/migration-tools.ts";
import type { SourceSession } from "./source-session.ts";
import type { SurveyedMigrations } from "./survey.ts";
import type { SurveyedRelation } from "./survey-source.ts";

const HEAD_SECONDS = 5;

/** The migration tables that are recognised, each with the newest migration applied. One of another shape is not one of them. */
export async function findMigrations(
  session: SourceSession,
  relations: readonly SurveyedRelation[],
): Promise<SurveyedMigrations[]> {
  const found: SurveyedMigrations[] = [];
  for (const relation of relations) {
    const tool = MIGRATION_TOOLS.find(({ table }) => table === relation.name);
    if (tool === undefined) continue;
    const head = (await session.attempt<{ head: string }>(headOf(tool, relation.quoted), HEAD_SECONDS))?.[0]?.head;
    if (head === undefined) continue;
    found.push({ schema: relation.schema, table: relation.name, column: tool.column.replaceAll('"', ""), head });
  }
  return found;
}
