import { describe, expect, it } from "vitest";
import { derivePlan } from "../../src/cli/derive-plan.ts";
import type { SourceSurvey, SurveyedMigrations, SurveyedTable } from "../../src/local/import/survey.ts";
import type { Check, CheckKind } from "../../src/plan/checks.ts";
import { parsePlan } from "../../src/plan/parse.ts";

const TAKEN_AT = new Date("2026-11-21T12:00:00Z");

const table = (changes: Partial<SurveyedTable> = {}): SurveyedTable => ({
  schema: "public",
  name: "orders",
  kind: "table",
  rows: 7,
  exact: true,
  ...changes,
});

const survey = (changes: Partial<SourceSurvey> = {}): SourceSurvey => ({
  serverVersion: "15.18",
  databaseBytes: 1e6,
  takenAt: TAKEN_AT,
  tables: [table()],
  extensions: [],
  migrations: [],
  sequences: [],
  policyRoles: [],
  ...changes,
});

/** The plan as a drill reads it: whatever is derived has to validate. */
function derived(changes: Partial<SourceSurvey> = {}, database = "shop") {
  return parsePlan(JSON.stringify(derivePlan(database, survey(changes))), "the derived plan").plan;
}

function checksOf<Kind extends CheckKind>(kind: Kind, changes: Partial<SourceSurvey> = {}) {
  return derived(changes).checks.filter((check): check is Extract<Check, { kind: Kind }> => check.kind === kind);
}

const freshAt = (secondsBefore: number): Partial<SourceSurvey> => ({
  freshness: {
    schema: "public",
    table: "orders",
    column: "Placed At",
    type: "timestamp with time zone",
    newest: new Date(TAKEN_AT.getTime() - secondsBefore * 1000),
  },
});

const migrated = (name: string, changes: Partial<SurveyedMigrations> = {}): SurveyedMigrations => ({
  schema: "public",
  table: name,
  column: "version",
  head: "20260101",
  ...changes,
});

describe("derivePlan", () => {
  it("drills across regions, with defaults that say that they are defaults", () => {
    const plan = derived();
    expect(plan.source).toEqual({ region: "eu-west-1", cluster: "shop", database: "shop" });
    expect(plan.sandbox.region).toBe("eu-central-1");
    expect(plan.objectives).toEqual({ rtoSeconds: 4 * 3600, rpoSeconds: 24 * 3600 });
    expect(plan.description).toMatch(/objectives are defaults/);
  });

  it("asks for every table, every extension and the rows of every table", () => {
    const changes = { extensions: [{ name: "citext", version: "1.6" }] };
    expect(checksOf("tables", changes)).toMatchObject([{ present: ["public.orders"], required: true }]);
    expect(checksOf("extensions", changes)).toMatchObject([{ present: ["citext"] }]);
    expect(checksOf("rows", changes)).toMatchObject([{ table: "public.orders", expect: { equals: 7 } }]);
  });

  it("asks without requiring them for indexes, constraints and sequences, which a database may not have", () => {
    for (const kind of ["indexes", "constraints", "sequences"] as const)
      expect(checksOf(kind)).toMatchObject([{ required: false }]);
  });

  it.each([
    ["Order", 'public."Order"'],
    ["order items", 'public."order items"'],
    ['say "hi"', 'public."say ""hi"""'],
    ["a.b", 'public."a.b"'],
    ["new\nline", 'public."new\nline"'],
    ["прода́жи", 'public."прода́жи"'],
    ["1st", 'public."1st"'],
    ["pg$x", 'public."pg$x"'],
    ["_plain_1", "public._plain_1"],
  ])("quotes the name %j where SQL would", (name, written) => {
    expect(checksOf("rows", { tables: [table({ name })] }).map((check) => check.table)).toEqual([written]);
    expect(checksOf("tables", { tables: [table({ name })] })[0]?.present).toEqual([written]);
  });

  it("quotes a schema as it does a table", () => {
    expect(checksOf("rows", { tables: [table({ schema: "Sales Dept" })] })[0]?.table).toBe('"Sales Dept".orders');
  });

  it("expects no estimate: only what was counted", () => {
    const tables = [table(), table({ name: "huge", rows: 1e9, exact: false }), table({ name: "empty", rows: 0 })];
    expect(checksOf("rows", { tables }).map((check) => [check.table, check.expect.equals])).toEqual([
      ["public.orders", 7],
      ["public.empty", 0],
    ]);
    expect(checksOf("tables", { tables })[0]?.present).toHaveLength(3);
  });

  it("leaves partitions to their parent, foreign tables to their server and materialized views to their query", () => {
    const tables = [
      table({ name: "reading", kind: "partitioned table", rows: 700 }),
      table({ name: "reading_2025", kind: "partition", rows: 700 }),
      table({ name: "remote", kind: "foreign table", exact: false }),
      table({ name: "days", kind: "materialized view", rows: 4 }),
    ];
    expect(checksOf("rows", { tables }).map((check) => check.table)).toEqual(["public.reading"]);
    expect(checksOf("tables", { tables })[0]?.present).toEqual(["public.reading"]);
  });

  it("asks for no table where there is none but foreign tables and views", () => {
    const tables = [table({ kind: "materialized view" }), table({ name: "remote", kind: "foreign table" })];
    const kinds = derived({ tables }).checks.map(({ kind }) => kind);
    expect(kinds.filter((kind) => ["tables", "rows"].includes(kind))).toEqual([]);
  });

  it("asks for content and structure wherever there are rows, and for nothing that a database may lack as required", () => {
    const kindsOf = (rows: number) => derived({ tables: [table({ rows })] }).checks.map(({ kind }) => kind);
    expect(kindsOf(1)).toEqual(
      expect.arrayContaining(["fingerprint", "catalog", "index-contents", "heap", "foreign-keys", "outbound"]),
    );
    expect(kindsOf(0)).not.toContain("fingerprint");
    const required = derived({ tables: [] }).checks.filter((check) => check.required !== false);
    expect(required).toEqual([]);
  });

  it("stays below the checks that a plan may have, with every table still asked for", () => {
    const tables = Array.from({ length: 2500 }, (_, n) => table({ name: `t${n}` }));
    const migrations = Array.from({ length: 500 }, (_, n) => migrated("schema_migrations", { schema: `tenant${n}` }));
    const changes = { tables, migrations, extensions: [{ name: "citext", version: "1" }], ...freshAt(5) };
    expect(checksOf("rows", changes)).toHaveLength(900);
    expect(checksOf("migration", changes).length).toBeGreaterThan(50);
    expect(checksOf("tables", changes)[0]?.present).toHaveLength(2500);
  });

  it("expects the head that was found, ordered as the tool orders it", () => {
    const migrations = [
      migrated("schema_migrations"),
      migrated("django_migrations", { column: "name", head: "0001_initial" }),
      migrated("__EFMigrationsHistory", { column: "MigrationId" }),
    ];
    expect(checksOf("migration", { migrations })).toEqual([
      {
        kind: "migration",
        table: "public.schema_migrations",
        column: "version",
        expect: { equals: "20260101" },
        required: true,
      },
      {
        kind: "migration",
        table: "public.django_migrations",
        column: "name",
        orderBy: "id",
        expect: { equals: "0001_initial" },
        required: true,
      },
      {
        kind: "migration",
        table: 'public."__EFMigrationsHistory"',
        column: "MigrationId",
        expect: { equals: "20260101" },
        required: true,
      },
    ]);
  });

  it("leaves out migrations whose newest row may be no version", () => {
    const migrations = [migrated("flyway_schema_history"), migrated("goose_db_version")];
    expect(checksOf("migration", { migrations })).toEqual([]);
  });

  it("expects data as recent as the source's", () => {
    expect(checksOf("freshness", freshAt(90.2))).toMatchObject([
      { table: "public.orders", column: "Placed At", within: 91 + 60 },
    ]);
    expect(checksOf("freshness", freshAt(24 * 3600))).toHaveLength(1);
  });

  it("takes a row that a clock a little ahead has written as a fresh one", () => {
    expect(checksOf("freshness", freshAt(-2))).toMatchObject([{ within: 60 }]);
  });

  it("leaves freshness out where there is none, where it is older than the RPO and where it is a date to come", () => {
    expect(checksOf("freshness")).toEqual([]);
    expect(checksOf("freshness", freshAt(24 * 3600 + 1))).toEqual([]);
    expect(checksOf("freshness", freshAt(-61))).toEqual([]);
  });

  it.each([
    ["shop", "shop"],
    ["Shop_DB", "shop-db"],
    ["user's  data", "user-s-data"],
    ["2024", "db-2024"],
    ["--", "db"],
    ["日本", "db"],
    ["-x-", "x"],
    [`a${"-b".repeat(31)}`, `a${"-b".repeat(24)}`],
    ["x".repeat(63), "x".repeat(50)],
  ])("names the cluster of the database %j as RDS would let it be named", (database, cluster) => {
    const { source } = derived({}, database);
    expect(source).toEqual({ region: "eu-west-1", cluster, database });
  });
});
