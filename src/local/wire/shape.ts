/**
 * Shapes: the SDK's schemas, compiled once into what the wire layer asks of them on every call.
 */
import { NormalizedSchema } from "@smithy/core/schema";
import type { SchemaRef, SchemaTraitsObject } from "@smithy/types";

export type Shape = Structure | ListShape | MapShape | Scalar;

export interface Structure {
  readonly kind: "structure";
  readonly name: string;
  /** A union holds exactly one of its members. */
  readonly union: boolean;
  readonly schema: NormalizedSchema;
  readonly members: ReadonlyMap<string, Member>;
  readonly required: readonly string[];
}

export interface ListShape {
  readonly kind: "list";
  readonly element: Member;
  readonly sparse: boolean;
}

export interface MapShape {
  readonly kind: "map";
  readonly key: Member;
  readonly value: Member;
  readonly sparse: boolean;
}

export interface Scalar {
  readonly kind:
    | "string"
    | "number"
    | "boolean"
    | "blob"
    | "streaming blob"
    | "timestamp"
    | "big integer"
    | "big decimal"
    | "document";
  /** Of timestamps: what the schema itself asks for, else the protocol's default. */
  readonly timestampFormat?: TimestampFormat;
}

export type TimestampFormat = "date-time" | "http-date" | "epoch-seconds";

/** A place that holds a value: a structure's member, a list's element, a map's key or value. */
export interface Member {
  readonly name: string;
  readonly schema: NormalizedSchema;
  readonly traits: SchemaTraitsObject;
  /** Compiled on first use: shapes refer to each other in circles. */
  readonly shape: Shape;
}

class CompiledMember implements Member {
  readonly name: string;
  readonly schema: NormalizedSchema;
  readonly traits: SchemaTraitsObject;
  #shape: Shape | undefined;

  constructor(name: string, schema: NormalizedSchema) {
    this.name = name;
    this.schema = schema;
    this.traits = schema.getMergedTraits();
  }

  get shape(): Shape {
    this.#shape ??= shapeOf(this.schema);
    return this.#shape;
  }
}

const compiled = new WeakMap<object, Shape>();

/** The shape that a schema describes. The same shape object is answered for the same schema. */
function shapeOf(schema: NormalizedSchema): Shape {
  const raw = schema.getSchema();
  if (typeof raw !== "object") return compile(schema);
  const known = compiled.get(raw);
  if (known) return known;
  const shape = compile(schema);
  compiled.set(raw, shape);
  return shape;
}

/** The structure that is an operation's input, output or error; Smithy's "unit" is a structure without members. */
export function structureOf(ref: SchemaRef): Structure {
  const schema = NormalizedSchema.of(ref);
  if (schema.isUnitSchema()) {
    return { kind: "structure", name: "Unit", union: false, schema, members: new Map(), required: [] };
  }
  const shape = shapeOf(schema);
  if (shape.kind !== "structure") throw new TypeError(`${schema.getName(true)} is a ${shape.kind}, not a structure`);
  return shape;
}

function compile(schema: NormalizedSchema): Shape {
  if (schema.isStructSchema()) return compileStructure(schema);
  const sparse = Boolean(schema.getMergedTraits()["sparse"]);
  if (schema.isListSchema()) {
    return { kind: "list", element: new CompiledMember("member", schema.getValueSchema()), sparse };
  }
  if (schema.isMapSchema()) {
    const key = new CompiledMember("key", schema.getKeySchema());
    return { kind: "map", key, value: new CompiledMember("value", schema.getValueSchema()), sparse };
  }
  return compileScalar(schema);
}

function compileStructure(schema: NormalizedSchema): Structure {
  const members = new Map<string, Member>();
  for (const [name, member] of schema.structIterator()) members.set(name, new CompiledMember(name, member));
  // A static structure is [kind, namespace, name, traits, member names, member schemas, count of required members],
  // and its required members come first.
  const raw: unknown = schema.getSchema();
  const requiredCount = Array.isArray(raw) && !schema.isUnionSchema() ? Number(raw[6] ?? 0) : 0;
  const required = [...members.keys()].slice(0, requiredCount);
  return {
    kind: "structure",
    name: schema.getName() ?? "",
    union: schema.isUnionSchema(),
    schema,
    members,
    required,
  };
}

/** The SDK's sentinel numbers for timestamps whose format the model fixes. */
const TIMESTAMP_FORMATS = new Map<unknown, TimestampFormat>([
  [5, "date-time"],
  [6, "http-date"],
  [7, "epoch-seconds"],
]);

function compileScalar(schema: NormalizedSchema): Scalar {
  if (schema.isStringSchema()) return { kind: "string" };
  if (schema.isNumericSchema()) return { kind: "number" };
  if (schema.isBooleanSchema()) return { kind: "boolean" };
  if (schema.isBlobSchema()) return { kind: schema.isStreaming() ? "streaming blob" : "blob" };
  if (schema.isBigIntegerSchema()) return { kind: "big integer" };
  if (schema.isBigDecimalSchema()) return { kind: "big decimal" };
  if (schema.isTimestampSchema()) {
    const timestampFormat = TIMESTAMP_FORMATS.get(schema.getSchema());
    return timestampFormat ? { kind: "timestamp", timestampFormat } : { kind: "timestamp" };
  }
  return { kind: "document" };
}
