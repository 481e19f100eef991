/** How a value travels: which member of the Data API's `Field` union it fills. */
export type Carrier =
  | "boolean"
  | "long"
  | "double"
  | "decimal"
  | "string"
  | "blob"
  | "date"
  | "time"
  | "timestamp"
  | "timestamptz";

export interface ResultType {
  /** As `columnMetadata.typeName` spells it. */
  readonly name: string;
  readonly carrier: Carrier;
  readonly isArray: boolean;
  /** The number of java.sql.Types, which the service answers as `columnMetadata.type`. */
  readonly jdbcType: number;
}

/** A type outside the catalog of built-in ones, as pg_type describes it. */
export interface CatalogType {
  readonly oid: number;
  readonly name: string;
  /** `b`ase, `c`omposite, `d`omain, `e`num, `p`seudo, `r`ange, `m`ultirange. */
  readonly kind: string;
  /** The element's kind for an array, else undefined. */
  readonly elementKind: string | undefined;
}

type Row = readonly [oid: number, arrayOid: number, name: string, carrier: Carrier, jdbcType: number];

/**
 * What the Data API is known to return (Aurora user guide, "Data API operations reference"; compatibility page of the pgwire proxy for
 * the Data API, measured on Aurora PostgreSQL 17.9). What is not listed is refused, as the service refuses interval, timetz, money,
 * xml, "char", reg* and geometric types: a check that needs a cast to text on AWS must need it here.
 */
const KNOWN: readonly Row[] = [
  [16, 1000, "bool", "boolean", -7],
  [17, 0, "bytea", "blob", -2],
  [19, 1003, "name", "string", 12],
  [20, 1016, "int8", "long", -5],
  [21, 1005, "int2", "long", 5],
  [23, 1007, "int4", "long", 4],
  [25, 1009, "text", "string", 12],
  [26, 1028, "oid", "long", -5],
  [114, 199, "json", "string", 1111],
  [650, 651, "cidr", "string", 1111],
  [700, 1021, "float4", "double", 7],
  [701, 1022, "float8", "double", 8],
  [869, 1041, "inet", "string", 1111],
  [1042, 1014, "bpchar", "string", 1],
  [1043, 1015, "varchar", "string", 12],
  [1082, 1182, "date", "date", 91],
  [1083, 1183, "time", "time", 92],
  [1114, 1115, "timestamp", "timestamp", 93],
  [1184, 1185, "timestamptz", "timestamptz", 93],
  [1560, 1561, "bit", "string", -7],
  [1700, 1231, "numeric", "decimal", 2],
  [2950, 2951, "uuid", "string", 1111],
  [3802, 3807, "jsonb", "string", 1111],
  // What a function without a result answers, e.g. bt_index_check: an empty string.
  [2278, 0, "void", "string", 1111],
];

const ARRAY = 2003;
const OTHER = 1111;

const BY_OID = new Map<number, ResultType>(
  KNOWN.flatMap(([oid, arrayOid, name, carrier, jdbcType]) => [
    [oid, { name, carrier, isArray: false, jdbcType }],
    ...(arrayOid === 0
      ? []
      : ([[arrayOid, { name: `_${name}`, carrier, isArray: true, jdbcType: ARRAY }]] as [number, ResultType][])),
  ]),
);

/** The refusals whose spelling is known; the others are named as PostgreSQL names them. */
const REFUSED_NAMES: Readonly<Record<string, string>> = { char: '"CHAR"' };
const REFUSED_IN_CAPITALS =
  /^(interval|timetz|money|point|lseg|path|box|polygon|line|circle|xml|bpchar|varbit|macaddr8?)$/;

/** A built-in type that can be returned; undefined asks for a look into pg_type. */
export function knownType(oid: number): ResultType | undefined {
  return BY_OID.get(oid);
}

/** A type of the database's own, if it can be returned: enums, and base types of extensions (citext, vector), as text. */
export function ownType(type: CatalogType): ResultType | undefined {
  // Below 16384 are PostgreSQL's own types: those that are returned are all known.
  if (type.oid < 16_384) return undefined;
  const isArray = type.elementKind !== undefined;
  const kind = type.elementKind ?? type.kind;
  if (kind !== "e" && kind !== "b") return undefined;
  return { name: type.name, carrier: "string", isArray, jdbcType: isArray ? ARRAY : OTHER };
}

export function refusedName(typeName: string): string {
  return REFUSED_NAMES[typeName] ?? (REFUSED_IN_CAPITALS.test(typeName) ? typeName.toUpperCase() : typeName);
}
