/** What the Data API answers, and what is told of it. */
import type { Field } from "@aws-sdk/client-rds-data";
import fc from "fast-check";
import { askAsReader } from "../../aws/data-api/reader.ts";
import { statementFailedBy } from "../../aws/data-api/statement-failed.ts";
import { told, toldKey, toldMessage, toldVersion } from "../../aws/data-api/told.ts";
import { AnswerUnexpected, Row } from "../../aws/data-api/values.ts";
import { anyJson, mutatedText } from "./mutations.ts";
import { is, none } from "./named.ts";
import type { Target } from "./target.ts";

/** Of a member's type the SDK makes sure, not of its value. */
const FIELD = fc.oneof(
  fc.record({ stringValue: fc.string({ unit: "binary" }) }),
  fc.record({ longValue: fc.oneof(fc.integer(), fc.double()) }),
  fc.record({ doubleValue: fc.double() }),
  fc.record({ booleanValue: fc.boolean() }),
  fc.record({ isNull: fc.boolean() }),
  fc.record({ blobValue: fc.uint8Array({ maxLength: 20 }) }),
  fc.record({ arrayValue: fc.letrec((tie) => ({ array: arrayOf(tie("array")) })).array }),
  fc.constant({}),
);

function arrayOf(nested: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const many = <Element>(element: fc.Arbitrary<Element>) => fc.array(fc.option(element), { maxLength: 4 });
  return fc.oneof(
    { maxDepth: 3 },
    fc.record({ stringValues: many(fc.string()) }),
    fc.record({ longValues: many(fc.oneof(fc.integer(), fc.double())) }),
    fc.record({ booleanValues: many(fc.boolean()) }),
    fc.constant({}),
    fc.record({ arrayValues: many(nested) }),
  );
}

const isUnexpected = is(AnswerUnexpected);

const VALUES: Target = {
  name: "the values of a row",
  inputs: fc.array(FIELD, { maxLength: 4 }),
  take: (fields) => {
    const columns = fields as readonly Field[];
    const row = new Row(columns);
    // One more than there are: a column may be missing.
    for (let column = 0; column <= columns.length; column += 1)
      for (const read of ["textOrNull", "text", "integer", "flag"] as const) {
        try {
          row[read](column);
        } catch (error) {
          if (!(error instanceof Error && isUnexpected(error))) throw error;
        }
      }
  },
  isNamed: isUnexpected,
};

/** The longest that is told of one value, with what says that it goes on. */
const TOLD_CHARS = 110;

const READER_ANSWERS: Target = {
  name: "an answer to the plan's own SQL",
  inputs: fc.oneof(
    fc.tuple(
      fc.constant({ longValue: 1 }),
      mutatedText('["number","string","boolean","null"]').map((stringValue) => ({ stringValue })),
      mutatedText('(1,"a ""quoted"" text",t,)').map((stringValue) => ({ stringValue })),
    ),
    fc.array(FIELD, { maxLength: 4 }),
  ),
  take: async (fields) => {
    const query = async (): Promise<Row[]> => [new Row(fields as readonly Field[])];
    const { first } = await askAsReader({ query }, "select 1");
    for (const cell of first) {
      const texts = [told(cell), ...(cell.text === null ? [] : [toldVersion(cell.text)])];
      const longest = Math.max(...texts.map(({ length }) => length));
      if (longest > TOLD_CHARS) throw new RangeError(`tells ${longest} characters of one value`);
    }
  },
  isNamed: isUnexpected,
};

const STATEMENT = 'select "name" from customer where id = $1';
const MESSAGES = [
  "invalid input syntax for type integer: ",
  "relation ",
  "duplicate key value violates unique constraint ",
];

/** What stands in rows, without the quotes that would end it, and in no statement. */
const SECRET = fc.stringMatching(/^[A-Z]{4}[A-Z ]{0,20}[A-Z]$/).map((text) => `~${text}~`);

const TOLD: Target = {
  name: "a message that quotes a row",
  inputs: fc.record({
    said: fc.constantFrom(...MESSAGES),
    quote: fc.constantFrom('"', "'"),
    secret: SECRET,
    after: fc.oneof(fc.constantFrom(" does not exist", ""), fc.string({ unit: "binary" })),
  }),
  take: (input) => {
    const { said, quote, secret, after } = input as Record<"said" | "quote" | "secret" | "after", string>;
    const quoted = `${quote}${secret}${quote}`;
    for (const text of [toldMessage(`${said}${quoted}${after}`, STATEMENT), toldKey(JSON.stringify([secret]))])
      if (text.includes(secret)) throw new TypeError(`tells what stands in a row: ${text}`);
  },
  isNamed: none,
};

const ERROR_NAMES = [
  "DatabaseErrorException",
  "BadRequestException",
  "ValidationException",
  "UnsupportedResultException",
  "StatementTimeoutException",
  "Error",
  "__proto__",
  "toString",
];
const ERROR_TEXT = 'ERROR: relation "x" does not exist; Position: 15; SQLState: 42P01';

const STATEMENT_ERRORS: Target = {
  name: "an error of the Data API",
  inputs: fc.record({
    name: fc.oneof(fc.constantFrom(...ERROR_NAMES), fc.string()),
    message: fc.oneof(mutatedText(ERROR_TEXT), fc.string({ unit: "binary", maxLength: 2000 })),
    code: anyJson(),
  }),
  take: (said) => {
    const failed = statementFailedBy(Object.assign(new Error(), said));
    if (failed !== undefined && failed.message.length > 1000)
      throw new TypeError(`quotes ${failed.message.length} characters`);
  },
  isNamed: none,
};

export const ANSWERS: readonly Target[] = [VALUES, READER_ANSWERS, TOLD, STATEMENT_ERRORS];
