import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { FunctionError } from "../../src/local/lambda/function-error.ts";
import { readDefinition } from "../../src/local/services/states/definition.ts";
import { Execution, type Outcome } from "../../src/local/services/states/execution.ts";

export const ROOT = resolve(import.meta.dirname, "../..");
const textOf = (name: string): string => readFileSync(resolve(ROOT, `statemachines/${name}.asl.json`), "utf8");
export const TEXT = textOf("restore-drill");
export const FINISH_TEXT = textOf("finish-drill");
export const CAPTURE_TEXT = textOf("capture-baseline");

export interface Rule {
  readonly ErrorEquals: string[];
  readonly ResultPath?: string;
  readonly Next: string;
}
export interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly TimeoutSeconds?: number;
  readonly ResultPath?: string;
  readonly Retry?: Rule[];
  readonly Catch?: Rule[];
  readonly Choices?: { readonly Next: string }[];
  readonly Default?: string;
  readonly Next?: string;
  readonly Branches?: Machine[];
  readonly Result?: Readonly<Record<string, unknown>>;
}
export interface Machine {
  readonly StartAt: string;
  readonly TimeoutSeconds?: number;
  readonly States: Readonly<Record<string, State>>;
}

/** As it stands in the file, placeholders and all. */
export const MACHINE = JSON.parse(TEXT) as Machine;

/** As it is deployed: every placeholder the ARN of a function. */
const deployed = (text: string): Machine =>
  JSON.parse(
    text.replace(/\$\{(\w+)Arn\}/g, (_, task: string) => `arn:aws:lambda:eu-west-1:111122223333:function:${task}`),
  ) as Machine;
export const DEPLOYED = deployed(TEXT);

/** The machine that captures baselines, as it stands in the file and as it is deployed. */
export const CAPTURE = JSON.parse(CAPTURE_TEXT) as Machine;
export const DEPLOYED_CAPTURE = deployed(CAPTURE_TEXT);

/** The machine that finishes drills which were interrupted. */
export const FINISH = JSON.parse(FINISH_TEXT) as Machine;
export const DEPLOYED_FINISH = deployed(FINISH_TEXT);

/** Every state, those inside branches too, with whether it is in the try block. */
export function statesOf(machine: Machine, isTried = false): [name: string, state: State, isTried: boolean][] {
  return Object.entries(machine.States).flatMap(([name, state]): [string, State, boolean][] => [
    [name, state, isTried],
    ...(state.Branches ?? []).flatMap((branch) => statesOf(branch, true)),
  ]);
}

export type Handlers = Readonly<Record<string, (document: Record<string, unknown>) => unknown>>;

/** What Lambda says of a handler that threw. */
export function failing(errorType: string, errorMessage = "it broke"): () => never {
  return () => {
    throw new FunctionError("fake", { errorType, errorMessage });
  };
}

/** Runs the machine with a handler for each Task, without waiting. */
export async function run(
  handlers: Handlers,
  input: object = { plan: "orders" },
  definition: Machine = DEPLOYED,
): Promise<Outcome & { visited: string[]; seen: Record<string, Record<string, unknown>[]> }> {
  const visited: string[] = [];
  const seen: Record<string, Record<string, unknown>[]> = {};
  const execution = new Execution({
    machine: {
      name: "restore-drill",
      arn: "arn:aws:states:eu-west-1:111122223333:stateMachine:restore-drill",
      roleArn: "arn:aws:iam::111122223333:role/restore-drill",
      definition,
      ...readDefinition(definition, 0),
    },
    arn: "arn:aws:states:eu-west-1:111122223333:execution:restore-drill:weekly-1",
    name: "weekly-1",
    input: JSON.stringify(input),
    startDate: new Date("2026-11-21T14:32:05.000Z"),
    timeScale: 0,
    invoke: async (arn, payload) => {
      const task = arn.split(":").at(-1) ?? "";
      seen[task] = [...(seen[task] ?? []), payload as Record<string, unknown>];
      return handlers[task]?.(payload as Record<string, unknown>);
    },
    onEvent: ({ type, state }) => {
      if (type.endsWith("StateEntered") && state !== undefined) visited.push(state);
    },
  });
  return { ...(await execution.finished), visited, seen };
}
