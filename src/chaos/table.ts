import { FAULT_KINDS } from "./fault.ts";
import { COLUMNS, type Column, type Outcome } from "./judge.ts";

/** Rows: kinds of fault. Columns: what became of the drills. A drill with two differences is in both columns. */
export function outcomeTable(outcomes: readonly Outcome[]): string {
  const rows = FAULT_KINDS.map((kind) => [kind, ...counts(outcomes.filter(({ fault }) => fault.kind === kind))]);
  const lines = [["fault", "tried", ...COLUMNS], ...rows, ["all", ...counts(outcomes)]];
  const widths = lines[0]?.map((_, nth) => Math.max(...lines.map((line) => line[nth]?.length ?? 0))) ?? [];
  return lines
    .map((line) =>
      line.map((cell, nth) => (nth === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[nth] ?? 0))).join("  "),
    )
    .join("\n");
}

function counts(outcomes: readonly Outcome[]): string[] {
  const inColumn = (column: Column): number =>
    outcomes.filter(({ differences }) =>
      column === "as expected" ? differences.length === 0 : differences.some((one) => one.column === column),
    ).length;
  return [String(outcomes.length), ...COLUMNS.map((column) => String(inColumn(column)))];
}

/** Every surviving difference, with its site. */
export function differenceList(outcomes: readonly Outcome[]): string {
  return outcomes
    .filter(({ differences }) => differences.length > 0)
    .map(({ name, expected, verdict, differences }) =>
      [
        name,
        `  expected ${expected.verdicts.join(" or ")}: ${expected.why}`,
        `  told     ${verdict}`,
        ...differences.map(({ column, observed }) => `  ${column}: ${observed}`),
      ].join("\n"),
    )
    .join("\n\n");
}
