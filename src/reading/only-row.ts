import type { Row } from "../aws/data-api/values.ts";

/** The row of an aggregate over everything, which is always there: an answer without it is no count of zero. @throws TypeError then */
export function onlyRow(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined || rows.length > 1) throw new TypeError(`An aggregate answered ${rows.length} rows, not one.`);
  return row;
}
