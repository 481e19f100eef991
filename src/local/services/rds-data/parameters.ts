import type { Field, SqlParameter } from "@aws-sdk/client-rds-data";
import { ServiceError } from "../../wire/service.ts";

/** A statement as PostgreSQL's extended protocol takes it. */
export interface BoundStatement {
  readonly text: string;
  /** Type OIDs; 0 leaves the type to the server. */
  readonly types: readonly number[];
  readonly values: readonly (string | Buffer | null)[];
}

const OID = { bool: 16, bytea: 17, int8: 20, json: 114, float8: 701, varchar: 1043, date: 1082, time: 1083 } as const;
const HINTED_OID: Readonly<Record<string, number>> = {
  DATE: OID.date,
  DECIMAL: 1700,
  JSON: OID.json,
  TIME: OID.time,
  TIMESTAMP: 1114,
  UUID: 2950,
};

/**
 * What `:name` is not: inside a string, a quoted identifier or a comment, and half of a `::` cast. Dollar quotes and array slices are
 * deliberately not known: the Data API replaces `:name` there too (measured on Aurora PostgreSQL 17.9 by the pgwire proxy
 * "aurora-data-api", docs/compatibility: `SELECT $$a :b c$$` answers `a $1 c`), and a check that passes here must pass there.
 */
const TOKEN =
  /[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|::|:([A-Za-z_][A-Za-z0-9_]*|\d+)/g;

/** Replaces the named placeholders by `$1`, `$2`, ... in the order they first appear. Throws `BadRequestException`. */
export function bindParameters(sql: string, parameters: readonly SqlParameter[] = []): BoundStatement {
  const given = byName(parameters);
  const numbers = new Map<string, number>();
  const text = sql.replace(TOKEN, (token: string, name: string | undefined) => {
    if (name === undefined) return token;
    const number = numbers.get(name) ?? numbers.size + 1;
    numbers.set(name, number);
    return `$${number}`;
  });
  const names = [...numbers.keys()];
  for (const name of given.keys()) {
    if (!numbers.has(name)) throw badRequest(`Cannot find parameter: ${name}`);
  }
  // What was not given is not bound: a placeholder that PostgreSQL does not see (in a dollar quote) then does no harm.
  const bound = names.slice(0, names.findLastIndex((name) => given.has(name)) + 1);
  const values = bound.map((name) => boundValue(given.get(name)));
  return { text, types: values.map(({ type }) => type), values: values.map(({ value }) => value) };
}

function byName(parameters: readonly SqlParameter[]): Map<string, SqlParameter> {
  const given = new Map<string, SqlParameter>();
  for (const parameter of parameters) {
    if (!parameter.name) throw badRequest("Named parameters are required: a parameter has no name.");
    if (given.has(parameter.name)) throw badRequest(`Parameter ${parameter.name} is given more than once.`);
    given.set(parameter.name, parameter);
  }
  return given;
}

/** A string binds as varchar: comparing it with a uuid, a date or a json column needs a type hint or a cast. */
function boundValue(parameter: SqlParameter | undefined): { type: number; value: string | Buffer | null } {
  const field: Field | undefined = parameter?.value;
  const hinted = HINTED_OID[parameter?.typeHint ?? ""];
  if (field === undefined || field.isNull) return { type: hinted ?? 0, value: null };
  if (field.stringValue !== undefined) return { type: hinted ?? OID.varchar, value: field.stringValue };
  if (hinted !== undefined) throw badRequest(`The type hint ${parameter?.typeHint} applies to string values only.`);
  if (field.booleanValue !== undefined) return { type: OID.bool, value: String(field.booleanValue) };
  if (field.longValue !== undefined) return { type: OID.int8, value: String(field.longValue) };
  if (field.doubleValue !== undefined) return { type: OID.float8, value: String(field.doubleValue) };
  if (field.blobValue !== undefined) return { type: OID.bytea, value: Buffer.from(field.blobValue) };
  throw badRequest("Array parameters are not supported.");
}

function badRequest(message: string): ServiceError {
  return new ServiceError("BadRequestException", message);
}
