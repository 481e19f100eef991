/** What comes of a drill that was interrupted: the event, and what Step Functions tells of its execution. */
import { join, resolve } from "node:path";
import { DescribeExecutionCommand, GetExecutionHistoryCommand, type SFNClient } from "@aws-sdk/client-sfn";
import fc from "fast-check";
import { type PackagedTemplate, readPackagedTemplate } from "../../../packaging/template.ts";
import { InputInvalid, NotInterrupted } from "../../errors.ts";
import { AdoptDrillInput, adoptDrill } from "../../finish/adopt-drill.ts";
import { ACCOUNT_ID } from "../../local/account.ts";
import { HOME_REGION } from "../../local/deployment.ts";
import { readRules } from "../../local/events/deployed.ts";
import { InputImpossible, inputOf } from "../../local/events/target-input.ts";
import { cachedPackage } from "../../local/package-cache.ts";
import { parseInput } from "../../step.ts";
import { storeOf } from "./fuzzed-store.ts";
import { anyJson, mutated, mutatedText } from "./mutations.ts";
import { is } from "./named.ts";
import { ADOPTION, DOCUMENT, EVENT, STORED } from "./samples.ts";
import type { Target } from "./target.ts";

const CACHE = resolve(import.meta.dirname, "../../../.restore-drill/cache");
const PLACE = { accountId: ACCOUNT_ID, region: HOME_REGION };

let packaged: Promise<PackagedTemplate> | undefined;
const template = (): Promise<PackagedTemplate> => {
  packaged ??= cachedPackage(CACHE).then((directory) => readPackagedTemplate(join(directory), PLACE));
  return packaged;
};

const EVENTS: Target = {
  name: "an event of EventBridge",
  inputs: fc.oneof(mutated(EVENT), anyJson()),
  ready: template,
  take: async (event) => {
    for (const { matches, targets } of readRules(await template())) {
      if (matches?.(event) !== true) continue;
      for (const { input } of targets)
        parseInput("adopt-drill", AdoptDrillInput, { ...ADOPTION, request: inputOf(input, event) });
    }
  },
  isNamed: is(InputInvalid, InputImpossible),
};

const jsonText = (sample: object): fc.Arbitrary<string> =>
  fc.oneof(
    mutated(sample).map((document) => JSON.stringify(document) ?? ""),
    mutatedText(JSON.stringify(sample)),
    fc.string({ unit: "binary" }),
  );
const text = (): fc.Arbitrary<string> => fc.string({ unit: "binary", maxLength: 3000 });

/** The SDK makes sure of the types of members, not that they are there. */
const EXECUTION = fc.record(
  {
    status: fc.constantFrom("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE", "__proto__"),
    name: text(),
    input: jsonText(DOCUMENT.request),
    error: fc.oneof(text(), fc.constantFrom("Drill.Failed", "Drill.NotJudged", "constructor")),
    cause: text(),
    startDate: fc.date({ noInvalidDate: true }),
    stopDate: fc.date({ noInvalidDate: true }),
  },
  { requiredKeys: ["status"] },
);
const HISTORY = fc.record(
  {
    events: fc.array(
      fc.record(
        {
          stateEnteredEventDetails: fc.record({ name: text(), input: jsonText(DOCUMENT) }, { requiredKeys: ["name"] }),
        },
        { requiredKeys: [] },
      ),
      { maxLength: 4 },
    ),
    nextToken: fc.string(),
  },
  { requiredKeys: [] },
);

const EXECUTIONS: Target = {
  name: "what Step Functions tells of a drill",
  inputs: fc.record({ execution: EXECUTION, history: HISTORY, stored: jsonText(STORED.adoption) }),
  take: async (told) => {
    const { execution, history, stored } = told as { execution: unknown; history: unknown; stored: string };
    const send = async (command: unknown): Promise<unknown> => {
      if (command instanceof DescribeExecutionCommand) return execution;
      if (command instanceof GetExecutionHistoryCommand) return history;
      throw new TypeError("The Step Functions of the fuzzing knows no such command.");
    };
    const services = {
      store: storeOf(stored),
      sfn: { send } as unknown as SFNClient,
      plans: () => Promise.reject(new Error("no plan")),
      now: () => new Date("2026-11-22T00:00:00.000Z"),
      logger: { error: () => {} },
    };
    const { adopted, why, document } = await adoptDrill(services, ADOPTION);
    if (adopted !== (document !== undefined)) throw new TypeError("a drill is adopted without its document");
    if (why.length > 5000) throw new TypeError(`the reason has ${why.length} characters`);
  },
  isNamed: is(NotInterrupted),
};

export const ENDINGS: readonly Target[] = [EVENTS, EXECUTIONS];
