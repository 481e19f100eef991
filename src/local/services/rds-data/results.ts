import type { ColumnMetadata, ExecuteStatementResponse, ResultSetOptions } from "@aws-sdk/client-rds-data";
import type { FieldDef } from "pg";
import { ServiceError } from "../../wire/service.ts";
import { fieldOf, jsonOf } from "./fields.ts";
import type { Session } from "./session.ts";
import type { StatementResult } from "./statement-run.ts";
import { type CatalogType, knownType, ownType, type ResultType, refusedName } from "./types.ts";

/** How many rows a statement changed; a SELECT changes none. */
export function changedRows(command: string): number {
  const [, rows] = /^(?:INSERT \d+|UPDATE|DELETE|MERGE) (\d+)$/.exec(command) ?? [];
  return Number(rows ?? 0);
}

/** The type of each column. Throws `UnsupportedResultException` for the first that the Data API does not return. */
export async function columnTypes(session: Session, columns: readonly FieldDef[]): Promise<ResultType[]> {
  const unknown = columns.map(({ dataTypeID }) => dataTypeID).filter((oid) => !knownType(oid));
  const catalog = unknown.length === 0 ? new Map<number, CatalogType>() : await lookUp(session, unknown);
  return columns.map(({ dataTypeID: oid }) => {
    const inCatalog = catalog.get(oid);
    const type = knownType(oid) ?? (inCatalog && ownType(inCatalog));
    if (type) return type;
    const name = refusedName(inCatalog?.name ?? `oid ${oid}`);
    throw new ServiceError("UnsupportedResultException", `The result contains the unsupported data type ${name}.`);
  });
}

async function lookUp(session: Session, oids: number[]): Promise<Map<number, CatalogType>> {
  const rows = await session.query<CatalogType>(
    `select t.oid::int8::float8 as oid, t.typname as name, t.typtype as kind, e.typtype as "elementKind"
       from pg_type t left join pg_type e on e.oid = t.typelem and t.typcategory = 'A'
      where t.oid = any($1::oid[])`,
    [oids],
  );
  return new Map(rows.map((row) => [row.oid, { ...row, elementKind: row.elementKind ?? undefined }] as const));
}

export function recordsOf(
  result: StatementResult,
  types: readonly ResultType[],
  options: ResultSetOptions | undefined,
): ExecuteStatementResponse["records"] {
  return result.rows.map((row) => row.map((value, index) => fieldOf(value, typeAt(types, index), options)));
}

/** One JSON array of objects by column label. Duplicate labels would lose values, so they are refused. */
export function formattedRecords(result: StatementResult, types: readonly ResultType[], maxBytes: number): string {
  const labels = result.columns.map(({ name }) => name);
  const twice = labels.find((label, index) => labels.indexOf(label) !== index);
  if (twice !== undefined) {
    throw new ServiceError("UnsupportedResultException", `The result contains duplicate column names: ${twice}`);
  }
  const objects = result.rows.map((row) =>
    Object.fromEntries(row.map((value, index) => [labels[index], jsonOf(value, typeAt(types, index))])),
  );
  const json = JSON.stringify(objects);
  if (Buffer.byteLength(json) <= maxBytes) return json;
  throw new ServiceError("UnsupportedResultException", "The formatted result exceeds the size limit 10 MB.");
}

function typeAt(types: readonly ResultType[], index: number): ResultType {
  const type = types[index];
  if (!type) throw new RangeError(`The result has a value in column ${index + 1}, which it did not describe.`);
  return type;
}

interface TableColumn {
  readonly tableId: number;
  readonly columnId: number;
  readonly schemaName: string;
  readonly tableName: string;
  readonly isRequired: boolean;
}

/** java.sql.ResultSetMetaData: columnNoNulls, columnNullable, columnNullableUnknown. */
const NULLABLE = { no: 0, yes: 1, unknown: 2 } as const;
const SIGNED = new Set(["int2", "int4", "int8", "float4", "float8", "numeric"]);

export async function metadataOf(
  session: Session,
  columns: readonly FieldDef[],
  types: readonly ResultType[],
): Promise<ColumnMetadata[]> {
  const tableIds = [...new Set(columns.map(({ tableID }) => tableID))].filter((oid) => oid !== 0);
  const origins = tableIds.length === 0 ? [] : await tableColumns(session, tableIds);
  return columns.map((column, index) => {
    const type = typeAt(types, index);
    const origin = origins.find((one) => one.tableId === column.tableID && one.columnId === column.columnID);
    const nullable = origin ? (origin.isRequired ? NULLABLE.no : NULLABLE.yes) : NULLABLE.unknown;
    return {
      name: column.name,
      label: column.name,
      typeName: type.name,
      type: type.jdbcType,
      nullable,
      schemaName: origin?.schemaName ?? "",
      tableName: origin?.tableName ?? "",
      arrayBaseColumnType: 0,
      isAutoIncrement: false,
      isCaseSensitive: type.carrier === "string",
      isCurrency: false,
      isSigned: SIGNED.has(type.name),
      ...sizeOf(type, column.dataTypeModifier),
    };
  });
}

/** Type modifiers: numeric(p,s) holds (p << 16 | s) + 4, varchar(n) n + 4, -1 means none. */
function sizeOf(type: ResultType, modifier: number): { precision: number; scale: number } {
  if (modifier < 4) return { precision: 0, scale: 0 };
  if (type.name === "numeric") return { precision: (modifier - 4) >> 16, scale: (modifier - 4) & 0xff_ff };
  return { precision: type.name === "varchar" || type.name === "bpchar" ? modifier - 4 : 0, scale: 0 };
}

function tableColumns(session: Session, tableIds: number[]): Promise<TableColumn[]> {
  return session.query<TableColumn & Record<string, unknown>>(
    `select c.oid::int8::float8 as "tableId", a.attnum as "columnId", n.nspname as "schemaName", c.relname as "tableName",
            a.attnotnull as "isRequired"
       from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
      where c.oid = any($1::oid[]) and a.attnum > 0`,
    [tableIds],
  );
}
