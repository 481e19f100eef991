import { leaveDrift } from "../../evidence/drift.ts";
import { type Coverage, compareTables, type TableComparison, together } from "../../fingerprint/compare.ts";
import { hindranceIn, type Known } from "../../fingerprint/known.ts";
import { type TableName, type TakingCursor, type Wanted, writtenIn } from "../../fingerprint/take-fingerprints.ts";
import { type CheckOf, checkName } from "../../plan/checks.ts";
import { countOf, listOf } from "../expectation.ts";
import type { Asking, Finding, Reference } from "../kind.ts";
import { declaredFor } from "./declared.ts";
import { placesOf } from "./places-of.ts";

type Check = CheckOf<"fingerprint">;

/** What was found in the sandbox, and what it is held against. */
export interface Content {
  readonly cursor: TakingCursor;
  readonly wanted: Wanted;
  /** In the order of the cuts asked for. */
  readonly known: readonly Known<Reference>[];
}

/** All of them are in drift.json. */
const MAX_WRONG = 5;

const WRONG: ReadonlySet<Coverage> = new Set(["missing", "differs"]);
const UNCOVERED: ReadonlySet<Coverage> = new Set(["moved-on", "new", "counted", "restructured"]);

/** Every table against every earlier time that is known; leaves `drift.json`. */
export async function judgeContent(check: Check, asking: Asking, content: Content): Promise<Finding> {
  const { cursor, known } = content;
  if (known.length === 0)
    return {
      outcome: "unchecked",
      observed: `there is nothing to compare ${describeAll(cursor)} with yet: no baseline was captured, and no earlier drill was without fault. What this drill found is kept for the next one`,
    };
  const all = together(
    known.map((one, cut) => compareTables(cursor.tables, comparing(check, asking, content, one, cut))),
  );
  const [first] = known;
  if (first !== undefined) {
    const entries = all.map((one) => driftOf(one, first.from.id));
    await leaveDrift(asking.parts, checkName(check), { reference: first.from, entries });
  }
  const against = known.map(describeKnown).join(" and ");
  const wrong = all.filter(({ coverage }) => WRONG.has(coverage));
  if (wrong.length > 0) {
    const places = await placesOf(check, asking, content, wrong);
    return {
      outcome: "failed",
      observed: `${listOf(
        wrong.slice(0, MAX_WRONG).map((one) => describeWrong(one, places)),
        wrong.length,
      )}; against ${against}`,
    };
  }
  const uncovered = all.filter(({ coverage }) => UNCOVERED.has(coverage));
  const notes = notesOf(cursor);
  if (uncovered.length > 0)
    return {
      outcome: "unchecked",
      observed: `${countOf(uncovered.length, "table")} of ${all.length} can not be proven: ${listOf(uncovered.map(describeUncovered), uncovered.length)}; against ${against}${hindrances(known, cursor)}`,
    };
  return { outcome: "held", observed: `${describeAll(cursor)}: ${describeCoverage(all)}; against ${against}${notes}` };
}

function comparing(check: Check, { drill }: Asking, { cursor, wanted }: Content, known: Known<Reference>, cut: number) {
  return {
    known,
    hindrance: hindranceIn(known, cursor.majorVersion),
    cut,
    recoveryPoint: drill.recoveryPoint.arn,
    tellsWritten: writtenIn(wanted, cursor) !== undefined,
    bounds: (name: TableName) => declaredFor(check.changing, name),
    isLeftOut: (name: TableName) => wanted.isLeftOut(name),
  };
}

const driftOf = ({ table, coverage, source, restored, until, against }: TableComparison, reference: string) => ({
  key: `table ${table}`,
  source: describeRows(source, until),
  restored: describeRows(restored, until),
  match: !WRONG.has(coverage) && !UNCOVERED.has(coverage),
  coverage,
  ...(against === reference ? {} : { against }),
});

function describeAll({ tables }: TakingCursor): string {
  const rows = tables.reduce((sum, table) => sum + BigInt(table.rows), 0n);
  return `${countOf(rows, "row")} of ${countOf(tables.length, "table")}`;
}

const describeKnown = ({ from: { kind, takenAt } }: Known): string =>
  kind === "baseline" ? `the baseline of ${takenAt}` : `the drill of ${takenAt}`;

const COVERED = {
  exact: "as they were",
  closed: "in the range that is closed",
  bounds: "within the bounds declared",
} as const;

function describeCoverage(all: readonly TableComparison[]): string {
  const counts = Object.entries(COVERED).flatMap(([coverage, words]) => {
    const such = all.filter((one) => one.coverage === coverage);
    if (such.length === 0) return [];
    const sum = (rowsIn: (one: TableComparison) => string | undefined): string =>
      such.reduce((rows, one) => rows + BigInt(rowsIn(one) ?? 0), 0n).toLocaleString("en-US");
    const share =
      coverage === "closed" ? ` (${sum(({ restored }) => restored?.rows)} of ${sum(({ of }) => of)} rows)` : "";
    return [`${countOf(such.length, "table")} ${words}${share}`];
  });
  return counts.join(", ");
}

function describeWrong(
  { table, source, restored, until }: TableComparison,
  places: ReadonlyMap<string, string>,
): string {
  const before = until === undefined ? "" : ` before ${until}`;
  const place = places.get(table) ?? "";
  if (restored === null) return `${table} is missing (${rowsOf(source)})`;
  if (source?.rows === restored.rows) return `${table} has other content in its ${rowsOf(restored)}${before}${place}`;
  return `${table} has ${rowsOf(restored)}${before} instead of ${rowsOf(source)}${place}`;
}

const rowsOf = (compared: TableComparison["source"]): string => countOf(BigInt(compared?.rows ?? 0), "row");

/** Enough of the hash to tell two apart: all of it is in fingerprints.json. */
function describeRows(compared: TableComparison["source"], until: string | undefined): string | null {
  if (compared === null) return null;
  const [first] = compared.hash?.split(":") ?? [];
  const hash = first === undefined ? "" : `, ${BigInt.asUintN(64, BigInt(first)).toString(16).padStart(16, "0")}`;
  return `${rowsOf(compared)}${hash}${until === undefined ? "" : ` before ${until}`}`;
}

function describeUncovered({ table, coverage }: TableComparison): string {
  if (coverage === "new") return `${table} is new`;
  if (coverage === "restructured") return `${table} has other columns than it had`;
  if (coverage === "counted") return `${table} has its rows, whose content was hashed with another key`;
  return `${table} has changed since: declare it closed or changing`;
}

function hindrances(known: readonly Known[], { majorVersion }: TakingCursor): string {
  const said = known.flatMap((one) => {
    const hindrance = hindranceIn(one, majorVersion);
    return hindrance === undefined ? [] : [`${describeKnown(one)} can only be counted with: ${hindrance}`];
  });
  return said.map((one) => `; ${one}`).join("");
}

/** What has no fingerprint, and is said so. */
function notesOf({ unhashed, leftOut }: TakingCursor): string {
  const notes = unhashed.map(({ table, why }) => `${table} (${why})`);
  return [
    ...(notes.length === 0 ? [] : [`not in any backup: ${listOf(notes)}`]),
    ...(leftOut.length === 0 ? [] : [`left out by the plan: ${listOf(leftOut.map(({ table }) => table))}`]),
  ]
    .map((note) => `; ${note}`)
    .join("");
}
