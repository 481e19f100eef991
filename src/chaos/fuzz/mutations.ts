/** Inputs that are nearly right: a valid document with a few things in it that should not be. */
import fc from "fast-check";

/** Enough to break two things that are looked at together; more only makes the first of them likelier. */
const MAX_CHANGES = 4;

/** All changes may repeat what an earlier one repeated: 3^4 copies of a whole plan are still read in milliseconds. */
const REPEATED = 3;

/** Names that JavaScript gives a meaning to, and texts that end quoting, lines or patience. */
const HOSTILE = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "",
  "\u0000",
  "\u202e",
  "'; drop table x; --",
  '"',
  "a".repeat(5000),
  "9".repeat(400),
  "-1",
  "1e999",
  "NaN",
  "../../etc/passwd",
  "%00",
  "2026-13-45T99:99:99Z",
];

const hostile = (): fc.Arbitrary<string> =>
  fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ maxLength: 60, unit: "binary" }));

/** Anything that JSON can carry, members named `__proto__` included. */
export const anyJson = (): fc.Arbitrary<unknown> =>
  fc.oneof(
    hostile(),
    fc.json({ maxDepth: 3 }).map((text): unknown => JSON.parse(text)),
    fc.constantFrom<unknown>(null, true, 0, -1, 1e308, -0.5, Number.MAX_SAFE_INTEGER, [], {}, [[[]]]),
    fc
      .tuple(hostile(), hostile())
      .map(([name, value]): unknown => JSON.parse(`{${JSON.stringify(name)}:{"polluted":${JSON.stringify(value)}}}`)),
  );

interface Change {
  readonly at: number;
  readonly how: "replace" | "remove" | "add" | "repeat";
  readonly name: string;
  readonly value: unknown;
}

const change = (): fc.Arbitrary<Change> =>
  fc.record({
    at: fc.nat(10_000),
    how: fc.constantFrom("replace" as const, "remove" as const, "add" as const, "repeat" as const),
    name: hostile(),
    value: anyJson(),
  });

/** The document with one to four changes somewhere in it. */
export function mutated(valid: object): fc.Arbitrary<unknown> {
  const text = JSON.stringify(valid);
  return fc.array(change(), { minLength: 1, maxLength: MAX_CHANGES }).map((changes) => {
    const root: { document: unknown } = { document: JSON.parse(text) };
    for (const one of changes) apply(root, one);
    return root.document;
  });
}

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

function apply(root: { document: unknown }, { at, how, name, value }: Change): void {
  const places = placesOf(root as unknown as Record<string, unknown>);
  const place = places[at % places.length];
  if (place === undefined) return;
  const { holder, key } = place;
  if (how === "remove") delete holder[key];
  else if (how === "repeat") holder[key] = Array.from({ length: REPEATED }, () => holder[key]);
  else define(holder, how === "add" ? name : key, copyOf(value));
}

/** The next change may be inside of it, and what is generated once is handed out again: a document that held itself would have no end. */
const copyOf = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** An own member even where the name is `__proto__`, as JSON.parse makes it. */
function define(holder: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

function placesOf(holder: Record<string, unknown>): Place[] {
  return Object.keys(holder).flatMap((key) => {
    const value = holder[key];
    const below = typeof value === "object" && value !== null ? placesOf(value as Record<string, unknown>) : [];
    return [{ holder, key }, ...below];
  });
}

/** Text with pieces cut out, doubled or exchanged for others. */
export function mutatedText(valid: string): fc.Arbitrary<string> {
  const cut = fc.record({ from: fc.nat(valid.length), length: fc.nat(30), by: hostile() });
  return fc
    .array(cut, { minLength: 1, maxLength: MAX_CHANGES })
    .map((cuts) =>
      cuts.reduce((text, { from, length, by }) => text.slice(0, from) + by + text.slice(from + length), valid),
    );
}
