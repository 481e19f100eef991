/** Everything that takes input from outside, each with the errors that it may answer with. Of a new one, add a line here. */
import fc from "fast-check";
import type * as z from "zod/mini";
import { CaptureBaselineInput } from "../../baseline/capture-baseline.ts";
import { InputInvalid, PlanInvalid } from "../../errors.ts";
import { subjectOf } from "../../evidence/subject.ts";
import { AdoptDrillInput } from "../../finish/adopt-drill.ts";
import { SourceUrlInvalid } from "../../local/import/errors.ts";
import { libpqEnvironment, parseSourceUrl } from "../../local/import/source-address.ts";
import { parsePlan } from "../../plan/parse.ts";
import { validatePlan } from "../../plan/validate.ts";
import { PlanDrillInput } from "../../recovery/plan-drill.ts";
import { parseInput } from "../../step.ts";
import { SweepInput } from "../../sweep/sweep.ts";
import { TakeTurnInput } from "../../turns/take-turn.ts";
import { readFailure } from "../../verdict/failure.ts";
import { judge } from "../../verdict/judge-drill.ts";
import { ANSWERS } from "./answers.ts";
import { STORED_DOCUMENTS } from "./documents.ts";
import { ENDINGS } from "./endings.ts";
import { anyJson, mutated, mutatedText } from "./mutations.ts";
import { is, none } from "./named.ts";
import { ADOPTION, DOCUMENT, PLAN } from "./samples.ts";
import { STARTS } from "./starts.ts";
import type { Target } from "./target.ts";

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
  sweep: [SweepInput, { drill: "20261121-143205-3f9a2b1c" }],
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
  ...STORED_DOCUMENTS,
  ...ENDINGS,
  ...STARTS,
  ...ANSWERS,
  FAILURES,
  SOURCE_URLS,
];
