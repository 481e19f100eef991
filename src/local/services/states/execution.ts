import { setImmediate as nextTurn } from "node:timers/promises";
import type { ExecutionStatus, HistoryEventType } from "@aws-sdk/client-sfn";
import { ExecutionAbortedError, ExecutionError, ExecutionTimeoutError, StateMachine } from "aws-local-stepfunctions";
import type { Machine, StateFacts } from "./definition.ts";
import { EXECUTION_IN_CONTEXT } from "./definition.ts";
import type { ExecutionEvent } from "./history.ts";
import { HISTORY_LIMIT_EVENTS, History, shortenFailure } from "./history.ts";
import type { Json } from "./json.ts";
import { isWithinLimit } from "./json.ts";
import type { Run, StateEvent } from "./library-events.ts";
import { StateScribe } from "./library-events.ts";
import type { Pace, Pause } from "./pause.ts";
import { pause } from "./pause.ts";
import { dataLimitExceeded, lambdaFailure, StateError } from "./state-error.ts";

export interface ExecutionOptions extends Pace {
  readonly machine: Machine;
  readonly arn: string;
  readonly name: string;
  /** JSON text, checked before. */
  readonly input: string;
  readonly startDate: Date;
  readonly invoke: (functionArn: string, payload: unknown, signal: AbortSignal) => Promise<unknown>;
  readonly onEvent: (event: ExecutionEvent) => void;
}

export interface Outcome {
  readonly status: ExecutionStatus;
  readonly stopDate?: Date;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

type Handler = (input: Json) => Promise<Json>;

/** What a state answers when its execution or branch has ended before it: nobody listens any more. */
const ABANDONED = new StateError("States.Abandoned", "", { isTerminal: true });

/** One execution: runs the machine, keeps its history, and enforces what the library does not. */
export class Execution {
  readonly options: ExecutionOptions;
  readonly history: History;
  /** Resolves, never rejects, when the execution has ended and its history is complete. */
  readonly finished: Promise<Outcome>;
  readonly #scribe: StateScribe;
  readonly #run: Run;
  readonly #ended = new AbortController();
  /** The states that are acting, by name: the way to end one that timed out or whose sibling branch failed. */
  readonly #acting = new Map<string, AbortController>();
  #outcome: Outcome = { status: "RUNNING" };
  /** How the execution was ended from here: by a caller, or by a limit that the library does not know. */
  #verdict: Outcome | undefined;

  constructor(options: ExecutionOptions) {
    this.options = options;
    const { machine, input, startDate } = options;
    this.history = new History(options.arn, options.onEvent);
    this.#scribe = new StateScribe(this.history);
    const started = { input, inputDetails: { truncated: false }, roleArn: machine.roleArn };
    this.history.record("ExecutionStarted", { executionStartedEventDetails: started }, { at: startDate });
    this.#run = new StateMachine(machine.runnable, { validationOptions: { noValidate: true } }).run(JSON.parse(input), {
      context: this.#context(),
      overrides: { taskResourceLocalHandlers: this.#handlers() },
    });
    this.finished = this.#conclude(this.#listen());
  }

  /** What stands now: `RUNNING` until `finished` resolves. */
  get outcome(): Outcome {
    return this.#outcome;
  }

  /** Ends the execution as ABORTED, or leaves it as it ended before. Resolves when it has ended. */
  async abort(failure: { error?: string | undefined; cause?: string | undefined }): Promise<Outcome> {
    this.#end({ status: "ABORTED", ...shortenFailure(failure) });
    return this.finished;
  }

  /** Ends the execution as its TimeoutSeconds would. Resolves when it has ended. */
  async timeOut(): Promise<Outcome> {
    this.#end({ status: "TIMED_OUT", error: "States.Timeout" });
    return this.finished;
  }

  #context(): Record<string, unknown> {
    const { machine, arn, name, input, startDate } = this.options;
    return {
      [EXECUTION_IN_CONTEXT]: {
        Id: arn,
        Input: JSON.parse(input),
        Name: name,
        RedriveCount: 0,
        RoleArn: machine.roleArn,
        StartTime: startDate.toISOString(),
      },
      StateMachine: { Id: machine.arn, Name: machine.name },
    };
  }

  #handlers(): Record<string, Handler> {
    const handlers: Record<string, Handler> = {};
    for (const [state, facts] of this.options.machine.states) {
      if (facts.type === "Task") {
        handlers[state] = (input) => this.#act(state, (signal) => this.#invoke(state, facts, input, signal));
      }
      if (facts.type === "Wait") {
        handlers[state] = (asked) =>
          this.#act(state, (signal) => this.#wait(asked as unknown as { input: Json } & Pause, signal));
      }
    }
    return handlers;
  }

  /** One turn of the event loop lets the history catch up with the library, and end the execution if what it finds says so. */
  async #act(state: string, action: (signal: AbortSignal) => Promise<Json>): Promise<Json> {
    await nextTurn();
    if (this.#ended.signal.aborted) throw ABANDONED;
    const controller = new AbortController();
    this.#acting.set(state, controller);
    try {
      return await action(AbortSignal.any([controller.signal, this.#ended.signal]));
    } finally {
      if (this.#acting.get(state) === controller) this.#acting.delete(state);
    }
  }

  async #wait({ input, ...asked }: { input: Json } & Pause, signal: AbortSignal): Promise<Json> {
    await pause(asked, this.options, signal);
    return input;
  }

  async #invoke(state: string, { resource = "", timeoutSeconds }: StateFacts, input: Json, signal: AbortSignal) {
    const payload = JSON.stringify(input);
    if (!isWithinLimit(payload)) throw dataLimitExceeded(state);
    const timeout = timeoutSeconds === undefined ? {} : { timeoutInSeconds: timeoutSeconds };
    const scheduled = { resource, input: payload, inputDetails: { truncated: false }, ...timeout };
    this.history.record("LambdaFunctionScheduled", { lambdaFunctionScheduledEventDetails: scheduled }, { state });
    this.history.record("LambdaFunctionStarted", {}, { state });
    const output = await this.#call(state, resource, payload, signal);
    if (!isWithinLimit(output)) throw dataLimitExceeded(resource);
    const succeeded = { output, outputDetails: { truncated: false } };
    this.history.record("LambdaFunctionSucceeded", { lambdaFunctionSucceededEventDetails: succeeded }, { state });
    return JSON.parse(output) as Json;
  }

  /** The result as JSON text, which is what would cross the wire. */
  async #call(state: string, resource: string, payload: string, signal: AbortSignal): Promise<string> {
    try {
      const output = JSON.stringify(await this.options.invoke(resource, JSON.parse(payload), signal)) ?? "null";
      if (!signal.aborted) return output;
    } catch (thrown) {
      if (!signal.aborted) {
        const failure = lambdaFailure(thrown);
        const details = shortenFailure({ error: failure.name, cause: failure.message });
        this.history.record("LambdaFunctionFailed", { lambdaFunctionFailedEventDetails: details }, { state });
        throw failure;
      }
    }
    throw ABANDONED;
  }

  async #listen(): Promise<void> {
    for await (const event of this.#run.eventLogs) {
      if (this.#verdict === undefined && "state" in event) this.#hear(event);
    }
  }

  #hear(event: StateEvent): void {
    const facts = this.options.machine.states.get(event.state.name);
    if (facts === undefined) return;
    const failure = this.#scribe.write(event, facts);
    if (failure !== undefined) this.#fail(failure);
    if (event.type === "StateFailed") this.#release(event.state.name, facts, event.Error, new Date(event.timestamp));
    if (this.history.isFull) {
      const cause = `The execution reached the maximum number of history events (${HISTORY_LIMIT_EVENTS}).`;
      this.#fail(new StateError("States.Runtime", cause, { isTerminal: true }));
    }
  }

  /** The library stops waiting for a task that timed out and for the branches beside one that failed, but does not end them. */
  #release(state: string, { type }: StateFacts, error: string, at: Date): void {
    if (type === "Task" && error === "States.Timeout" && this.#acting.has(state)) {
      this.history.record("LambdaFunctionTimedOut", { lambdaFunctionTimedOutEventDetails: { error } }, { state, at });
      this.#acting.get(state)?.abort();
    }
    if (type === "Parallel") {
      this.#abandon((name) => this.options.machine.states.get(name)?.parallels.includes(state) === true, at);
    }
  }

  /** A function whose state is abandoned runs on, as it does on AWS, but its answer is not heard. */
  #abandon(isMeant: (state: string) => boolean, at: Date): void {
    for (const [state, controller] of this.#acting) {
      if (!isMeant(state) || controller.signal.aborted) continue;
      controller.abort();
      const type = `${this.options.machine.states.get(state)?.type}StateAborted` as HistoryEventType;
      this.history.record(type, {}, { state, at });
    }
  }

  #fail(failure: StateError): void {
    this.#end({ status: "FAILED", ...shortenFailure({ error: failure.name, cause: failure.message }) });
  }

  #end(verdict: Outcome): void {
    this.#verdict ??= verdict;
    this.#run.abort();
    this.#abandon(() => true, new Date());
    this.#ended.abort();
  }

  async #conclude(heard: Promise<void>): Promise<Outcome> {
    const result = await settle(this.#run.result);
    await heard;
    this.#end(result);
    this.#outcome = { ...(this.#verdict ?? result), stopDate: new Date() };
    this.#recordEnd(this.#outcome);
    return this.#outcome;
  }

  #recordEnd({ status, output = "null", stopDate: at = new Date(), ...outcome }: Outcome): void {
    const failure = shortenFailure(outcome);
    if (status === "SUCCEEDED") {
      const succeeded = { output, outputDetails: { truncated: false } };
      const place = { at, output: JSON.parse(output) as unknown };
      this.history.record("ExecutionSucceeded", { executionSucceededEventDetails: succeeded }, place);
    } else if (status === "TIMED_OUT") {
      this.history.record("ExecutionTimedOut", { executionTimedOutEventDetails: failure }, { at });
    } else if (status === "ABORTED") {
      this.history.record("ExecutionAborted", { executionAbortedEventDetails: failure }, { at });
    } else {
      this.history.record("ExecutionFailed", { executionFailedEventDetails: failure }, { at });
    }
  }
}

async function settle(result: Promise<Json>): Promise<Outcome> {
  try {
    return { status: "SUCCEEDED", output: JSON.stringify(await result) };
  } catch (error) {
    if (error instanceof ExecutionTimeoutError) return { status: "TIMED_OUT", error: "States.Timeout" };
    if (error instanceof ExecutionAbortedError) return { status: "ABORTED" };
    const failure = (error instanceof ExecutionError ? error.cause : error) as Error;
    // The library repeats the name of a predefined error as its cause; AWS leaves the cause of a timeout out.
    const cause = failure.message === failure.name ? "" : failure.message;
    return { status: "FAILED", ...shortenFailure({ error: failure.name, cause }) };
  }
}
