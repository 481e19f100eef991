import type { HistoryEventType } from "@aws-sdk/client-sfn";
import type { StateMachine } from "aws-local-stepfunctions";
import type { StateFacts } from "./definition.ts";
import type { History } from "./history.ts";
import { isWithinLimit } from "./json.ts";
import { dataLimitExceeded, type StateError } from "./state-error.ts";

export type Run = ReturnType<StateMachine["run"]>;
type LibraryEvent = Run["eventLogs"] extends AsyncGenerator<infer Event> ? Event : never;
export type StateEvent = Extract<LibraryEvent, { state: unknown }>;

/** Writes the library's report on states into a history, in the words of Step Functions, and checks the size of what passes. */
export class StateScribe {
  readonly #history: History;
  readonly #failedParallels = new Set<string>();

  constructor(history: History) {
    this.#history = history;
  }

  /** Returns `States.DataLimitExceeded` when the state's input or output is above the limit. */
  write(event: StateEvent, { type }: StateFacts): StateError | undefined {
    const { name: state, input, output } = event.state;
    const at = new Date(event.timestamp);
    switch (event.type) {
      case "StateEntered":
        return this.#enter(state, type, JSON.stringify(input), at);
      case "StateExited":
        return this.#exit(state, type, JSON.stringify(output ?? null), at);
      case "StateRetried":
        if (type === "Parallel") this.#startBranches(state, at);
        return undefined;
      case "StateFailed":
        if (type === "Parallel") this.#failBranches(state, at);
        return undefined;
      default:
        return undefined;
    }
  }

  #enter(state: string, type: string, input: string, at: Date): StateError | undefined {
    const entered = { name: state, input, inputDetails: { truncated: false } };
    this.#history.record(entering(type), { stateEnteredEventDetails: entered }, { state, at });
    if (type === "Parallel") this.#startBranches(state, at);
    return isWithinLimit(input) ? undefined : dataLimitExceeded(state);
  }

  #exit(state: string, type: string, output: string, at: Date): StateError | undefined {
    if (!isWithinLimit(output)) return dataLimitExceeded(state);
    if (type === "Parallel" && !this.#failedParallels.has(state)) {
      this.#history.record("ParallelStateSucceeded", {}, { state, at });
    }
    const exited = { name: state, output, outputDetails: { truncated: false } };
    const place = { state, at, output: JSON.parse(output) as unknown };
    this.#history.record(exiting(type), { stateExitedEventDetails: exited }, place);
    return undefined;
  }

  #startBranches(state: string, at: Date): void {
    this.#failedParallels.delete(state);
    this.#history.record("ParallelStateStarted", {}, { state, at });
  }

  #failBranches(state: string, at: Date): void {
    this.#failedParallels.add(state);
    this.#history.record("ParallelStateFailed", {}, { state, at });
  }
}

const entering = (type: string): HistoryEventType => `${type}StateEntered` as HistoryEventType;
const exiting = (type: string): HistoryEventType => `${type}StateExited` as HistoryEventType;
