import { Logger } from "@aws-lambda-powertools/logger";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { S3Client } from "@aws-sdk/client-s3";
import middy, { type MiddlewareObj } from "@middy/core";
import type { Context } from "aws-lambda";
import * as z from "zod/mini";
import { setting } from "./aws/environment.ts";
import { JsonStore } from "./aws/json-store.ts";
import { DrillError, InputInvalid } from "./errors.ts";
import { type JournalEntry, type StepName, writeJournal } from "./evidence/journal.ts";

/** Log messages that saved queries rely on. */
const LOG = { answered: "step.answered", failed: "step.failed", journalFailed: "journal.write.failed" } as const;

const logger = new Logger({ serviceName: "restore-drill" });

/** What a step's core is given beside its input. */
export interface StepContext {
  readonly store: JsonStore;
  readonly now: () => Date;
  /** Milliseconds until Lambda ends this call. */
  readonly remainingMs: () => number;
  readonly logger: Logger;
}

/**
 * The one way to make a handler: parses the input, runs the core, journals what it answered or why it failed, and logs one line.
 * Throws InputInvalid for input that does not fit `schema`; every other error is the core's own and keeps its name.
 * @example export const handler = drillStep("copy-snapshot", CopySnapshotInput, (input, step) => copySnapshot({ rds, ...step }, input));
 */
export function drillStep<Schema extends z.core.$ZodType, Answer extends object>(
  step: StepName,
  schema: Schema,
  core: (input: z.output<Schema>, context: StepContext) => Promise<Answer>,
) {
  const store = new JsonStore(new S3Client({}), setting("EVIDENCE_BUCKET"));
  return middy<unknown, Answer, Error, Context>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use(journalled(step, store))
    .handler((event, context) =>
      core(parseInput(step, schema, event), {
        store,
        now: () => new Date(),
        remainingMs: () => context.getRemainingTimeInMillis(),
        logger,
      }),
    );
}

function parseInput<Schema extends z.core.$ZodType>(step: StepName, schema: Schema, event: unknown): z.output<Schema> {
  const parsed = z.safeParse(schema, event);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `"${path.join(".")}": ${message}`);
  throw new InputInvalid(`${step} was given input it can not work with: ${problems.join("; ")}`);
}

const Journalled = z.object({ drill: z.object({ evidencePrefix: z.string() }) });
const Begun = z.object({ startedAt: z.string() });

/**
 * Failing to journal never fails a step: what a step did to RDS is worth more than the note of it, and RecordEvidence, which can not
 * do without the bucket, says so when it is gone.
 */
function journalled(step: StepName, store: JsonStore): MiddlewareObj<unknown, object, Error, Context> {
  const calledAt = new WeakMap<object, string>();
  const write = async (prefix: string | undefined, entry: JournalEntry): Promise<void> => {
    if (prefix === undefined) return;
    try {
      await writeJournal(store, prefix, entry);
    } catch (error) {
      logger.error(LOG.journalFailed, { step, error: error as Error });
    }
  };
  const prefixOf = (document: unknown): string | undefined =>
    z.safeParse(Journalled, document).data?.drill.evidencePrefix;
  const startedAt = (context: Context, answer: unknown): string =>
    z.safeParse(Begun, answer).data?.startedAt ?? calledAt.get(context) ?? new Date().toISOString();

  return {
    before: ({ context }) => {
      calledAt.set(context, new Date().toISOString());
    },
    after: async ({ event, context, response }) => {
      const prefix = prefixOf(event) ?? prefixOf({ drill: response });
      const endedAt = new Date().toISOString();
      await write(prefix, { step, startedAt: startedAt(context, response), endedAt, answer: response });
      logger.info(LOG.answered, { step, evidencePrefix: prefix, ...phaseOf(response) });
    },
    onError: async ({ event, context, error }) => {
      const { name, message } = error instanceof Error ? error : new Error(`not an error: ${String(error)}`);
      const known = { ...earlierAnswer(step, event), ...(error instanceof DrillError ? error.details : {}) };
      const details = Object.keys(known).length === 0 ? {} : { details: known };
      const endedAt = new Date().toISOString();
      await write(prefixOf(event), {
        step,
        startedAt: startedAt(context, undefined),
        endedAt,
        error: { name, message, ...details },
      });
      logger.error(LOG.failed, { step, errorName: name, errorMessage: message });
    },
  };
}

/** Where the document holds what a looping step answered before: an error that replaces it in the journal must not forget it. */
const OWN_ANSWER: Partial<Record<StepName, string>> = {
  "copy-snapshot": "copy",
  "restore-sandbox": "sandbox",
  "run-checks": "checks",
  "tear-down": "teardown",
};

function earlierAnswer(step: StepName, document: unknown): Record<string, unknown> {
  const answers = z.safeParse(z.record(z.string(), z.unknown()), document).data;
  return z.safeParse(z.record(z.string(), z.unknown()), answers?.[OWN_ANSWER[step] ?? ""]).data ?? {};
}

function phaseOf(answer: unknown): { phase?: string; waitSeconds?: number } {
  return z.safeParse(z.object({ phase: z.string(), waitSeconds: z.number() }), answer).data ?? {};
}
