import { Logger } from "@aws-lambda-powertools/logger";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { S3Client } from "@aws-sdk/client-s3";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import * as z from "zod/mini";
import { PATIENCE_FOR_EVIDENCE, patience } from "./aws/clients.ts";
import { setting } from "./aws/environment.ts";
import { JsonStore } from "./aws/json-store.ts";
import { InputInvalid } from "./errors.ts";
import type { StepName } from "./evidence/journal.ts";
import { journalled, logged } from "./evidence/journalled.ts";

const logger = new Logger();

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
  const store = evidenceStore();
  return handlerOf(step, store, schema, core, journalled(step, store, logger));
}

/**
 * The same for what is no step of a drill, so that there is no drill to journal it with: it logs, and keeps its own story.
 * @example export const handler = taskBeside("capture-baseline", CaptureBaselineInput, (input, task) => captureBaseline(...));
 */
export function taskBeside<Schema extends z.core.$ZodType, Answer extends object>(
  task: string,
  schema: Schema,
  core: (input: z.output<Schema>, context: StepContext) => Promise<Answer>,
) {
  return handlerOf(task, evidenceStore(), schema, core, logged(task, logger));
}

const evidenceStore = (): JsonStore =>
  new JsonStore(new S3Client(patience(PATIENCE_FOR_EVIDENCE)), setting("EVIDENCE_BUCKET"));

function handlerOf<Schema extends z.core.$ZodType, Answer extends object>(
  name: string,
  store: JsonStore,
  schema: Schema,
  core: (input: z.output<Schema>, context: StepContext) => Promise<Answer>,
  told: ReturnType<typeof journalled>,
) {
  return middy<unknown, Answer, Error, Context>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use(told)
    .handler((event, context) =>
      core(parseInput(name, schema, event), {
        store,
        now: () => new Date(),
        remainingMs: () => context.getRemainingTimeInMillis(),
        logger,
      }),
    );
}

/** The event as the core gets it. Throws InputInvalid. */
export function parseInput<Schema extends z.core.$ZodType>(
  step: string,
  schema: Schema,
  event: unknown,
): z.output<Schema> {
  const parsed = z.safeParse(schema, event);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `"${path.join(".")}": ${message}`);
  throw new InputInvalid(`${step} was given input it can not work with: ${problems.join("; ")}`);
}
