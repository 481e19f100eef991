import type { Relation } from "./relations.ts";

/** One table, and what is asked of its rows. */
export interface TableQuestion {
  readonly relation: Relation;
  /**
   * A statement of one row of sums, as text, over the rows that the condition on `ctid` selects. Sums of parts of the table add up to the sum
   * of the table, whatever the parts. All questions of one walk answer the same number of columns.
   */
  sql(condition: string): string;
  /** Whether the sums of each range asked are kept beside those of the table. */
  readonly keepsChunks?: boolean;
  /** How many bytes of a row are kept out of line, as SQL over the columns that may be; absent when none is. */
  readonly outOfLine?: OutOfLine;
}

/** `from only s.t t(c1, c2)` and `coalesce(pg_column_size(c1), 0)`. */
export interface OutOfLine {
  readonly from: string;
  readonly bytes: string;
}
