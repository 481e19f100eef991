// The classes by name, not through `z.core`: a namespace keeps all of zod in the bundle, its forty languages included.
import { $ZodArray, $ZodDiscriminatedUnion, $ZodObject, $ZodPipe, type $ZodType } from "zod/v4/core";

/** What stands in a document at a path, or undefined. */
export function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) => (typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined),
    document,
  );
}

/** The keys that the schema allows where an unknown one was found. */
export function knownKeys(schema: $ZodType, path: readonly PropertyKey[], value: unknown): string[] {
  const { def } = schema._zod;
  const [part, ...rest] = path;
  if (schema instanceof $ZodObject) {
    const { shape } = schema._zod.def;
    if (part === undefined) return Object.keys(shape);
    const member = shape[String(part)];
    return member === undefined ? [] : knownKeys(member, rest, valueAt(value, [part]));
  }
  if (schema instanceof $ZodArray && part !== undefined)
    return knownKeys(schema._zod.def.element, rest, valueAt(value, [part]));
  if (schema instanceof $ZodDiscriminatedUnion) {
    const discriminator = schema._zod.def.discriminator;
    const chosen = schema._zod.def.options.find((option) =>
      option._zod.propValues?.[discriminator]?.has(valueAt(value, [discriminator]) as string),
    );
    return chosen === undefined ? [] : knownKeys(chosen, path, value);
  }
  if (schema instanceof $ZodPipe) return knownKeys(schema._zod.def.in, path, value);
  return "innerType" in def ? knownKeys(def.innerType as $ZodType, path, value) : [];
}
