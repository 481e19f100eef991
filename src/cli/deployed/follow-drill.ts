import { setTimeout as sleep } from "node:timers/promises";
import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  type SFNClient,
} from "@aws-sdk/client-sfn";
import type { ExecutionEvent } from "../../local/services/states.ts";
import { EXECUTION_SECONDS } from "../../plan/lifetimes.ts";
import { ExecutionEvents } from "./execution-events.ts";

/** People look at a phase that takes minutes; GetExecutionHistory is throttled for the whole account. */
const LOOK_SECONDS = 5;
/** A laptop that sleeps, a token that is renewed: 24 looks in a row are two minutes. */
const MAX_FAILED_LOOKS = 24;
const PAGE_EVENTS = 1000;
/** An execution has at most 25,000 events. */
const MAX_PAGES = 25;

export interface FollowOptions {
  readonly onEvent: (event: ExecutionEvent) => void;
  /** Whether Step Functions may not know of it yet: what it describes is eventually consistent. */
  readonly isJustStarted: boolean;
  readonly signal?: AbortSignal;
  readonly lookSeconds?: number;
}

/**
 * Hands on every event of an execution, those that are over first, and resolves when it has ended, however it ended. Rejects when the signal
 * aborts, when nothing can be asked for two minutes, and after the 60 h that an execution can last.
 */
export async function followDrill(
  sfn: SFNClient,
  executionArn: string,
  { onEvent, isJustStarted, signal, lookSeconds = LOOK_SECONDS }: FollowOptions,
): Promise<DescribeExecutionOutput> {
  const events = new ExecutionEvents(executionArn);
  const sending = signal === undefined ? {} : { abortSignal: signal };
  let seen = 0;
  let failedLooks = 0;
  let isSeen = false;
  for (let looks = 0; looks * lookSeconds <= EXECUTION_SECONDS; looks += 1) {
    try {
      // Before the history: what is described as ended has told all of it.
      const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }), sending);
      for (const event of await eventsAfter(sfn, executionArn, seen, sending)) {
        onEvent(events.take(event));
        seen = event.id ?? seen;
      }
      if (execution.status !== "RUNNING") return execution;
      failedLooks = 0;
      isSeen = true;
    } catch (error) {
      signal?.throwIfAborted();
      failedLooks += 1;
      const isExpected = isSeen || (isJustStarted && error instanceof ExecutionDoesNotExist);
      if (!isExpected || failedLooks >= MAX_FAILED_LOOKS) throw error;
    }
    await sleep(lookSeconds * 1000, undefined, { signal });
  }
  throw new Error(`${executionArn} still runs after ${EXECUTION_SECONDS / 3600} h, which no drill should.`);
}

/** Read from the end, so that a look in the middle of a long drill costs one page. */
async function eventsAfter(
  sfn: SFNClient,
  executionArn: string,
  seen: number,
  sending: { readonly abortSignal?: AbortSignal },
): Promise<HistoryEvent[]> {
  const found: HistoryEvent[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await sfn.send(
      new GetExecutionHistoryCommand({
        executionArn,
        reverseOrder: true,
        maxResults: PAGE_EVENTS,
        includeExecutionData: true,
        nextToken,
      }),
      sending,
    );
    const unseen = (answer.events ?? []).filter(({ id = 0 }) => id > seen);
    found.push(...unseen);
    nextToken = answer.nextToken;
    if (nextToken === undefined || unseen.length < (answer.events ?? []).length) break;
  }
  return found.reverse();
}
