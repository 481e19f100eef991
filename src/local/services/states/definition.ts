/**
 * Takes the definition that is deployed, refuses what is invalid on AWS or would be run wrongly here, and translates the rest for
 * `aws-local-stepfunctions` 3.0.0. Each translation stands for one measured difference between that library and AWS.
 */

import validate from "asl-validator";
import type { StateMachineDefinition } from "aws-local-stepfunctions";
import { ServiceError } from "../../wire/service.ts";
import type { Json, JsonObject } from "./json.ts";
import { refusals } from "./refusals.ts";

/** The library counts in `setTimeout`, where more than 2^31 - 1 ms fires at once. */
const TIMER_LIMIT_SECONDS = 2_147_483;

export interface StateFacts {
  readonly type: string;
  /** The Parallel states around it, outermost first. */
  readonly parallels: readonly string[];
  /** A Task's function ARN. */
  readonly resource?: string;
  readonly timeoutSeconds?: number;
}

export interface Machine {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  /** As deployed. */
  readonly definition: object;
  /** As the library runs it. */
  readonly runnable: StateMachineDefinition;
  /** By state name, which is unique within a machine. */
  readonly states: ReadonlyMap<string, StateFacts>;
}

/**
 * Where the library keeps `$$.Execution` of its own: it overwrites Input and StartTime, inside a Parallel even with the branch's.
 * Paths are pointed at a second copy instead, which stays what it is.
 */
export const EXECUTION_IN_CONTEXT = "DeployedExecution";

/** Throws ServiceError `InvalidDefinition` that lists everything wrong. `timeScale` multiplies waits and pauses between retries. */
export function readDefinition(
  definition: object,
  timeScale: number,
): { runnable: StateMachineDefinition; states: ReadonlyMap<string, StateFacts> } {
  const validation = validate(structuredClone(definition));
  const problems = validation.isValid ? refusals(definition as JsonObject) : [validation.errorsText("; ")];
  if (problems.length > 0) throw new ServiceError("InvalidDefinition", problems.join("; "));

  const copy = JSON.parse(JSON.stringify(definition), redirectExecutionPaths) as JsonObject;
  const states = new Map<string, StateFacts>();
  const runnable = { ...copy, ...translateStates(copy, [], timeScale, states) };
  if (typeof copy["TimeoutSeconds"] === "number") runnable["TimeoutSeconds"] = capped(copy["TimeoutSeconds"]);
  return { runnable: runnable as unknown as StateMachineDefinition, states };
}

function redirectExecutionPaths(member: string, value: Json): Json {
  const isPath = typeof value === "string" && /(\.\$|Path|^Variable)$/.test(member);
  return isPath ? value.replaceAll("$$.Execution", () => `$$.${EXECUTION_IN_CONTEXT}`) : value;
}

function translateStates(
  machine: JsonObject,
  parallels: readonly string[],
  timeScale: number,
  facts: Map<string, StateFacts>,
): JsonObject {
  const translated: JsonObject = {};
  for (const [name, state] of Object.entries(machine["States"] as Record<string, JsonObject>)) {
    facts.set(name, factsOf(state, parallels));
    const branches = (state["Branches"] as JsonObject[] | undefined)?.map((branch) => ({
      ...branch,
      ...translateStates(branch, [...parallels, name], timeScale, facts),
    }));
    translated[name] = translateState(branches === undefined ? state : { ...state, Branches: branches }, timeScale);
  }
  return { States: translated };
}

function factsOf(state: JsonObject, parallels: readonly string[]): StateFacts {
  const { Type: type, Resource: resource, TimeoutSeconds: timeoutSeconds } = state;
  return {
    type: String(type),
    parallels,
    ...(typeof resource === "string" ? { resource } : {}),
    ...(typeof timeoutSeconds === "number" ? { timeoutSeconds } : {}),
  };
}

function translateState(state: JsonObject, timeScale: number): JsonObject {
  const plain = withoutDefaultPaths(state);
  switch (plain["Type"]) {
    case "Task":
      // Without TimeoutSeconds the library gives up after 60 s, AWS after 99,999,999 s.
      return { ...scaleRetries(plain, timeScale), TimeoutSeconds: capped(plain["TimeoutSeconds"]) };
    case "Parallel":
      return scaleRetries(plain, timeScale);
    case "Wait":
      return waitAsTask(plain);
    case "Pass":
      return passWithFalsyResult(plain);
    case "Fail":
      // The library makes up an Error and a Cause where none is given.
      return {
        ...("ErrorPath" in plain ? {} : { Error: "" }),
        ...("CausePath" in plain ? {} : { Cause: "" }),
        ...plain,
      };
    default:
      return plain;
  }
}

function capped(timeoutSeconds: Json | undefined): number {
  return Math.min(typeof timeoutSeconds === "number" ? timeoutSeconds : TIMER_LIMIT_SECONDS, TIMER_LIMIT_SECONDS);
}

/** `"$"` is the default of all three paths; the library fails on it when the document is null, and takes ResultPath `$` for a member. */
function withoutDefaultPaths(state: JsonObject): JsonObject {
  const plain = Object.fromEntries(
    Object.entries(state).filter(([member, value]) => !(/^(Input|Output|Result)Path$/.test(member) && value === "$")),
  );
  const catchers = plain["Catch"] as JsonObject[] | undefined;
  return catchers === undefined ? plain : { ...plain, Catch: catchers.map(withoutDefaultPaths) };
}

function scaleRetries(state: JsonObject, timeScale: number): JsonObject {
  const retriers = state["Retry"] as { IntervalSeconds?: number; MaxDelaySeconds?: number }[] | undefined;
  if (retriers === undefined) return state;
  const scaled = retriers.map(({ IntervalSeconds = 1, MaxDelaySeconds, ...retrier }) => ({
    ...retrier,
    IntervalSeconds: IntervalSeconds * timeScale,
    ...(MaxDelaySeconds === undefined ? {} : { MaxDelaySeconds: MaxDelaySeconds * timeScale }),
  }));
  return { ...state, Retry: scaled };
}

/**
 * The library can override a wait's length only by state name, not knowing the document that `SecondsPath` points into. A Task's local
 * handler does get the document, so a Wait is run as a Task whose handler sleeps and answers its input: the path is still read by the
 * library, nested branches and loops included, and scaling is one multiplication.
 */
function waitAsTask(wait: JsonObject): JsonObject {
  const { Seconds, SecondsPath, Timestamp, TimestampPath, ...task } = wait;
  const parameters: JsonObject = { "input.$": "$" };
  if (Seconds !== undefined) parameters["seconds"] = Seconds;
  if (SecondsPath !== undefined) parameters["seconds.$"] = SecondsPath;
  if (Timestamp !== undefined) parameters["timestamp"] = Timestamp;
  if (TimestampPath !== undefined) parameters["timestamp.$"] = TimestampPath;
  return { ...task, Type: "Task", Resource: "wait", Parameters: parameters, TimeoutSeconds: TIMER_LIMIT_SECONDS };
}

/** The library ignores a Result of false, 0, "" or null. */
function passWithFalsyResult(pass: JsonObject): JsonObject {
  const { Result: result, ...others } = pass;
  return result === undefined || result ? pass : { ...others, Parameters: result };
}
