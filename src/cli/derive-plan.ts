import type { SourceSurvey, SurveyedTable } from "../local/import/survey.ts";
import type { PlanFile } from "../plan/plan.ts";

/** A plan holds 1,000 checks; the others beside the row counts and migrations are sixteen. */
const MAX_MIGRATION_CHECKS = 80;
const MAX_ROW_CHECKS = 900;
/** Data older than this says nothing about how fresh a backup is: a quiet database has old rows. */
const RPO_SECONDS = 24 * 3600;
/** Added to the age of the newest row, for a clock that is read twice; a row may be as far ahead, by the clock that wrote it. */
const FRESHNESS_MARGIN_SECONDS = 60;

/** Tools of which the greatest version need not be the newest: the column in which they number what was applied. */
const MIGRATIONS_ORDERED_BY: Readonly<Record<string, string>> = {
  _prisma_migrations: "finished_at",
  __drizzle_migrations: "created_at",
  databasechangelog: "orderexecuted",
  django_migrations: "id",
  knex_migrations: "id",
};
/** Their tables also hold rows that are no applied version (failed, repeatable, undone), which a migration check can not pass over. */
const MIGRATIONS_NOT_COMPARABLE = new Set(["flyway_schema_history", "goose_db_version"]);

type Checks = NonNullable<PlanFile["checks"]>;

/**
 * The plan for a database that has none: what its catalog holds must come back, every exactly counted table with its rows. Always a
 * plan that validates. Objectives are defaults, said to be such in the plan's description.
 */
export function derivePlan(database: string, survey: SourceSurvey): PlanFile {
  return {
    plan: "your-database",
    description: "Derived from the catalog of the source. Its objectives are defaults: set your own in a plan file.",
    source: { region: "eu-west-1", cluster: clusterNameFor(database), database },
    sandbox: { region: "eu-central-1" },
    objectives: { rto: "4h", rpo: "24h" },
    checks: [
      ...presence(survey),
      ...migrations(survey),
      ...rowCounts(survey),
      ...freshness(survey),
      ...content(survey),
      // Optional: a database may have none of these, and then there is nothing to look at; or no amcheck to look with.
      { kind: "indexes", required: false },
      { kind: "index-contents", required: false },
      { kind: "heap", required: false },
      { kind: "constraints", required: false },
      { kind: "foreign-keys", required: false },
      { kind: "sequences", required: false },
      { kind: "collations", required: false },
      { kind: "row-security", required: false },
      { kind: "large-objects", required: false },
      { kind: "unlogged", required: false },
      { kind: "outbound", required: false },
    ],
  };
}

function presence({ tables, extensions }: SourceSurvey): Checks {
  const wholes = tables
    .filter(({ kind }) => kind === "table" || kind === "unlogged table" || kind === "partitioned table")
    .map(qualified);
  return [
    ...(wholes.length === 0 ? [] : [{ kind: "tables" as const, present: wholes }]),
    ...(extensions.length === 0 ? [] : [{ kind: "extensions" as const, present: extensions.map(({ name }) => name) }]),
  ];
}

function migrations({ migrations: found }: SourceSurvey): Checks {
  return found
    .filter(({ table }) => !MIGRATIONS_NOT_COMPARABLE.has(table))
    .slice(0, MAX_MIGRATION_CHECKS)
    .map(({ schema, table, column, head }) => {
      const orderBy = MIGRATIONS_ORDERED_BY[table];
      return {
        kind: "migration",
        table: qualified({ schema, name: table }),
        column,
        ...(orderBy === undefined ? {} : { orderBy }),
        expect: { equals: head },
      };
    });
}

/** Of tables alone: a materialized view is computed again when the source is brought in, and may then have other rows. */
function rowCounts({ tables }: SourceSurvey): Checks {
  return tables
    .filter(({ kind, exact }) => exact && (kind === "table" || kind === "partitioned table"))
    .flatMap((table) => (table.rows === undefined ? [] : [{ table: qualified(table), rows: table.rows }]))
    .slice(0, MAX_ROW_CHECKS)
    .map(({ table, rows }) => ({ kind: "rows", table, expect: { equals: rows } }));
}

function freshness({ freshness: found, takenAt }: SourceSurvey): Checks {
  if (found === undefined) return [];
  const ageSeconds = (takenAt.getTime() - found.newest.getTime()) / 1000;
  if (ageSeconds < -FRESHNESS_MARGIN_SECONDS || ageSeconds > RPO_SECONDS) return [];
  const { schema, table, column } = found;
  const within = `${Math.max(0, Math.ceil(ageSeconds)) + FRESHNESS_MARGIN_SECONDS}s`;
  return [{ kind: "freshness", table: qualified({ schema, name: table }), column, within }];
}

/** Where there is a table at all: a database without rows has no content to compare. */
function content({ tables }: SourceSurvey): Checks {
  return tables.some(({ rows }) => rows !== undefined && rows > 0)
    ? [{ kind: "fingerprint" }, { kind: "catalog" }]
    : [];
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
