import { createHash } from "node:crypto";
import { aliasedTable, outOfLineOf, type TableColumns } from "../reading/columns.ts";
import type { TableQuestion } from "../reading/question.ts";
import type { Relation } from "../reading/relations.ts";
import { hashedAs, type TypeForm } from "./type-forms.ts";

export type Mode = "fast" | "strong";
export type ColumnOrder = "table" | "name";

/** A closed range to be summed beside the whole table: rows whose column `by` is before a moment. */
export interface Cut {
  readonly by: string;
  readonly before: Date;
}

/** A baseline's cut, the last drill's, and the drill's own. */
export const MAX_CUTS = 3;

/** The bind that holds a strong fingerprint's key, in hex. */
export const KEY_BIND = "key";

/** Transactions by their full numbers (xid8), `from` up to and without `to`. */
export interface Transactions {
  readonly from: bigint;
  readonly to: bigint;
}

export interface HashOptions {
  readonly mode: Mode;
  readonly columnOrder: ColumnOrder;
  readonly cuts: readonly (Cut | undefined)[];
  /** Counts the rows whose transaction is one of these. */
  readonly written?: Transactions;
}

/** Rows, and the two sums over their hashes, exact. */
export interface Sum {
  readonly rows: string;
  readonly hash: string;
}

/** What the sums of one table say, in the order of the answer: of the whole, of rows written since, and of each cut. */
export function readSums(sums: readonly string[]): { whole: Sum; written: string; cuts: Sum[] } {
  const sumAt = (nth: number): Sum => ({
    rows: sums[nth] ?? "0",
    hash: `${sums[nth + 1] ?? "0"}:${sums[nth + 2] ?? "0"}`,
  });
  return {
    whole: sumAt(0),
    written: sums[3] ?? "0",
    cuts: Array.from({ length: MAX_CUTS }, (_, nth) => sumAt(4 + 3 * nth)),
  };
}

/**
 * What is asked of one table: its rows and the sum of a hash of each, so that neither physical order nor the ranges asked matter.
 *
 * The hash is of `record_send`, the lossless wire format, in which 1.0 is not 1.00 and NULL is not ''. `fast` hashes it to 64 bits, with the
 * database's own hash: equal only within one major version, and no obstacle to a forger. `strong` is SHA-256 behind a secret key, of which two
 * words of 64 bits are summed: a sum of hashes without a key can be forged (generalised birthday), an XOR of them by linear algebra.
 */
export function hashQuestion(
  relation: Relation,
  table: TableColumns,
  forms: ReadonlyMap<bigint, TypeForm>,
  options: HashOptions,
): TableQuestion {
  const outOfLine = outOfLineOf(relation, table);
  const select = selectFor(aliasedTable(relation, table), {
    mode: options.mode,
    hash: rowHash(table, forms, options),
    cuts: Array.from({ length: MAX_CUTS }, (_, nth) => cutCondition(table, options.cuts[nth])),
    written: options.written && writtenCondition(options.written),
  });
  return { relation, keepsChunks: true, sql: select, ...(outOfLine === undefined ? {} : { outOfLine }) };
}

/** What is worked out of each row, as SQL over its columns. */
interface RowSql {
  readonly mode: Mode;
  readonly hash: string;
  /** Whether the row is in the closed range; undefined where none is asked for. */
  readonly cuts: readonly (string | undefined)[];
  readonly written: string | undefined;
}

function selectFor(from: string, { mode, hash, cuts, written }: RowSql): TableQuestion["sql"] {
  if (mode === "fast" && cuts.every((cut) => cut === undefined)) {
    // A hash that is summed once needs no fence, which costs a tenth.
    const direct = sumsOfAll({ words: [hash], written, cuts });
    return (condition) => `select ${direct} from ${from} where ${condition}`;
  }
  const sums = sumsOfAll({
    words: mode === "fast" ? ["h"] : [word(0), word(8)],
    written: written && "is_new",
    cuts: cuts.map((cut, nth) => cut && `is_cut${nth}`),
  });
  const marks = cuts.map((cut, nth) => cut && `${cut} is_cut${nth}`).concat(written && `${written} is_new`);
  const inner = [`${hash} h`, ...marks.filter((mark) => mark !== undefined)].join(", ");
  // Without the fence of OFFSET 0 the hash is computed once for each byte that is taken from it.
  return (condition) => `select ${sums} from (select ${inner} from ${from} where ${condition} offset 0) r`;
}

/** What is summed, and for which rows, as SQL. */
interface Values extends Pick<RowSql, "cuts" | "written"> {
  readonly words: readonly string[];
}

function sumsOfAll({ words, written, cuts }: Values): string {
  return [
    ...sumsOf(words),
    written === undefined ? "'0'" : `count(*) filter (where ${written})::text`,
    ...cuts.flatMap((cut) => (cut === undefined ? NO_SUMS : sumsOf(words, ` filter (where ${cut})`))),
  ]
    .map((sum, nth) => `${sum} s${nth}`)
    .join(", ");
}

/** What the hashes of a table are over. Sums over other columns, or columns of other types, say nothing about each other. */
export function shapeOf({ columns }: TableColumns, columnOrder: ColumnOrder): string {
  const named = columns.map(({ name, type }) => [name, type]);
  const inOrder = columnOrder === "table" ? named : named.sort(([a = ""], [b = ""]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(inOrder)).digest("hex").slice(0, 16);
}

/** The hash of one row, over its columns' aliases: 64 bits as a bigint, or 32 bytes. */
export function rowHash(
  table: TableColumns,
  forms: ReadonlyMap<bigint, TypeForm>,
  { mode, columnOrder }: Pick<HashOptions, "mode" | "columnOrder">,
): string {
  const columns =
    columnOrder === "table" ? table.columns : [...table.columns].sort((a, b) => (a.name < b.name ? -1 : 1));
  const values = columns.map(({ position, typeOid }) =>
    hashedAs(`c${position}`, forms.get(typeOid) ?? { form: "text" }),
  );
  const record = `record_send(row(${values.join(", ")}))`;
  return mode === "fast"
    ? `hash_record_extended(row(${record}), 0)`
    : `sha256(decode(:${KEY_BIND}, 'hex') || ${record})`;
}

/** Eight bytes of the hash as a bigint. `<<` and `|` have one precedence, hence the parentheses. */
function word(from: number): string {
  const bytes = Array.from({ length: 8 }, (_, nth) => {
    const shift = 56 - nth * 8;
    const byte = `get_byte(h, ${from + nth})::bigint`;
    return shift === 0 ? byte : `(${byte} << ${shift})`;
  });
  return `(${bytes.join(" | ")})`;
}

const NO_SUMS = ["'0'", "'0'", "'0'"];

function sumsOf([first = "0", second]: readonly string[], filter = ""): string[] {
  const sum = (value: string): string => `coalesce(sum(${value})${filter}, 0)::text`;
  return [`count(*)${filter}::text`, sum(first), second === undefined ? "'0'" : sum(second)];
}

/** Rows keep 32 bits of their transaction's number, frozen ones too; those below 3 are PostgreSQL's own. */
const XIDS = 2n ** 32n;

/** An old row whose 32 bits come round into the range is taken for one of it: with a range of a million, one of 4,000. */
function writtenCondition({ from, to }: Transactions): string {
  const number = "xmin::text::bigint";
  return `(${number} > 2 and (${number} - ${from % XIDS} + ${XIDS}) % ${XIDS} < ${to - from})`;
}

const FARTHEST_BEHIND_UTC_MS = 12 * 3_600_000;

function cutCondition(table: TableColumns, cut: Cut | undefined): string | undefined {
  if (cut === undefined) return undefined;
  const column = table.columns.find(({ name }) => name === cut.by);
  if (column === undefined) return undefined;
  const alias = `c${column.position}`;
  if (!column.type.startsWith("date") && !column.type.includes("without time zone"))
    return `${alias}::timestamptz < '${cut.before.toISOString()}'::timestamptz`;
  // No zone: the clock that wrote it may be 12 hours behind UTC, and what it calls today goes on until then.
  const local = new Date(cut.before.getTime() - FARTHEST_BEHIND_UTC_MS).toISOString();
  return column.type === "date"
    ? `${alias} < '${local.slice(0, 10)}'::date`
    : `${alias} < '${local.slice(0, -1)}'::timestamp`;
}
