import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  GetExecutionHistoryCommand,
  type SFNClient,
} from "@aws-sdk/client-sfn";
import * as z from "zod/mini";
import { NotInterrupted } from "../errors.ts";
import type { Execution } from "../plan/drill.ts";
import type { Interruption } from "../plan/interruption.ts";

/** A state is entered within the last few events of any history: a Task's five, a Parallel's and the execution's own. */
const LAST_EVENTS = 100;
/** A page may hold fewer events than asked for. */
const MAX_PAGES = 5;
/** Told in a notification, which has a limit of its own. */
const MAX_TEXT_CHARS = 1000;

export interface InterruptedExecution {
  readonly execution: Execution;
  /** As it was given, not looked at. */
  readonly request: unknown;
  /** What the machine had learned when it ended. */
  readonly document: Readonly<Record<string, unknown>>;
  readonly interruption: Interruption;
}

interface EnteredState {
  readonly name: string;
  readonly document: Readonly<Record<string, unknown>>;
}

/**
 * An execution as it stood when it ended: the input of the state that it entered last is the whole document, whether or not anything else was
 * written anywhere. Undefined for one that succeeded. Throws NotInterrupted for one that still runs, or seems to: what Step Functions says of
 * an execution may be some seconds old, so the machine asks again.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html
 */
export async function readInterrupted(sfn: SFNClient, executionArn: string): Promise<InterruptedExecution | undefined> {
  const ended = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  if (ended.status === "SUCCEEDED") return undefined;
  if (ended.status === "RUNNING")
    throw new NotInterrupted(
      `${executionArn} still runs, and finishes its drill by itself. To end it, stop it: what it made is then torn down.`,
    );
  const last = await lastEntered(sfn, executionArn);
  return {
    execution: { id: executionArn, name: ended.name ?? "", startedAt: (ended.startDate ?? new Date(0)).toISOString() },
    request: parseJson(ended.input),
    document: last?.document ?? {},
    interruption: interruptionOf(ended, last?.name),
  };
}

/** The state that an execution stands in, or stood in when it ended, and the document as that state got it; undefined of one that entered none. */
export async function lastEntered(sfn: SFNClient, executionArn: string): Promise<EnteredState | undefined> {
  let nextToken: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await sfn.send(
      new GetExecutionHistoryCommand({
        executionArn,
        reverseOrder: true,
        maxResults: LAST_EVENTS,
        includeExecutionData: true,
        nextToken,
      }),
    );
    const events = (answer.events ?? []).flatMap(({ stateEnteredEventDetails: entered }) => entered ?? []);
    const found = events.find(({ input }) => input !== undefined);
    if (found !== undefined) return { name: found.name ?? "", document: readDocument(found.input) };
    nextToken = answer.nextToken;
    if (nextToken === undefined) return undefined;
  }
  throw new NotInterrupted(
    `The history of ${executionArn} shows no state in its last ${MAX_PAGES * LAST_EVENTS} events, so what it had made is not known. Try again; then look at the execution by hand.`,
  );
}

const readDocument = (text: string | undefined): EnteredState["document"] =>
  z.safeParse(z.record(z.string(), z.unknown()), parseJson(text)).data ?? {};

function interruptionOf(
  { status, stopDate, error, cause }: DescribeExecutionOutput,
  state: string | undefined,
): Interruption {
  return {
    status: status === "ABORTED" || status === "TIMED_OUT" ? status : "FAILED",
    at: (stopDate ?? new Date()).toISOString(),
    state: state ?? "its start",
    ...(error === undefined || error === "" ? {} : { error: error.slice(0, MAX_TEXT_CHARS) }),
    ...(cause === undefined || cause === "" ? {} : { cause: cause.slice(0, MAX_TEXT_CHARS) }),
  };
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return undefined;
  }
}
