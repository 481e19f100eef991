import type { HistoryEvent } from "@aws-sdk/client-sfn";
import type { ExecutionEvent } from "../../local/services/states.ts";

/**
 * Turns an execution's history, event by event and in its order, into what progress is shown from. Only the events that enter and leave a state
 * name it: those between are followed back to the one before them.
 */
export class ExecutionEvents {
  readonly #executionArn: string;
  readonly #stateOf = new Map<number, string>();

  constructor(executionArn: string) {
    this.#executionArn = executionArn;
  }

  take(event: HistoryEvent): ExecutionEvent {
    const { id = 0, previousEventId = 0, type = "ExecutionStarted", timestamp } = event;
    const state =
      event.stateEnteredEventDetails?.name ?? event.stateExitedEventDetails?.name ?? this.#stateOf.get(previousEventId);
    if (state !== undefined) this.#stateOf.set(id, state);
    const output = parsed(event.stateExitedEventDetails?.output ?? event.executionSucceededEventDetails?.output);
    return {
      executionArn: this.#executionArn,
      type,
      at: (timestamp ?? new Date()).toISOString(),
      ...(state === undefined ? {} : { state }),
      ...(output === undefined ? {} : { output }),
    };
  }
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    // Step Functions leaves out what is too large to be told.
    return undefined;
  }
}
