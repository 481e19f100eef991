import { describe, expect, it } from "vitest";
import { statementFailedBy } from "../../../src/aws/data-api/statement-failed.ts";
import { told, toldKey, toldMessage, toldVersion } from "../../../src/aws/data-api/told.ts";

/** What stands in somebody's rows, also with what would end a quote, a line or a message. */
const SECRETS = [
  "alice@example.com",
  "4111 1111 1111 1111",
  'she said "yes" and left',
  "O'Brien",
  "'single marks'",
  '"',
  "a; SQLState: 42P01",
  "two\nlines of it",
  "relation x does not exist",
  "Ünïcode 名前",
];

const LONG = "x".repeat(300);

describe("a value from somebody's rows", () => {
  it.each([
    ["1234567890123456789", "number", "1234567890123456789"],
    ["-0.5", "number", "-0.5"],
    ["true", "boolean", "true"],
    ["2026-11-01 12:00:00.5+00", "string", "2026-11-01 12:00:00.5+00"],
    ["2026-11-01T12:00:00Z", "string", "2026-11-01T12:00:00Z"],
    ["2026-11-01", "string", "2026-11-01"],
    [null, "null", "null"],
    ["4111111111111111", "string", "a text of 16 characters"],
    ["x", "string", "a text of 1 character"],
    ["", "string", "a text of 0 characters"],
    ['{"email": "alice"}', "object", "a text of 18 characters"],
    ["2026-11-01 alice", "string", "a text of 16 characters"],
  ])("%s, a %s, is told as %s", (text, kind, said) => {
    expect(told({ text, kind })).toBe(said);
  });

  it("is told where the plan names it, and shortened", () => {
    expect(told({ text: "shipped", kind: "string" }, "shipped")).toBe("shipped");
    expect(told({ text: LONG, kind: "string" }, LONG)).toBe(`${LONG.slice(0, 100)}...`);
  });

  it.each(SECRETS)("is not told when it is %s", (secret) => {
    for (const said of [told({ text: secret, kind: "string" }), toldKey(JSON.stringify([secret]))])
      expect(said).not.toContain(secret);
  });

  it("is told where it is a version of a migration, or a number or UUID that is a key", () => {
    expect(["20261101_add-orders", "v2.1", "0f3a"].map(toldVersion)).toEqual(["20261101_add-orders", "v2.1", "0f3a"]);
    expect(toldVersion("alice@example.com")).toBe("a text of 17 characters");
    expect(toldKey('["17", "0b5ed1a4-8f0e-4b6c-9d3e-3a1c2f4b5d6e"]')).toBe(
      '["17", "0b5ed1a4-8f0e-4b6c-9d3e-3a1c2f4b5d6e"]',
    );
    expect(toldKey('["17", "bob"]')).toBe('["17", a text of 3 characters]');
  });
});

describe("a message of PostgreSQL", () => {
  const STATEMENT = "select \"Total\", count(*) from orders where note = 'open'";

  it.each([
    ['column "Total" does not exist', 'column "Total" does not exist'],
    ['syntax error at or near "from"', 'syntax error at or near "from"'],
    ['could not open file "base/5/16384.1": No such file', 'could not open file "base/5/16384.1": No such file'],
    ['relation "bob" does not exist', "relation (a text) does not exist"],
    ["canceling statement due to statement timeout", "canceling statement due to statement timeout"],
  ])("%s is told as %s", (message, said) => {
    expect(toldMessage(message, STATEMENT)).toBe(said);
  });

  it("tells a name of two parts as PostgreSQL writes it", () => {
    const message = 'relation "shop.hartbeat" does not exist';
    expect(toldMessage(message, 'select max(beat_at) from "shop"."hartbeat"')).toBe(message);
  });

  /** How PostgreSQL words what it was given, with the state that each has. */
  const WORDINGS: readonly (readonly [string, (text: string) => string])[] = [
    ["22P02", (text) => `invalid input syntax for type integer: "${text}"`],
    ["22P02", (text) => `invalid input value for enum mood: "${text}"`],
    ["22007", (text) => `invalid input syntax for type timestamp: "${text}"`],
    ["22008", (text) => `date/time field value out of range: "${text}"`],
    ["22003", (text) => `value "${text}" is out of range for type integer`],
    [
      "23505",
      (text) => `duplicate key value violates unique constraint "u"; Detail: Key (email)=(${text}) already exists.`,
    ],
    [
      "23502",
      (text) =>
        `null value in column "a" violates not-null constraint\n  Detail: Failing row contains (1, ${text}, null).`,
    ],
    ["23514", (text) => `new row violates check constraint "c"; DETAIL: Failing row contains (${text}).`],
    ["P0001", (text) => `customer ${text} is wrong`],
    ["42P01", (text) => `relation "${text}" does not exist`],
    ["42704", (text) => `unrecognized configuration parameter "${text}"`],
    ["42704", (text) => `type "${text}" does not exist; Where: SQL statement "select '${text}'"`],
    ["42601", (text) => `syntax error in tsquery: "${text}"`],
    ["42601", (text) => `unterminated quoted string at or near "'${text}"`],
    ["42883", (text) => `function "${text}" does not exist; Hint: ${text}; Position: 3`],
    ["58P01", (text) => `could not open file "${text}" for reading: No such file or directory`],
    ["0A000", (text) => `unsupported XML feature: '${text}'; Context: PL/pgSQL function f(text) line 3`],
    ["XX000", (text) => `cache lookup failed for "${text}"`],
    ["55000", (text) => `index "orders_pkey" does not belong to table\n  CONTEXT: COPY t, line 1: "${text}"`],
  ];

  it.each(WORDINGS.map(([state, wording]) => [state, wording("..."), wording] as const))(
    "%s %s tells nothing of what came out of a row",
    (state, _example, wording) => {
      for (const secret of SECRETS) {
        const message = `ERROR: ${wording(secret)}; SQLState: ${state}`;
        const error = Object.assign(new Error(message), { name: "DatabaseErrorException" });
        const said = statementFailedBy(error, STATEMENT)?.message ?? "";
        for (const part of secret.split(/["'\n;]/).filter((text) => text.trim().length > 2))
          if (!/SQLState|does not exist/.test(part)) expect(said).not.toContain(part.trim());
      }
    },
  );
});
