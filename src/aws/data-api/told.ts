import type { Cell } from "./reader.ts";

/** No more than it takes to tell two numbers, or two versions, apart. */
const MAX_CHARS = 100;

const MOMENT = /^\d{4,6}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d(:?\d\d){0,2})?)?( BC)?$/;
const IDENTIFYING = /^(-?\d{1,20}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;
const VERSION = /^[\w.+-]{1,100}$/;

/**
 * A value from somebody's rows, as it may be told in a report, a log or a notification: numbers, booleans and moments as they are, and
 * what the plan itself names. Of any other text only that it is one.
 */
export function told({ text, kind }: Cell, named?: string | number | boolean): string {
  if (text === null) return "null";
  const isPlain = kind === "number" || kind === "boolean" || MOMENT.test(text) || text === named;
  return isPlain ? shortened(text) : textOf(text);
}

/** The version of a migration, of a column that a tool or the plan keeps them in: one word. Whatever else stands there may be anything. */
export const toldVersion = (version: string): string => (VERSION.test(version) ? shortened(version) : textOf(version));

/** What tells a row apart, where the plan asks for that, as a JSON array of texts: numbers, UUIDs and moments. Names may be keys too. */
export const toldKey = (key: string): string =>
  key.replace(/"((?:[^"\\]|\\.)*)"/g, (quoted, text: string) =>
    IDENTIFYING.test(text) || MOMENT.test(text) ? quoted : textOf(text),
  );

const QUOTED = /"([^"]*)"|'([^']*)'/g;

/**
 * A message of PostgreSQL about a statement, without what came out of rows. PostgreSQL puts into quotes what it was given: a name from the
 * statement stays. At any other text, and at quotes that do not pair, the message ends: a text may hold quotes and anything else itself.
 */
export function toldMessage(message: string, statement: string): string {
  // A name of two parts is told without the quotes around each.
  const given = `${statement} ${statement.replaceAll('"', "")}`.toLowerCase();
  const isKnown = (text: string): boolean =>
    text !== "" && text === text.trim() && (given.includes(text.toLowerCase()) || STORAGE.test(text));
  const quoted = [...message.matchAll(QUOTED)];
  const unknown = quoted.find(([, double, single]) => !isKnown(double ?? single ?? ""))?.index;
  const unpaired = /["']/.test(message.replace(QUOTED, "")) ? message.search(/["']/) : undefined;
  const end = unknown === undefined ? unpaired : Math.min(unknown, unpaired ?? unknown);
  if (end === undefined) return message;
  return `${message.slice(0, end)}(a text)${message.endsWith(MISSING) ? MISSING : ""}`;
}

const MISSING = " does not exist";

/** Files of the database, by their numbers. */
const STORAGE = /^(base|global|pg_[a-z]+)\/[0-9A-F/._a-z]+$/;

const textOf = (text: string): string => `a text of ${text.length} character${text.length === 1 ? "" : "s"}`;

const shortened = (text: string): string => (text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS)}...`);
