import { isEqual } from "./chunk-sums.ts";
import type { TableFingerprint } from "./fingerprints.ts";
import type { Sum } from "./hash-sql.ts";
import type { Known, Origin } from "./known.ts";
import type { FoundTable, TableName } from "./take-fingerprints.ts";

/**
 * How a table was proven, or why it was not:
 * - `exact`: all of its rows are those of the reference.
 * - `closed`: those of its closed range are.
 * - `bounds`: it has about as many rows as it should.
 * - `counted`: its closed range has as many rows as it had; whether they are the same can not be told.
 * - `moved-on`: it may have changed between the reference and the recovery point.
 * - `new`: the reference does not have it.
 * - `differs`: it is not what it was.
 * - `missing`: it did not come back.
 */
export type Coverage = "exact" | "closed" | "bounds" | "counted" | "moved-on" | "new" | "differs" | "missing";

export interface TableComparison {
  readonly table: string;
  readonly coverage: Coverage;
  /** What was compared; null where there is no such table. A hash only where hashes were compared. */
  readonly source: ComparedRows | null;
  readonly restored: ComparedRows | null;
  /** Only the rows before this moment were compared. */
  readonly until?: string;
}

export interface ComparedRows {
  readonly rows: string;
  readonly hash?: string;
}

/** By how much of its rows the plan lets a table change. */
export interface Bounds {
  readonly shrinkPercent: number;
  readonly growPercent?: number | undefined;
}

export interface Comparing<From extends Origin = Origin> {
  readonly known: Known<From>;
  /** Why hashes can not be compared, if so: then rows are. */
  readonly hindrance: string | undefined;
  /** Which of the cuts asked for is the reference's. */
  readonly cut: number;
  /** What was restored; a drill of the same must find the same. */
  readonly recoveryPoint: string;
  /** Whether rows written after the reference could be counted. */
  readonly tellsWritten: boolean;
  bounds(table: TableName): Bounds | undefined;
  /** Tables that have no fingerprint on purpose. */
  isUnhashed(table: TableName): boolean;
}

/** Holds every table against what is known of it from an earlier time. */
export function compareTables(found: readonly FoundTable[], comparing: Comparing): TableComparison[] {
  const { tables } = comparing.known.fingerprints;
  const known = new Map(tables.map((table) => [table.table, table]));
  const restored = new Map(found.map((table) => [table.table, table]));
  const changing = changingWholes(found, comparing);
  const isOfChanging = ({ partOf }: TableName): boolean => partOf !== undefined && changing.has(partOf);
  const missing = tables.filter(
    (table) => !restored.has(table.table) && !comparing.isUnhashed(table) && !isOfChanging(table),
  );
  return [
    ...found.map((table): TableComparison => {
      const earlier = known.get(table.table) ?? newPartition(table, tables);
      const compared = compareOne(table, earlier, comparing);
      // Partitions come and go: what the plan bounds is the partitioned table.
      const whole = table.partOf === undefined ? undefined : changing.get(table.partOf);
      const isItsOwn = compared.coverage !== "bounds" && compared.coverage !== "new" && earlier?.rows === table.rows;
      return whole === undefined || compared.coverage === "closed" || isItsOwn
        ? compared
        : { ...whole, table: table.table };
    }),
    ...missing.map(({ table, rows }): TableComparison => {
      return { table, coverage: "missing", source: { rows }, restored: null };
    }),
  ];
}

/** A partition that was made since holds no row of a closed range: what was known of it then is that it had none. */
function newPartition(
  { table, partOf }: FoundTable,
  tables: readonly TableFingerprint[],
): TableFingerprint | undefined {
  if (partOf === undefined) return undefined;
  const closed = tables.find((one) => one.partOf === partOf && one.closed !== undefined)?.closed;
  return closed && { table, partOf, ...NO_ROWS, closed: { ...closed, ...NO_ROWS } };
}

const NO_ROWS: Sum = { rows: "0", hash: "0:0" };

/** The partitioned tables that the plan lets change, all of their partitions together. */
function changingWholes(found: readonly FoundTable[], comparing: Comparing): Map<string, TableComparison> {
  const wholes = new Map<string, TableComparison>();
  for (const { partOf } of [...found, ...comparing.known.fingerprints.tables]) {
    const bounds = partOf === undefined ? undefined : comparing.bounds({ table: partOf });
    if (partOf === undefined || bounds === undefined || wholes.has(partOf)) continue;
    const rowsIn = (tables: readonly TableFingerprint[]): string =>
      String(tables.filter((one) => one.partOf === partOf).reduce((sum, { rows }) => sum + BigInt(rows), 0n));
    const [before, after] = [rowsIn(comparing.known.fingerprints.tables), rowsIn(found)];
    wholes.set(partOf, {
      table: partOf,
      coverage: isWithin(before, after, bounds) ? "bounds" : "differs",
      source: { rows: before },
      restored: { rows: after },
    });
  }
  return wholes;
}

function compareOne(found: FoundTable, known: TableFingerprint | undefined, comparing: Comparing): TableComparison {
  const { table } = found;
  if (known === undefined) return { table, coverage: "new", source: null, restored: rowsOf(found) };
  const isHashed = comparing.hindrance === undefined;
  const said = { table, source: rowsOf(known), restored: rowsOf(found) };
  if (isHashed && isEqual(found, known)) return { ...said, coverage: "exact" };
  const cut = found.cuts[comparing.cut];
  if (known.closed !== undefined && cut !== undefined) return compareClosed(table, known.closed, cut, isHashed);
  const isUnwritten = isHashed && isUnchanged(found, comparing);
  // Nothing was written, and as many rows are there: those that are other ones were damaged, whatever the plan lets change.
  if (isUnwritten && found.rows === known.rows) return { ...said, coverage: "differs" };
  const bounds = comparing.bounds(found);
  if (bounds !== undefined)
    return { ...said, coverage: isWithin(known.rows, found.rows, bounds) ? "bounds" : "differs" };
  return { ...said, coverage: isUnwritten ? "differs" : "moved-on" };
}

function compareClosed(
  table: string,
  known: NonNullable<TableFingerprint["closed"]>,
  cut: Sum,
  isHashed: boolean,
): TableComparison {
  const said = { table, source: rowsOf(known), restored: rowsOf(cut), until: known.before };
  if (known.rows !== cut.rows) return { ...said, coverage: "differs" };
  if (!isHashed) return { ...said, coverage: "counted" };
  return { ...said, coverage: isEqual(cut, known) ? "closed" : "differs" };
}

/** Whether nothing can have changed the table since. */
function isUnchanged({ written }: FoundTable, { known, recoveryPoint, tellsWritten }: Comparing): boolean {
  if (known.from.kind === "drill") return known.fingerprints.recoveryPoint === recoveryPoint;
  return tellsWritten && written === "0";
}

function isWithin(rowsBefore: string, rowsAfter: string, { shrinkPercent, growPercent }: Bounds): boolean {
  const [before, after] = [Number(rowsBefore), Number(rowsAfter)];
  const most = growPercent === undefined ? Number.POSITIVE_INFINITY : before * (1 + growPercent / 100);
  return after >= Math.floor(before * (1 - shrinkPercent / 100)) && after <= Math.ceil(most);
}

const rowsOf = ({ rows, hash }: Sum): ComparedRows => ({ rows, hash });

/** What a table is, of what several references say: anything wrong is wrong, and the best proof counts. */
const WORST_FIRST: readonly Coverage[] = [
  "missing",
  "differs",
  "exact",
  "closed",
  "bounds",
  "counted",
  "moved-on",
  "new",
];

export function together(comparisons: readonly TableComparison[]): TableComparison[] {
  const byTable = Map.groupBy(comparisons, ({ table }) => table);
  return [...byTable.values()].flatMap((several) => {
    const [first] = several.sort((a, b) => WORST_FIRST.indexOf(a.coverage) - WORST_FIRST.indexOf(b.coverage));
    return first === undefined ? [] : [first];
  });
}
