/** Everything that takes input from outside, each with the errors that it may answer with. Of a new one, add a line here. */
import type { Field } from "@aws-sdk/client-rds-data";
import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import fc from "fast-check";
import type * as z from "zod/mini";
import { statementFailedBy } from "../../aws/data-api/statement-failed.ts";
import { Row } from "../../aws/data-api/values.ts";
import { JsonStore } from "../../aws/json-store.ts";
import { Baseline } from "../../baseline/baseline.ts";
import { CaptureBaselineInput } from "../../baseline/capture-baseline.ts";
import { CheckResults } from "../../checks/result.ts";
import { EvidenceUnreadable, InputInvalid, PlanInvalid } from "../../errors.ts";
import { JournalEntry } from "../../evidence/journal.ts";
import { LedgerEntry } from "../../evidence/ledger.ts";
import { Manifest } from "../../evidence/report.ts";
import { subjectOf } from "../../evidence/subject.ts";
import { AdoptDrillInput } from "../../finish/adopt-drill.ts";
import { SourceUrlInvalid } from "../../local/import/errors.ts";
import { libpqEnvironment, parseSourceUrl } from "../../local/import/source-address.ts";
import { parsePlan } from "../../plan/parse.ts";
import { validatePlan } from "../../plan/validate.ts";
import { PlanDrillInput } from "../../recovery/plan-drill.ts";
import { parseInput } from "../../step.ts";
import { TakeTurnInput } from "../../turns/take-turn.ts";
import { readFailure } from "../../verdict/failure.ts";
import { judge } from "../../verdict/judge-drill.ts";
import { Verdict } from "../../verdict/verdict.ts";
import { anyJson, mutated, mutatedText } from "./mutations.ts";
import { ADOPTION, DOCUMENT, PLAN, STORED } from "./samples.ts";
import type { Target } from "./target.ts";

const is =
  (...classes: readonly (abstract new (...args: never[]) => Error)[]) =>
  (error: Error): boolean =>
    classes.some((named) => error instanceof named);
const none = (): boolean => false;

const PLAN_TEXT = JSON.stringify(PLAN, null, 2);
const YAML_TEXT = `plan: orders # a comment
source: { region: eu-west-1, cluster: orders, database: &name shop }
sandbox:
  region: eu-central-1
objectives: { rto: 4h, rpo: 24h }
checks:
  - kind: sql
    name: *name
    sql: >-
      select 1
    expect: { equals: 1 }
`;

const PLANS: readonly Target[] = [
  {
    name: "a plan file",
    inputs: fc.oneof(mutatedText(YAML_TEXT), mutatedText(PLAN_TEXT), fc.string({ unit: "binary", maxLength: 300 })),
    take: (text) => parsePlan(String(text), "drills/orders.yml"),
    isNamed: is(PlanInvalid),
  },
  {
    name: "a plan's content",
    inputs: fc.oneof(mutated(PLAN), anyJson()),
    take: (content) => validatePlan(content, "drills/orders.json"),
    isNamed: is(PlanInvalid),
  },
];

/** What a handler does with its event before it hands it to its core. */
const EVENTS: readonly Target[] = Object.entries({
  "plan-drill": [PlanDrillInput, DOCUMENT],
  "take-turn": [TakeTurnInput, DOCUMENT],
  "adopt-drill": [AdoptDrillInput, ADOPTION],
  "capture-baseline": [CaptureBaselineInput, DOCUMENT],
} satisfies Record<string, readonly [z.core.$ZodType, object]>).map(([name, [schema, sample]]) => ({
  name: `the input of ${name}`,
  inputs: fc.oneof(mutated(sample), anyJson()),
  take: (event) => parseInput(name, schema, event),
  isNamed: is(InputInvalid),
}));

const REFUSED_REQUEST: Target = {
  name: "a request that a drill is refused for",
  inputs: fc.oneof(mutated(DOCUMENT.request), anyJson()),
  take: async (request) => {
    const { database, plan, trigger } = await subjectOf(() => Promise.reject(new Error("no plan")), {
      execution: DOCUMENT.execution,
      request,
    });
    const told = [database, plan, trigger.by, trigger.kind].join(" ");
    if (told.length > 1000 || /\p{Cc}/u.test(told))
      throw new TypeError(`untrusted text gets into notifications: ${told.slice(0, 100)}`);
  },
  isNamed: none,
};

const SCHEMAS = {
  verdict: Verdict,
  ledger: LedgerEntry,
  journal: JournalEntry,
  baseline: Baseline,
  checks: CheckResults,
  manifest: Manifest,
};

const DOCUMENTS: readonly Target[] = Object.entries(SCHEMAS).map(([name, schema]) => {
  const sample = JSON.stringify(STORED[name as keyof typeof STORED]);
  return {
    name: `a stored ${name}`,
    inputs: fc.oneof(
      mutated(JSON.parse(sample) as object).map((document) => JSON.stringify(document) ?? ""),
      mutatedText(sample),
      anyJson().map((document) => JSON.stringify(document) ?? ""),
    ),
    take: (text) => storeOf(String(text)).get("orders/x.json", schema),
    isNamed: is(EvidenceUnreadable),
  };
});

/** A bucket in which every object is this text. */
function storeOf(text: string): JsonStore {
  const send = async (command: unknown): Promise<unknown> => {
    if (!(command instanceof GetObjectCommand)) throw new TypeError("only reading is fuzzed");
    return { ETag: '"0"', Body: { transformToString: async () => text } };
  };
  return new JsonStore({ send } as unknown as S3Client, "evidence");
}

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

const VALUES: Target = {
  name: "the values of a row",
  inputs: fc.array(FIELD, { maxLength: 4 }),
  take: (fields) => {
    const row = new Row(fields as readonly Field[]);
    for (const read of ["textOrNull", "text", "integer", "flag"] as const) row[read](0);
  },
  // A statement of our own that answered another type than it should: a defect, and named as one.
  isNamed: (error) => error instanceof TypeError && /^(Column \d+|A long value) of the answer /.test(error.message),
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

const CAUSE = JSON.stringify({ errorType: "Drill.NotOurs", errorMessage: "It is somebody else's.", trace: ["a", "b"] });

const FAILURES: Target = {
  name: "a failure of the state machine",
  inputs: fc.record({
    Error: fc.oneof(fc.string(), fc.constantFrom("Drill.NotOurs", "States.Timeout", "__proto__", "constructor")),
    Cause: fc.oneof(
      mutatedText(CAUSE),
      fc.string({ unit: "binary" }),
      anyJson().map((cause) => JSON.stringify(cause)),
    ),
  }),
  take: (failure) => {
    const { verdict, summary } = judge({
      drill: undefined,
      failure: readFailure(failure as { Error: string; Cause: string }),
      results: undefined,
      phases: [],
    });
    if (summary.length > 2000) throw new TypeError(`the summary has ${summary.length} characters`);
    if (verdict === "passed") throw new TypeError("a failure passed");
  },
  isNamed: none,
};

const URL_TEXT = "postgres://user:pa%40ss@db.example.com:5432/shop?sslmode=require&sslrootcert=/x.pem";
const SECRET = "pa@ss";

const SOURCE_URLS: Target = {
  name: "the URL of a source",
  inputs: fc.oneof(
    mutatedText(URL_TEXT),
    fc.string({ unit: "binary" }),
    fc.webUrl().map((url) => url.replace(/^https?/, "postgres")),
  ),
  take: (text) => {
    try {
      const address = parseSourceUrl(String(text));
      libpqEnvironment(address);
    } catch (error) {
      if (error instanceof Error && error.message.includes(SECRET))
        throw new TypeError("the password is in the message");
      throw error;
    }
  },
  isNamed: is(SourceUrlInvalid),
};

export const TARGETS: readonly Target[] = [
  ...PLANS,
  ...EVENTS,
  REFUSED_REQUEST,
  ...DOCUMENTS,
  VALUES,
  STATEMENT_ERRORS,
  FAILURES,
  SOURCE_URLS,
];
