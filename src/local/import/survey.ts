/** What the source holds at the snapshot's moment: enough to derive checks for it. */
export interface SourceSurvey {
  /** e.g. `15.18`. */
  readonly serverVersion: string;
  readonly databaseBytes: number;
  /** The snapshot's moment, by the source's clock. */
  readonly takenAt: Date;
  readonly tables: readonly SurveyedTable[];
  readonly extensions: readonly { readonly name: string; readonly version: string }[];
  readonly migrations: readonly SurveyedMigrations[];
  readonly sequences: readonly SurveyedSequence[];
  /** The column that most likely tells how recent the data is; absent when none looks like it. */
  readonly freshness?: SurveyedFreshness;
  /** Roles that row-level policies name: a copy needs them to exist. */
  readonly policyRoles: readonly string[];
}

/** An unlogged table comes back empty from every physical backup: its rows were never promised. */
export type TableKind =
  | "table"
  | "unlogged table"
  | "partitioned table"
  | "partition"
  | "materialized view"
  | "foreign table";

export interface SurveyedTable {
  readonly schema: string;
  readonly name: string;
  readonly kind: TableKind;
  /** With those of the tables that inherit from it, as `select count(*)` sees them. Absent for a foreign table, and where neither a count nor an estimate was to be had. */
  readonly rows?: number;
  /** False: the count took too long, and `rows` is the planner's estimate. */
  readonly exact: boolean;
}

export interface SurveyedMigrations {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  readonly head: string;
}

export interface SurveyedSequence {
  readonly schema: string;
  readonly name: string;
  /** As text (it may exceed 2^53); null when it was never used. */
  readonly lastValue: string | null;
  readonly ownedBy?: { readonly schema: string; readonly table: string; readonly column: string };
}

export interface SurveyedFreshness {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  readonly type: "timestamp with time zone" | "timestamp without time zone";
  /** The newest moment; a column without time zone is read as UTC. */
  readonly newest: Date;
}
