/** Scalars as text: in a form, a header, a path, a query string. */
import { NumericValue } from "@smithy/core/serde";
import type { Scalar, TimestampFormat } from "./shape.ts";
import { wrongType } from "./shape-check.ts";

const NUMBER = /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/;
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The SDK's value of a scalar written as text; throws `ShapeMismatch` naming `path` when the text is no such scalar. */
export function readScalarText(scalar: Scalar, text: string, path: string, defaultFormat: TimestampFormat): unknown {
  switch (scalar.kind) {
    case "number":
      if (!NUMBER.test(text)) throw wrongType(path, "number", text);
      return Number(text);
    case "boolean":
      if (text !== "true" && text !== "false") throw wrongType(path, "boolean (true or false)", text);
      return text === "true";
    case "timestamp":
      return readTimestamp(scalar.timestampFormat ?? defaultFormat, text, path);
    case "blob":
    case "streaming blob":
      return readBase64(text, path);
    case "big integer":
      if (!/^-?\d+$/.test(text)) throw wrongType(path, "big integer", text);
      return BigInt(text);
    case "big decimal":
      if (!NUMBER.test(text)) throw wrongType(path, "big decimal", text);
      return new NumericValue(text, "bigDecimal");
    default:
      return text;
  }
}

/** A timestamp in one of Smithy's three formats; throws `ShapeMismatch` when it is in none of them. */
export function readTimestamp(format: TimestampFormat, value: unknown, path: string): Date {
  let millis = Number.NaN;
  if (format === "epoch-seconds") {
    millis = typeof value === "number" ? value * 1000 : NUMBER.test(String(value)) ? Number(value) * 1000 : Number.NaN;
  } else if (typeof value === "string" && (format === "http-date" || DATE_TIME.test(value))) {
    millis = Date.parse(value);
  }
  if (Number.isNaN(millis)) throw wrongType(path, `timestamp (${format})`, value);
  return new Date(Math.round(millis));
}

/** Bytes from base64; throws `ShapeMismatch` when the text is not base64 (Node itself would skip what it cannot read). */
export function readBase64(text: unknown, path: string): Uint8Array {
  if (typeof text !== "string" || !BASE64.test(text)) throw wrongType(path, "blob (base64)", text);
  return Buffer.from(text, "base64");
}

/** A scalar as text: the inverse of `readScalarText`. */
export function writeScalarText(scalar: Scalar, value: unknown, defaultFormat: TimestampFormat): string {
  if (value instanceof Date) return writeTimestamp(scalar.timestampFormat ?? defaultFormat, value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof NumericValue) return value.string;
  return String(value);
}

function writeTimestamp(format: TimestampFormat, value: Date): string {
  if (format === "http-date") return value.toUTCString();
  return format === "epoch-seconds" ? String(value.getTime() / 1000) : value.toISOString();
}
