/**
 * Holds a value against its shape. Inputs are checked so that a misspelt member cannot pass unseen (real SDK clients drop it
 * silently); outputs are checked so that a local service cannot answer what AWS could not.
 */
import { Readable } from "node:stream";
import { NumericValue } from "@smithy/core/serde";
import type { ListShape, MapShape, Scalar, Shape, Structure } from "./shape.ts";

export type MismatchKind = "unknown" | "missing" | "type";

/** A value that does not have its shape; `path` names the member as the SDK spells it (`Tags[0].Key`). */
export class ShapeMismatch extends Error {
  override readonly name = "ShapeMismatch";
  readonly kind: MismatchKind;
  readonly path: string;

  constructor(kind: MismatchKind, path: string, detail: string) {
    super(detail);
    this.kind = kind;
    this.path = path;
  }
}

export function unknownMember(path: string, structureName: string): ShapeMismatch {
  return new ShapeMismatch("unknown", path, `Unknown member ${path}: ${structureName} has no such member`);
}

export function wrongType(path: string, expected: string, value: unknown): ShapeMismatch {
  return new ShapeMismatch("type", path, `${path} must be a ${expected}, not ${describe(value)}`);
}

/** Throws `ShapeMismatch` for the first unknown member, missing required member or wrong type; values are the SDK's own types. */
export function checkShape(shape: Shape, value: unknown, path = ""): void {
  if (shape.kind === "structure") checkStructure(shape, value, path);
  else if (shape.kind === "list") checkList(shape, value, path);
  else if (shape.kind === "map") checkMap(shape, value, path);
  else if (!hasScalarType(shape, value)) throw wrongType(path, shape.kind, value);
}

export function memberPath(parent: string, name: string): string {
  return parent ? `${parent}.${name}` : name;
}

function checkStructure(shape: Structure, value: unknown, path: string): void {
  if (!isRecord(value)) throw wrongType(path || shape.name, "structure", value);
  let present = 0;
  for (const name of Object.keys(value)) {
    const held = value[name];
    if (held === undefined) continue;
    const member = shape.members.get(name);
    if (!member) throw unknownMember(memberPath(path, name), shape.name);
    present += 1;
    checkShape(member.shape, held, memberPath(path, name));
  }
  for (const name of shape.required) {
    if (value[name] === undefined) {
      const missing = memberPath(path, name);
      throw new ShapeMismatch("missing", missing, `Missing required member ${missing} of ${shape.name}`);
    }
  }
  if (shape.union && present !== 1) {
    throw new ShapeMismatch(
      "type",
      path,
      `${path} must hold exactly one member of the union ${shape.name}, not ${present}`,
    );
  }
}

function checkList(shape: ListShape, value: unknown, path: string): void {
  if (!Array.isArray(value)) throw wrongType(path, "list", value);
  const element = shape.element.shape;
  for (const [index, item] of value.entries()) {
    if (item === null && shape.sparse) continue;
    checkShape(element, item, `${path}[${index}]`);
  }
}

function checkMap(shape: MapShape, value: unknown, path: string): void {
  if (!isRecord(value)) throw wrongType(path, "map", value);
  const held = shape.value.shape;
  for (const [key, item] of Object.entries(value)) {
    if (item === null && shape.sparse) continue;
    checkShape(held, item, `${path}[${JSON.stringify(key)}]`);
  }
}

function hasScalarType(scalar: Scalar, value: unknown): boolean {
  switch (scalar.kind) {
    case "string":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    case "blob":
      return value instanceof Uint8Array;
    case "streaming blob":
      return value instanceof Uint8Array || typeof value === "string" || value instanceof Readable;
    case "timestamp":
      return value instanceof Date && !Number.isNaN(value.getTime());
    case "big integer":
      return typeof value === "bigint";
    case "big decimal":
      return value instanceof NumericValue;
    case "document":
      return true;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Names a value's type for a message, without repeating the value: it may be long, or private. */
function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (value instanceof Date) return "a Date";
  if (value instanceof Uint8Array) return "bytes";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
