import type * as z from "zod/mini";
import type { Value } from "../aws/data-api/values.ts";
import type { MigrationExpectation, RowsExpectation, SqlExpectation } from "../plan/checks.ts";

export type Expectation = z.infer<typeof RowsExpectation> | z.infer<typeof SqlExpectation>;

/** A report is read by people: ten names show what is wrong, the count how widely. */
export const MAX_LISTED = 10;

type Scalar = string | number | boolean;

/** `between 1,000 and 2,000 rows`, `exactly "shipped"`, `no rows`. */
export function describeExpectation(expect: Expectation, noun?: string): string {
  const suffix = noun === undefined ? "" : ` ${noun}${isOne(expect) ? "" : "s"}`;
  if ("noRows" in expect && expect.noRows !== undefined) return "no rows";
  if (expect.equals !== undefined) return `exactly ${describeScalar(expect.equals)}${suffix}`;
  if (expect.between !== undefined) return `between ${expect.between.map(describeScalar).join(" and ")}${suffix}`;
  if (expect.atLeast !== undefined) return `at least ${describeScalar(expect.atLeast)}${suffix}`;
  return `at most ${describeScalar(expect.atMost ?? 0)}${suffix}`;
}

const isOne = ({ equals, atLeast, atMost }: Expectation): boolean => [equals, atLeast, atMost].includes(1);

const describeScalar = (value: Scalar): string =>
  typeof value === "number" ? value.toLocaleString("en-US", { maximumFractionDigits: 20 }) : JSON.stringify(value);

/** Whether the value is what it should be. Numbers compare as numbers (integers exactly, at any size), text as text; null meets nothing. */
export function meets(expect: Expectation, observed: Value): boolean {
  if (observed === null) return false;
  if (expect.equals !== undefined && typeof expect.equals !== "number")
    return textOf(observed) === String(expect.equals);
  const value = numberOf(observed);
  if (value === undefined) return false;
  if (expect.equals !== undefined) return value >= expect.equals && value <= expect.equals;
  if (expect.between !== undefined) return value >= expect.between[0] && value <= expect.between[1];
  if (expect.atLeast !== undefined) return value >= expect.atLeast;
  return expect.atMost !== undefined && value <= expect.atMost;
}

/** JavaScript compares a bigint with a number exactly, so integers never pass through a float. */
function numberOf(value: Value): bigint | number | undefined {
  if (typeof value === "bigint" || typeof value === "number") return value;
  if (typeof value !== "string" || value.trim() === "") return undefined;
  if (/^-?\d+$/.test(value)) return BigInt(value);
  const number = Number(value);
  return Number.isNaN(number) ? undefined : number;
}

function textOf(value: Value): string {
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString("hex")}`;
  return Array.isArray(value) ? `{${value.map(textOf).join(",")}}` : String(value);
}

/** `1,234 rows`, `1 row`. */
export function countOf(count: bigint | number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${BigInt(count) === 1n ? "" : "s"}`;
}

/** The first few names, and how many more there are. */
export function listOf(names: readonly string[], total = names.length): string {
  const shown = names.slice(0, MAX_LISTED);
  return total > shown.length ? `${shown.join(", ")} and ${countOf(total - shown.length, "other")}` : shown.join(", ");
}
/** Versions: digits compare as numbers (`9` before `10`, at any length), anything else as text. Negative when `a` is before `b`. */
export function compareVersions(a: string, b: string): number {
  if (/^\d+$/.test(a) && /^\d+$/.test(b)) {
    const [left, right] = [BigInt(a), BigInt(b)];
    return left === right ? 0 : left < right ? -1 : 1;
  }
  return a === b ? 0 : a < b ? -1 : 1;
}

export function meetsVersion(expect: z.infer<typeof MigrationExpectation>, head: string): boolean {
  if (expect.equals !== undefined) return compareVersions(head, expect.equals) === 0;
  return expect.atLeast !== undefined && compareVersions(head, expect.atLeast) >= 0;
}
