/** EventBridge's event patterns: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html */

export type Matcher = (value: unknown) => boolean;

/** Whether an event matches. Throws on a pattern that uses an operator which is not known here: guessing would deliver too much or nothing. */
export function readPattern(pattern: unknown): Matcher {
  if (!isRecord(pattern)) throw new TypeError("An event pattern is an object.");
  const members = Object.entries(pattern).map(([key, wanted]): Matcher => {
    if (key === "$or") return oneOf(wanted);
    if (key.startsWith("$")) throw unknown(key);
    const matches = Array.isArray(wanted) ? anyOf(wanted) : readPattern(wanted);
    return (value) => matches(isRecord(value) ? value[key] : undefined);
  });
  const matchesOne: Matcher = (value) => members.every((matches) => matches(value));
  // Of an array of objects in the event, one has to match.
  return (value) => (Array.isArray(value) ? value.some(matchesOne) : matchesOne(value));
}

function oneOf(patterns: unknown): Matcher {
  if (!Array.isArray(patterns)) throw new TypeError("$or takes an array of patterns.");
  const matchers = patterns.map(readPattern);
  return (value) => matchers.some((matches) => matches(value));
}

/** Of an array in the event, one element has to match. */
function anyOf(wanted: readonly unknown[]): Matcher {
  if (wanted.length === 0) throw new TypeError("EventBridge refuses a pattern with an empty array.");
  const matchers = wanted.map((each) => (isRecord(each) ? readOperator(each) : exactly(each)));
  return (value) => {
    const values = Array.isArray(value) ? value : [value];
    return matchers.some((matches) => values.some(matches));
  };
}

const exactly =
  (wanted: unknown): Matcher =>
  (value) =>
    value === wanted;

function readOperator(operator: Readonly<Record<string, unknown>>): Matcher {
  const [name, argument] = onlyEntry(operator);
  switch (name) {
    case "anything-but":
      return anythingBut(argument);
    case "exists":
      return (value) => (value !== undefined) === argument;
    case "numeric":
      return numeric(argument);
    default:
      return textual(name, argument);
  }
}

function onlyEntry(operator: Readonly<Record<string, unknown>>): [string, unknown] {
  const [entry, ...more] = Object.entries(operator);
  if (entry === undefined || more.length > 0) throw unknown(Object.keys(operator).join(", "));
  return entry;
}

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

const texts: Readonly<Record<string, (value: string, wanted: string) => boolean>> = {
  prefix: (value, wanted) => value.startsWith(wanted),
  suffix: (value, wanted) => value.endsWith(wanted),
  "equals-ignore-case": (value, wanted) => value.toLowerCase() === wanted.toLowerCase(),
  wildcard: (value, wanted) => new RegExp(`^${wanted.split("*").map(literally).join("[^]*")}$`).test(value),
};

function textual(name: string, wanted: unknown): Matcher {
  const compare = texts[name];
  if (compare === undefined) throw unknown(name);
  if (typeof wanted !== "string") throw unknown(`${name} of anything but a text`);
  return (value) => typeof value === "string" && compare(value, wanted);
}

/** A member that the event does not have is not anything else: it does not match. */
function anythingBut(argument: unknown): Matcher {
  const matches = isRecord(argument)
    ? textual(...onlyEntry(argument))
    : anyOf(Array.isArray(argument) ? argument : [argument]);
  return (value) => value !== undefined && !matches(value);
}

const numbers: Readonly<Record<string, (value: number, wanted: number) => boolean>> = {
  "=": (value, wanted) => value === wanted,
  "<": (value, wanted) => value < wanted,
  "<=": (value, wanted) => value <= wanted,
  ">": (value, wanted) => value > wanted,
  ">=": (value, wanted) => value >= wanted,
};

/** `[">=", 7, "<", 9]` */
function numeric(argument: unknown): Matcher {
  if (!Array.isArray(argument) || argument.length === 0 || argument.length % 2 !== 0)
    throw unknown("numeric without comparisons");
  const comparisons = Array.from({ length: argument.length / 2 }, (_, index) => {
    const [comparison, wanted]: unknown[] = argument.slice(2 * index, 2 * index + 2);
    const compare = numbers[String(comparison)];
    if (compare === undefined || typeof wanted !== "number") throw unknown(`numeric ${JSON.stringify(argument)}`);
    return (value: number) => compare(value, wanted);
  });
  return (value) => typeof value === "number" && comparisons.every((holds) => holds(value));
}

function unknown(operator: string): TypeError {
  return new TypeError(`The local EventBridge does not know the pattern operator ${operator}.`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
