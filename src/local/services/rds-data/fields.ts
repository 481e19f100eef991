import type { ArrayValue, Field, ResultSetOptions } from "@aws-sdk/client-rds-data";
import pg from "pg";
import { ServiceError } from "../../wire/service.ts";
import type { Carrier, ResultType } from "./types.ts";

/** The driver's array parser is an object at run time; its declaration says a function. */
const arrayParser = pg.types.arrayParser as unknown as {
  create<T>(source: string, read: (element: string) => T): { parse(): (T | null)[] };
};

/**
 * One value of a result, from PostgreSQL's text form, in the form that was asked for: an integer of any width is a LONG field; a decimal
 * with `DOUBLE_OR_LONG` is "a Long value if its scale is 0, or a Double value otherwise" (Data API reference, ResultSetOptions, which says
 * nothing of arrays: they stay as they are). Throws `UnsupportedResultException`, and what an infinite instant makes. */
export function fieldOf(text: string | null, type: ResultType, options: ResultSetOptions = {}): Field {
  if (text === null) return { isNull: true };
  if (type.isArray) return { arrayValue: arrayOf(text, type) };
  switch (type.carrier) {
    case "boolean":
      return { booleanValue: text === "t" };
    case "long":
      return options.longReturnType === "STRING" ? { stringValue: text } : { longValue: Number(text) };
    case "double":
      return { doubleValue: Number(text) };
    case "decimal":
      return decimalOf(text, options);
    case "blob":
      return { blobValue: Buffer.from(text.slice(2), "hex") };
    default:
      return { stringValue: textOf(text, type.carrier) };
  }
}

function decimalOf(text: string, { decimalReturnType, longReturnType }: ResultSetOptions): Field {
  if (decimalReturnType !== "DOUBLE_OR_LONG") return { stringValue: text };
  if (!/^-?\d+$/.test(text)) return { doubleValue: Number(text) };
  return longReturnType === "STRING" ? { stringValue: text } : { longValue: Number(text) };
}

/** The same value for `formatRecordsAs: "JSON"`. */
export function jsonOf(text: string | null, type: ResultType): unknown {
  if (text === null) return null;
  if (type.isArray) return Object.values(arrayOf(text, type))[0];
  if (type.carrier === "boolean") return text === "t";
  if (type.carrier === "long" || type.carrier === "double" || type.carrier === "decimal") return Number(text);
  if (type.carrier === "blob") return Buffer.from(text.slice(2), "hex").toString("base64");
  return textOf(text, type.carrier);
}

function arrayOf(text: string, type: ResultType): ArrayValue {
  // `{{1,2},{3,4}}`, or with bounds that do not begin at 1 `[0:1][0:1]={{...`.
  if (/^(\[[^=]*=)?\{\{/.test(text)) {
    throw new ServiceError("UnsupportedResultException", "The result contains a multidimensional array.");
  }
  const elements = <T>(read: (element: string) => T): (T | null)[] =>
    arrayParser.create(text.replace(/^\[[^=]*=/, ""), read).parse();
  switch (type.carrier) {
    case "boolean":
      return { booleanValues: elements((element) => element === "t") };
    case "long":
      return { longValues: elements(Number) };
    case "double":
      return { doubleValues: elements(Number) };
    default:
      return { stringValues: elements((element) => textOf(element, type.carrier)) };
  }
}

function textOf(text: string, carrier: Carrier): string {
  if (carrier === "time" || carrier === "timestamp" || carrier === "timestamptz" || carrier === "date") {
    if (/infinity$/.test(text)) throw new ServiceError("InternalServerErrorException", "");
  }
  if (carrier === "time" || carrier === "timestamp") return withFraction(text);
  return carrier === "timestamptz" ? utcOf(text) : text;
}

/** No fraction when it is zero, milliseconds where they are enough, else microseconds. */
function withFraction(text: string): string {
  return text.replace(/\.(\d+)$/, (_all, digits: string) => {
    const micros = digits.padEnd(6, "0");
    return `.${micros.endsWith("000") ? micros.slice(0, 3) : micros}`;
  });
}

const INSTANT = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?( BC)?$/;

/** The Data API answers the UTC wall clock and drops the zone. */
function utcOf(text: string): string {
  const match = INSTANT.exec(text);
  if (!match) return text;
  const [, date = "", time = "", fraction = "", sign, hours = "0", minutes = "0", seconds = "0", era = ""] = match;
  const offsetSeconds = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  if (offsetSeconds === 0 || era !== "") return withFraction(`${date} ${time}${fraction}`) + era;
  const local = Date.parse(`${date}T${time}Z`);
  const utc = new Date(local + (sign === "-" ? 1000 : -1000) * offsetSeconds).toISOString();
  return withFraction(`${utc.slice(0, 19).replace("T", " ")}${fraction}`);
}
