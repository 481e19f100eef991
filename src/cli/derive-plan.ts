import type { SourceSurvey, SurveyedTable } from "../local/import/survey.ts";
import type { PlanFile } from "../plan/plan.ts";

/** A plan holds 1,000 checks; this leaves room for the others beside the row counts. */
const MAX_ROW_CHECKS = 900;
/** Data older than this says nothing about how fresh a backup is: a quiet database has old rows. */
const RPO_SECONDS = 24 * 3600;
/** Added to the age of the newest row, for a clock that is read twice. */
const FRESHNESS_MARGIN_SECONDS = 60;

/**
 * The plan for a database that has none: what its catalog holds must come back, every exactly counted table with its rows. Objectives
 * are defaults, said to be such in the plan's description.
 */
export function derivePlan(database: string, survey: SourceSurvey): PlanFile {
  const wholes = survey.tables.filter(({ kind }) => kind === "table" || kind === "partitioned table");
  const counted = survey.tables.filter(
    ({ kind, exact, rows }) => kind !== "partition" && kind !== "foreign table" && exact && rows !== undefined,
  );
  const checks: NonNullable<PlanFile["checks"]> = [
    { kind: "tables", present: wholes.map(qualified) },
    ...(survey.extensions.length === 0
      ? []
      : [{ kind: "extensions" as const, present: survey.extensions.map(({ name }) => name) }]),
    ...survey.migrations.map(({ schema, table, column, head }) => ({
      kind: "migration" as const,
      table: qualified({ schema, name: table }),
      column,
      expect: { equals: head },
    })),
    ...counted
      .slice(0, MAX_ROW_CHECKS)
      .map((table) => ({ kind: "rows" as const, table: qualified(table), expect: { equals: table.rows ?? 0 } })),
    ...freshness(survey),
    // Optional: a database may have none of these, and then there is nothing to look at.
    { kind: "indexes", required: false },
    { kind: "constraints", required: false },
    { kind: "sequences", required: false },
  ];
  return {
    plan: "your-database",
    description: "Derived from the catalog of the source. Its objectives are defaults: set your own in a plan file.",
    source: { region: "eu-west-1", cluster: clusterNameFor(database), database },
    sandbox: { region: "eu-central-1" },
    objectives: { rto: "4h", rpo: "24h" },
    checks,
  };
}

function freshness({ freshness: found, takenAt }: SourceSurvey): NonNullable<PlanFile["checks"]> {
  if (found === undefined) return [];
  const ageSeconds = (takenAt.getTime() - found.newest.getTime()) / 1000;
  if (ageSeconds < 0 || ageSeconds > RPO_SECONDS) return [];
  const { schema, table, column } = found;
  const within = `${Math.ceil(ageSeconds) + FRESHNESS_MARGIN_SECONDS}s`;
  return [{ kind: "freshness", table: qualified({ schema, name: table }), column, within }];
}

function qualified({ schema, name }: Pick<SurveyedTable, "schema" | "name">): string {
  return `${quoted(schema)}.${quoted(name)}`;
}

const quoted = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);

/** RDS identifiers hold letters, digits and single hyphens. */
function clusterNameFor(database: string): string {
  const plain = database
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return `${/^[a-z]/.test(plain) ? plain : `db-${plain}`}`.slice(0, 50).replace(/-+$/, "") || "database";
}
