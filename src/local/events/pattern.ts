/** EventBridge's event patterns: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html */

export type Matcher = (value: unknown) => boolean;

/** Whether an event matches. Throws on a pattern that uses an operator which is not known here: guessing would deliver too much or nothing. */
export function readPattern(pattern: unknown): Matcher {
  if (!isRecord(pattern)) throw new TypeError("An event pattern is an object.");
  const members = Object.entries(pattern).map(([key, wanted]) => {
    if (key.startsWith("$")) throw unknown(key);
    return [key, Array.isArray(wanted) ? anyOf(wanted) : readPattern(wanted)] as const;
  });
  return (value) => members.every(([key, matches]) => matches(isRecord(value) ? value[key] : undefined));
}

/** Of an array in the event, one element has to match. */
function anyOf(wanted: readonly unknown[]): Matcher {
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
  const [[name, argument] = ["", undefined], ...more] = Object.entries(operator);
  if (more.length > 0) throw unknown(Object.keys(operator).join(", "));
  switch (name) {
    case "prefix":
      return startsWith(argument);
    case "anything-but":
      return anythingBut(argument);
    case "exists":
      return (value) => (value !== undefined) === argument;
    default:
      throw unknown(name);
  }
}

function startsWith(prefix: unknown): Matcher {
  if (typeof prefix !== "string") throw unknown("prefix of anything but a text");
  return (value) => typeof value === "string" && value.startsWith(prefix);
}

/** A member that the event does not have is not anything else: it does not match. */
function anythingBut(argument: unknown): Matcher {
  const matches = isRecord(argument)
    ? startsWith(Object.keys(argument).join() === "prefix" ? argument["prefix"] : undefined)
    : anyOf(Array.isArray(argument) ? argument : [argument]);
  return (value) => value !== undefined && !matches(value);
}

function unknown(operator: string): TypeError {
  return new TypeError(`The local EventBridge does not know the pattern operator ${operator}.`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
