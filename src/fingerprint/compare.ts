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
 * - `restructured`: its columns are others than they were, so that hashes of its rows can not be compared.
 * - `differs`: it is not what it was.
 * - `missing`: it did not come back.
 */
export type Coverage =
  | "exact"
  | "closed"
  | "bounds"
  | "counted"
  | "moved-on"
  | "new"
  | "restructured"
  | "differs"
  | "missing";

export interface TableComparison {
  readonly table: string;
  readonly coverage: Coverage;
  /** What was compared; null where there is no such table. A hash only where hashes were compared. */
  readonly source: ComparedRows | null;
  readonly restored: ComparedRows | null;
  /** Only the rows before this moment were compared, of so many that there are. */
  readonly until?: string;
  readonly of?: string;
  /** The id of the reference. */
  readonly against: string;
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
  /** Tables that the plan leaves out. What the reference had no fingerprint of is not in it. */
  isLeftOut(table: TableName): boolean;
}

/** Holds every table against what is known of it from an earlier time. */
export function compareTables(found: readonly FoundTable[], comparing: Comparing): TableComparison[] {
  const against = comparing.known.from.id;
  return compareAll(found, comparing).map((compared) => ({ ...compared, against }));
}

type Compared = Omit<TableComparison, "against">;

function compareAll(found: readonly FoundTable[], comparing: Comparing): Compared[] {
  const { tables } = comparing.known.fingerprints;
  const known = new Map(tables.map((table) => [table.table, table]));
  const restored = new Set(found.map(({ table }) => table));
  const changing = changingWholes(found, comparing);
  const isOfChanging = ({ partOf }: TableName): boolean => partOf !== undefined && changing.has(partOf);
  const missing = tables.filter(
    (table) => !restored.has(table.table) && !comparing.isLeftOut(table) && !isOfChanging(table),
  );
  return [
    ...changing.values(),
    ...found.flatMap((table): Compared[] => {
      const earlier = known.get(table.table);
      const compared = compareOne(table, earlier ?? newPartition(table, tables), comparing);
      // Partitions come and go: what the plan bounds is the partitioned table, which has its own entry.
      const isBounded = isOfChanging(table) && !PROVEN.has(compared.coverage) && earlier?.rows !== table.rows;
      return isBounded ? [] : [compared];
    }),
    ...missing.map(({ table, rows }): Compared => {
      return { table, coverage: "missing", source: { rows }, restored: null };
    }),
  ];
}

const PROVEN: ReadonlySet<Coverage> = new Set(["exact", "closed"]);

/** A partition that was made since holds no row of a closed range: what was known of it then is that it had none. */
function newPartition(
  { table, partOf, shape }: FoundTable,
  tables: readonly TableFingerprint[],
): TableFingerprint | undefined {
  if (partOf === undefined) return undefined;
  const closed = tables.find((one) => one.partOf === partOf && one.closed !== undefined)?.closed;
  return closed && { table, partOf, shape, ...NO_ROWS, closed: { ...closed, ...NO_ROWS } };
}

const NO_ROWS: Sum = { rows: "0", hash: "0:0" };

/** The partitioned tables that the plan lets change, all of their partitions together. */
function changingWholes(found: readonly FoundTable[], comparing: Comparing): Map<string, Compared> {
  const wholes = new Map<string, Compared>();
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

function compareOne(found: FoundTable, known: TableFingerprint | undefined, comparing: Comparing): Compared {
  const { table } = found;
  if (known === undefined) return { table, coverage: "new", source: null, restored: rowsOf(found) };
  const said = { table, source: rowsOf(known), restored: rowsOf(found) };
  if (known.shape !== found.shape) return { ...said, coverage: "restructured" };
  const isHashed = comparing.hindrance === undefined;
  if (isHashed && isEqual(found, known)) return { ...said, coverage: "exact" };
  const cut = found.cuts[comparing.cut];
  const closed = known.closed && cut && compareClosed(found, known.closed, cut, isHashed);
  if (closed?.coverage === "differs") return closed;
  const isUnwritten = isHashed && isUnchanged(found, comparing);
  const bounds = comparing.bounds(found);
  // Nothing was written since. As many rows, but others, were damaged whatever the plan lets change; fewer were deleted, or lost.
  if (isUnwritten && (found.rows === known.rows || bounds === undefined)) return { ...said, coverage: "differs" };
  // A range without a row says nothing about a table with rows.
  if (closed !== undefined && (known.closed?.rows !== "0" || known.rows === "0")) return closed;
  if (bounds !== undefined)
    return { ...said, coverage: isWithin(known.rows, found.rows, bounds) ? "bounds" : "differs" };
  return { ...said, coverage: "moved-on" };
}

function compareClosed(
  { table, rows }: FoundTable,
  known: NonNullable<TableFingerprint["closed"]>,
  cut: Sum,
  isHashed: boolean,
): Compared {
  const said = { table, source: rowsOf(known), restored: rowsOf(cut), until: known.before, of: rows };
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
  return after >= Math.ceil(before * (1 - shrinkPercent / 100)) && after <= Math.floor(most);
}

const rowsOf = ({ rows, hash }: Sum): ComparedRows => ({ rows, hash });

const WORST_FIRST: readonly Coverage[] = [
  "missing",
  "differs",
  "exact",
  "closed",
  "bounds",
  "counted",
  "moved-on",
  "restructured",
  "new",
];

/**
 * What a table is, of what several references say of it, the newest first. Where that one proves it, what older ones say is of the past: the
 * source itself may have been changed since. Otherwise anything wrong is wrong, and the best proof counts.
 */
export function together(byReference: readonly (readonly TableComparison[])[]): TableComparison[] {
  const [newest = []] = byReference;
  const inNewest = new Map(newest.map((one) => [one.table, one]));
  const tables = Map.groupBy(byReference.flat(), ({ table }) => table);
  return [...tables].flatMap(([table, several]) => {
    const known = inNewest.get(table);
    if (known !== undefined && PROVEN.has(known.coverage)) return [known];
    const [worst] = several.sort((a, b) => WORST_FIRST.indexOf(a.coverage) - WORST_FIRST.indexOf(b.coverage));
    // What the newest one does not know was gone from the source already when that was captured.
    const wasGone = worst?.coverage === "missing" && known === undefined;
    return worst === undefined || wasGone ? [] : [worst];
  });
}
