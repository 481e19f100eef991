/** Runs a state machine of JSONata states whose Tasks call services, as far as the source account's has them: `aws-local-stepfunctions` knows JSONPath only. */
import { setTimeout as pause } from "node:timers/promises";
import jsonata from "jsonata";

interface Rule {
  readonly ErrorEquals: readonly string[];
  readonly Next: string;
  readonly MaxAttempts?: number;
}
interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly Arguments?: unknown;
  readonly Output?: unknown;
  readonly Assign?: Readonly<Record<string, unknown>>;
  readonly Next?: string;
  readonly Choices?: readonly { Condition: string; Next: string; Assign?: Readonly<Record<string, unknown>> }[];
  readonly Default?: string;
  readonly Retry?: readonly Omit<Rule, "Next">[];
  readonly Catch?: readonly Rule[];
  readonly Items?: string;
  readonly ItemProcessor?: Machine;
  readonly Error?: string;
  readonly Cause?: string;
}
export interface Machine {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

export class ExecutionFailed extends Error {
  readonly error: string;

  constructor(error: string, cause: string) {
    super(cause);
    this.error = error;
  }
}

/** Calls a service; throws ExecutionFailed with the name that Step Functions gives the service's error. */
export type Integration = (resource: string, input: unknown) => Promise<unknown>;

/** A run enters a few states for each look; one that goes on for longer does not end. */
const MAX_STATES = 2000;
/** For every wait, whatever its length. */
const WAIT_MILLISECONDS = 10;

/** Resolves to the output and the names of the states that were entered. Throws ExecutionFailed. */
export async function runJsonata(
  machine: Machine,
  call: Integration,
  input: unknown = {},
  outer: Readonly<Record<string, unknown>> = {},
): Promise<{ output: unknown; visited: string[] }> {
  const variables: Record<string, unknown> = { ...outer };
  const visited: string[] = [];
  let [name, document] = [machine.StartAt, input];
  for (let entered = 0; entered < MAX_STATES; entered += 1) {
    const state = machine.States[name];
    if (state === undefined) throw new Error(`There is no state ${name}.`);
    visited.push(name);
    const scope = { ...variables, states: { input: document } };
    const step = await enter(state, scope, call, (inner, item) => runJsonata(inner, call, item, variables));
    Object.assign(variables, step.assigned);
    if (step.next === undefined) return { output: step.output, visited };
    [name, document] = [step.next, step.output];
  }
  throw new Error(`The machine entered more than ${MAX_STATES} states.`);
}

type Scope = { readonly states: { readonly input: unknown; readonly result?: unknown } };
type Step = { output: unknown; next: string | undefined; assigned?: Record<string, unknown> };

async function enter(
  state: State,
  scope: Scope,
  call: Integration,
  runInner: (machine: Machine, item: unknown) => Promise<{ output: unknown }>,
): Promise<Step> {
  switch (state.Type) {
    case "Task":
      return await task(state, scope, call);
    case "Choice":
      return await choice(state, scope);
    case "Map": {
      const items = await evaluate(state.Items, scope);
      if (!Array.isArray(items)) throw new ExecutionFailed("States.QueryEvaluationError", "Items is no array");
      const output: unknown[] = [];
      for (const item of items)
        if (state.ItemProcessor) output.push((await runInner(state.ItemProcessor, item)).output);
      return { output, next: state.Next };
    }
    case "Wait":
      await pause(WAIT_MILLISECONDS);
      return { output: scope.states.input, next: state.Next };
    case "Succeed":
      return { output: await outputOf(state, scope, scope.states.input), next: undefined };
    case "Fail":
      throw new ExecutionFailed(state.Error ?? "", String(await evaluate(state.Cause, scope)));
    default:
      throw new Error(`A state of the type ${state.Type} is not run here.`);
  }
}

async function task(state: State, scope: Scope, call: Integration): Promise<Step> {
  const input = await evaluate(state.Arguments, scope);
  for (let attempt = 0; ; attempt += 1) {
    try {
      const result = await call(state.Resource ?? "", input);
      const after = { ...scope, states: { ...scope.states, result } };
      const assigned = (await evaluate(state.Assign ?? {}, after)) as Record<string, unknown>;
      return { output: await outputOf(state, after, result), next: state.Next, assigned };
    } catch (error) {
      if (!(error instanceof ExecutionFailed)) throw error;
      const isFor = ({ ErrorEquals }: Omit<Rule, "Next">): boolean => ErrorEquals.includes(error.error);
      if (attempt < (state.Retry?.find(isFor)?.MaxAttempts ?? 0)) continue;
      const caught = state.Catch?.find(isFor);
      if (caught === undefined) throw error;
      return { output: { Error: error.error, Cause: error.message }, next: caught.Next };
    }
  }
}

async function choice(state: State, scope: Scope): Promise<Step> {
  for (const { Condition, Next, Assign = {} } of state.Choices ?? []) {
    if ((await evaluate(Condition, scope)) !== true) continue;
    const assigned = (await evaluate(Assign, scope)) as Record<string, unknown>;
    return { output: scope.states.input, next: Next, assigned };
  }
  return { output: scope.states.input, next: state.Default };
}

const outputOf = async (state: State, scope: Scope, otherwise: unknown): Promise<unknown> =>
  state.Output === undefined ? otherwise : await evaluate(state.Output, scope);

/** Every `{% %}` in the value. What evaluates to nothing fails the state, as on AWS. */
async function evaluate(value: unknown, scope: Scope): Promise<unknown> {
  if (Array.isArray(value)) return await Promise.all(value.map((each) => evaluate(each, scope)));
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(async ([key, member]) => [key, await evaluate(member, scope)] as const);
    return Object.fromEntries(await Promise.all(members));
  }
  const [, expression] = typeof value === "string" ? (/^\{%(.*)%\}$/s.exec(value) ?? []) : [];
  if (expression === undefined) return value;
  const answer: unknown = await jsonata(expression).evaluate(undefined, { ...scope });
  if (answer === undefined) throw new ExecutionFailed("States.QueryEvaluationError", `${expression} is undefined`);
  return JSON.parse(JSON.stringify(answer));
}
