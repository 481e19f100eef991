import type { Logger } from "@aws-lambda-powertools/logger";
import type { MiddlewareObj } from "@middy/core";
import type { Context } from "aws-lambda";
import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { DrillError } from "../errors.ts";
import { type JournalEntry, type StepName, writeJournal } from "./journal.ts";

/** Log messages that saved queries rely on. */
const LOG = { answered: "step.answered", failed: "step.failed", journalFailed: "journal.write.failed" } as const;

const Journalled = z.object({ drill: z.object({ evidencePrefix: z.string() }) });
const Begun = z.object({ startedAt: z.string() });

/**
 * Middleware that writes what a step answered, or why it failed and what it had learned before, to the drill's journal, and logs one line.
 *
 * Failing to journal never fails a step: what a step did to RDS is worth more than the note of it, and RecordEvidence, which can not
 * do without the bucket, says so when it is gone.
 */
export function journalled(
  step: StepName,
  store: JsonStore,
  logger: Logger,
): MiddlewareObj<unknown, object, Error, Context> {
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

/** Middleware that logs one line for what was answered or why it failed, and journals nothing. */
export function logged(task: string, logger: Logger): MiddlewareObj<unknown, object, Error, Context> {
  return {
    after: ({ response }) => logger.info(LOG.answered, { step: task, ...phaseOf(response) }),
    onError: ({ error }) => {
      const { name, message } = error instanceof Error ? error : new Error(`not an error: ${String(error)}`);
      logger.error(LOG.failed, { step: task, errorName: name, errorMessage: message });
    },
  };
}

/** Where the document holds what a looping step answered before: an error that replaces it in the journal must not forget it. */
const OWN_ANSWER: Partial<Record<StepName, string>> = {
  "copy-snapshot": "copy",
  "restore-sandbox": "sandbox",
  "run-checks": "checks",
  "prove-checks": "counterproof",
  "tear-down": "teardown",
};

function earlierAnswer(step: StepName, document: unknown): Record<string, unknown> {
  const answers = z.safeParse(z.record(z.string(), z.unknown()), document).data;
  return z.safeParse(z.record(z.string(), z.unknown()), answers?.[OWN_ANSWER[step] ?? ""]).data ?? {};
}

function phaseOf(answer: unknown): { phase?: string; waitSeconds?: number } {
  return z.safeParse(z.object({ phase: z.string(), waitSeconds: z.number() }), answer).data ?? {};
}
