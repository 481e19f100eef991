import type { Field, SqlParameter } from "@aws-sdk/client-rds-data";

/** What a statement may be given. A bigint arrives exactly at any size; the statement casts (`:n::bigint`) where a type matters. */
export type Bind = string | bigint | boolean | Uint8Array | null | { readonly uuid: string };

export type Value = string | bigint | number | boolean | Uint8Array | null | readonly Value[];

/** Strings bind as varchar, so a uuid needs its hint; a long beyond 2^53 would lose digits as a JSON number. */
export function parameterOf(name: string, bind: Bind): SqlParameter {
  if (bind === null) return { name, value: { isNull: true } };
  if (typeof bind === "string") return { name, value: { stringValue: bind } };
  if (typeof bind === "boolean") return { name, value: { booleanValue: bind } };
  if (typeof bind === "bigint") {
    const asNumber = Number(bind);
    if (Number.isSafeInteger(asNumber)) return { name, value: { longValue: asNumber } };
    return { name, value: { stringValue: bind.toString() }, typeHint: "DECIMAL" };
  }
  if (bind instanceof Uint8Array) return { name, value: { blobValue: bind } };
  return { name, value: { stringValue: bind.uuid }, typeHint: "UUID" };
}

/** Our own statement answered another type than it should, or nothing: a defect of ours or of the Data API, and never a finding. */
export class AnswerUnexpected extends TypeError {
  override readonly name = "AnswerUnexpected";
}

function readField(field: Field): Value {
  if (field.stringValue !== undefined) return field.stringValue;
  if (field.longValue !== undefined) return exactly(field.longValue);
  if (field.booleanValue !== undefined) return field.booleanValue;
  if (field.doubleValue !== undefined) return field.doubleValue;
  if (field.blobValue !== undefined) return field.blobValue;
  if (field.arrayValue !== undefined) return arrayOf(field.arrayValue);
  return null;
}

/** A JSON number may be any number, whatever the member is called. */
function exactly(long: number): bigint {
  if (Number.isInteger(long)) return BigInt(long);
  throw new AnswerUnexpected("A long value of the answer is not an integer.");
}

/** Elements may be null, whatever the SDK's older types say. */
function arrayOf(array: NonNullable<Field["arrayValue"]>): Value[] {
  const elements: readonly Element[] =
    array.stringValues ?? array.longValues ?? array.booleanValues ?? array.doubleValues ?? array.arrayValues ?? [];
  const isLong = array.longValues !== undefined;
  return elements.map((element) => {
    if (typeof element === "number" && isLong) return exactly(element);
    return typeof element === "object" && element !== null ? arrayOf(element) : element;
  });
}

type Element = string | number | boolean | null | NonNullable<Field["arrayValue"]>;

/** One row of an answer, read by position. A reader throws AnswerUnexpected when our own statement answered another type than it should. */
export class Row {
  readonly values: readonly Value[];

  constructor(fields: readonly Field[]) {
    this.values = fields.map(readField);
  }

  textOrNull(position: number): string | null {
    const value = this.values[position];
    return value === undefined || value === null ? null : String(value);
  }

  text(position: number): string {
    const value = this.textOrNull(position);
    if (value === null) throw new AnswerUnexpected(`Column ${position + 1} of the answer is null or absent, not text.`);
    return value;
  }

  /** Exact at any size: statements cast counts and sums to text. */
  integer(position: number): bigint {
    const text = this.text(position);
    if (!/^-?\d+$/.test(text)) throw new AnswerUnexpected(`Column ${position + 1} of the answer is not an integer.`);
    return BigInt(text);
  }

  flag(position: number): boolean {
    const value = this.values[position];
    if (typeof value !== "boolean")
      throw new AnswerUnexpected(`Column ${position + 1} of the answer is not a boolean.`);
    return value;
  }
}
