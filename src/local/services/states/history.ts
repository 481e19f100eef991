import type { HistoryEvent, HistoryEventType } from "@aws-sdk/client-sfn";

/** https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html: the execution fails when it gets there. */
export const HISTORY_LIMIT_EVENTS = 25_000;

/** What progress is shown from: one history event, with the state it belongs to and what that state or the execution put out. */
export interface ExecutionEvent {
  readonly executionArn: string;
  readonly type: HistoryEventType;
  readonly state?: string;
  /** ISO 8601. */
  readonly at: string;
  readonly output?: unknown;
}

/** The `...EventDetails` member of an event. */
export type EventDetails = Omit<HistoryEvent, "id" | "previousEventId" | "timestamp" | "type">;

export interface EventPlace {
  readonly state?: string;
  readonly at?: Date;
  readonly output?: unknown;
}

/** The events of one execution, in the order in which they happened. */
export class History {
  readonly #executionArn: string;
  readonly #onEvent: (event: ExecutionEvent) => void;
  readonly #events: HistoryEvent[] = [];

  constructor(executionArn: string, onEvent: (event: ExecutionEvent) => void) {
    this.#executionArn = executionArn;
    this.#onEvent = onEvent;
  }

  /** True when only the event that ends the execution still has room. */
  get isFull(): boolean {
    return this.#events.length >= HISTORY_LIMIT_EVENTS - 1;
  }

  /** `previousEventId` is the event before: exact along one branch, which is all that a drill has. */
  record(type: HistoryEventType, details: EventDetails = {}, place: EventPlace = {}): void {
    const { at: timestamp = new Date(), ...reported } = place;
    const previousEventId = this.#events.length;
    this.#events.push({ id: previousEventId + 1, previousEventId, timestamp, type, ...details });
    this.#onEvent({ executionArn: this.#executionArn, type, at: timestamp.toISOString(), ...reported });
  }

  /** Events in the asked order, without inputs and outputs when they are not wanted. */
  read({ isReversed, isWithData }: { isReversed: boolean; isWithData: boolean }): readonly HistoryEvent[] {
    const events = isReversed ? this.#events.toReversed() : this.#events;
    return isWithData ? events : events.map(withoutData);
  }
}

/** `error` <= 256 and `cause` <= 32,768 characters, by the SDK's model; empty ones are left out. */
export function shortenFailure({ error, cause }: { error?: string | undefined; cause?: string | undefined }): {
  error?: string;
  cause?: string;
} {
  return { ...(error ? { error: error.slice(0, 256) } : {}), ...(cause ? { cause: cause.slice(0, 32_768) } : {}) };
}

function withoutData(event: HistoryEvent): HistoryEvent {
  return Object.fromEntries(
    Object.entries(event).map(([member, value]) => {
      if (!member.endsWith("EventDetails")) return [member, value];
      const { input: _input, output: _output, ...details } = value as Record<string, unknown>;
      return [member, details];
    }),
  ) as unknown as HistoryEvent;
}
