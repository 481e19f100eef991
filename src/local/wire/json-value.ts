/** JSON bodies into the SDK's own types, and out again with the SDK's serialiser. */
import { JsonShapeSerializer } from "@aws-sdk/core/protocols";
import { NumericValue } from "@smithy/core/serde";
import type { WireAnswer } from "./message.ts";
import type { Refusal } from "./protocol.ts";
import { readBase64, readTimestamp } from "./scalar-text.ts";
import { ServiceError } from "./service.ts";
import type { Member, Scalar, Shape, Structure } from "./shape.ts";
import { isRecord, memberPath, wrongType } from "./shape-check.ts";

/** Parses a JSON object; throws `ServiceError` SerializationException (400) when it is none. An empty body is an empty object. */
export function parseJsonObject(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw new ServiceError("SerializationException", `The body is not JSON: ${String(cause)}`, { status: 400 });
  }
  if (!isRecord(parsed))
    throw new ServiceError("SerializationException", "The body is no JSON object", { status: 400 });
  return parsed;
}

/**
 * JSON as the SDK's types: base64 to bytes, numbers or text to dates. Members that the shape does not have, and values of other
 * types, are left as they came for `checkShape` to name; throws `ShapeMismatch` only for text that cannot be converted.
 */
export function readJson(shape: Structure, json: Record<string, unknown>, path: string, jsonNames: boolean) {
  const value: Record<string, unknown> = {};
  const named = jsonNames ? byJsonName(shape) : shape.members;
  for (const [wireName, held] of Object.entries(json)) {
    if (held === null) continue; // Smithy: a null member of a structure is an absent one.
    const member: Member | undefined = named.get(wireName);
    const name = member?.name ?? wireName;
    value[name] = member ? readHeld(member.shape, held, memberPath(path, name), jsonNames) : held;
  }
  return value;
}

function readHeld(shape: Shape, held: unknown, path: string, jsonNames: boolean): unknown {
  switch (shape.kind) {
    case "structure":
      return isRecord(held) ? readJson(shape, held, path, jsonNames) : held;
    case "list":
      if (!Array.isArray(held)) return held;
      return held.map((item, index) => readHeld(shape.element.shape, item, `${path}[${index}]`, jsonNames));
    case "map": {
      if (!isRecord(held)) return held;
      const entries = Object.entries(held);
      return Object.fromEntries(
        entries.map(([key, item]) => [key, readHeld(shape.value.shape, item, `${path}.${key}`, jsonNames)]),
      );
    }
    default:
      return held === null ? null : readScalar(shape, held, path);
  }
}

function readScalar(scalar: Scalar, held: unknown, path: string): unknown {
  switch (scalar.kind) {
    case "blob":
    case "streaming blob":
      return readBase64(held, path);
    case "timestamp":
      return readTimestamp(scalar.timestampFormat ?? "epoch-seconds", held, path);
    case "number":
      return typeof held === "string" && ["NaN", "Infinity", "-Infinity"].includes(held) ? Number(held) : held;
    case "big integer":
      if (!Number.isInteger(held)) throw wrongType(path, "big integer", held);
      return BigInt(held as number);
    case "big decimal":
      if (typeof held !== "number") throw wrongType(path, "big decimal", held);
      return new NumericValue(String(held), "bigDecimal");
    default:
      return held;
  }
}

const jsonNamed = new WeakMap<Structure, Map<string, Member>>();

function byJsonName(shape: Structure): ReadonlyMap<string, Member> {
  const known = jsonNamed.get(shape);
  if (known) return known;
  const names = new Map<string, Member>();
  for (const member of shape.members.values()) names.set(member.traits.jsonName ?? member.name, member);
  jsonNamed.set(shape, names);
  return names;
}

/** Smithy's sentinel for epoch seconds, the format of timestamps in JSON. */
const EPOCH_SECONDS = 7;

/** Writing is synchronous, so one serialiser each serves every call. */
const serializers = {
  plain: new JsonShapeSerializer({ timestampFormat: { useTrait: true, default: EPOCH_SECONDS }, jsonName: false }),
  named: new JsonShapeSerializer({ timestampFormat: { useTrait: true, default: EPOCH_SECONDS }, jsonName: true }),
};

/** A structure as a JSON object. */
export function writeJson(structure: Structure, value: object, jsonNames: boolean): string {
  if (structure.members.size === 0) return "{}";
  const serializer = jsonNames ? serializers.named : serializers.plain;
  serializer.write(structure.schema, value);
  return String(serializer.flush());
}

/** An error of the JSON protocols. */
export function jsonRefusal(refusal: Refusal, requestId: string, contentType: string, jsonNames: boolean): WireAnswer {
  const { model, members } = refusal;
  const modelled: unknown = model ? JSON.parse(writeJson(model.structure, members, jsonNames)) : {};
  return {
    status: refusal.status,
    headers: { "content-type": contentType, "x-amzn-requestid": requestId, "x-amzn-errortype": refusal.code },
    body: JSON.stringify({ ...(modelled as object), __type: refusal.code, message: refusal.message }),
  };
}
