/**
 * Step Functions: runs the deployed definition with the deployed functions, and answers the calls of @aws-sdk/client-sfn. Waits and the
 * pauses between retries are scaled; timeouts are not. Not reproduced: express workflows, redrive, tags, versions, logging.
 */
import { randomUUID } from "node:crypto";
import * as sfn from "@aws-sdk/client-sfn";
import type { CallContext, Service } from "../wire/service.ts";
import { ServiceError } from "../wire/service.ts";
import type { Machine } from "./states/definition.ts";
import { readDefinition } from "./states/definition.ts";
import { Execution } from "./states/execution.ts";
import type { ExecutionEvent } from "./states/history.ts";
import { isWithinLimit, PAYLOAD_LIMIT_BYTES } from "./states/json.ts";
import { pageOf } from "./states/page.ts";
import type { Pace } from "./states/pause.ts";

export type { ExecutionEvent } from "./states/history.ts";

/** Executions kept, the oldest ended ones being forgotten first; a history holds each state's documents. */
const EXECUTION_LIMIT = 1_000;

/** White space, brackets, wildcards, special and control characters, surrogates: the SDK's page of StartExecution. */
const FORBIDDEN_IN_NAMES = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}\p{Cs}\uFFFE\uFFFF]|[\u{10000}-\u{10FFFF}]/u;

export interface StatesServiceOptions {
  readonly region: string;
  readonly accountId: string;
  /** `definition` as deployed, function ARNs substituted. */
  readonly machines: readonly { readonly name: string; readonly definition: object; readonly roleArn?: string }[];
  /**
   * Runs a Task's function. A rejection that carries `errorType` (and `errorMessage`, `trace`) becomes the state's Error and Cause. The
   * signal says that the answer is no longer waited for.
   */
  readonly invoke: (
    functionArn: string,
    payload: unknown,
    signal: AbortSignal,
    by: { readonly execution: string; readonly roleArn: string },
  ) => Promise<unknown>;
  /** Multiplies pauses between retries too: 0 for none. */
  readonly timeScale: Pace["timeScale"];
  readonly passTime?: Pace["passTime"];
  /** Every event of every execution, as it happens. Must not throw. */
  readonly onEvent?: (event: ExecutionEvent) => void;
}

export interface StatesService extends Service {
  /** What DescribeExecution says once the execution has ended. Throws ServiceError `ExecutionDoesNotExist`. */
  executionFinished(executionArn: string): Promise<sfn.DescribeExecutionOutput>;
  /** Ends the execution from outside, as a person or its own time limit would; leaves one that has ended as it is. Resolves when it has ended. */
  endExecution(executionArn: string, how: "ABORTED" | "TIMED_OUT"): Promise<sfn.DescribeExecutionOutput>;
  /** How many executions have not ended. */
  running(): number;
  /** Aborts what is running and resolves when all has ended. */
  close(): Promise<void>;
}

/** Throws ServiceError `InvalidDefinition` for a machine that AWS would refuse or that would be run wrongly here. */
export function statesService(options: StatesServiceOptions): StatesService {
  const { region, accountId, timeScale, passTime } = options;
  const createdAt = new Date();
  const machines = new Map<string, Machine>();
  const executions = new Map<string, Execution>();

  for (const { name, definition, roleArn = `arn:aws:iam::${accountId}:role/${name}` } of options.machines) {
    const arn = `arn:aws:states:${region}:${accountId}:stateMachine:${name}`;
    machines.set(arn, { name, arn, roleArn, definition, ...readDefinition(definition, timeScale) });
  }

  const machineOf = (arn: string): Machine => {
    const machine = machines.get(arn);
    if (machine === undefined) {
      throw new ServiceError("StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}'`);
    }
    return machine;
  };
  const executionOf = (arn: string): Execution => {
    const execution = executions.get(arn);
    if (execution === undefined) {
      throw new ServiceError("ExecutionDoesNotExist", `Execution Does Not Exist: '${arn}'`);
    }
    return execution;
  };

  const startExecution = (call: sfn.StartExecutionInput): sfn.StartExecutionOutput => {
    const machine = machineOf(call.stateMachineArn ?? "");
    const { name = randomUUID(), input = "{}" } = call;
    refuseBadName(name);
    refuseBadInput(input);
    const arn = `arn:aws:states:${region}:${accountId}:execution:${machine.name}:${name}`;
    const earlier = executions.get(arn);
    if (earlier?.outcome.status === "RUNNING" && earlier.options.input === input) {
      return { executionArn: arn, startDate: earlier.options.startDate };
    }
    if (earlier !== undefined) {
      throw new ServiceError("ExecutionAlreadyExists", `Execution Already Exists: '${arn}'`);
    }
    const startDate = new Date();
    const onEvent = options.onEvent ?? (() => {});
    const by = { execution: name, roleArn: machine.roleArn };
    const invoke: Execution["options"]["invoke"] = (functionArn, payload, signal) =>
      options.invoke(functionArn, payload, signal, by);
    forgetOldest(executions);
    executions.set(arn, new Execution({ machine, arn, name, input, startDate, timeScale, passTime, invoke, onEvent }));
    return { executionArn: arn, startDate };
  };

  const listExecutions = (call: sfn.ListExecutionsInput): sfn.ListExecutionsOutput => {
    if (call.stateMachineArn === undefined) {
      throw new ServiceError("ValidationException", "Must specify stateMachineArn: the local cloud has no map runs");
    }
    const machine = machineOf(call.stateMachineArn);
    const found = [...executions.values()]
      .filter(({ options: { machine: owner }, outcome: { status } }) => {
        return owner === machine && (call.statusFilter === undefined || status === call.statusFilter);
      })
      .map(listItem)
      .reverse();
    const { items, nextToken } = pageOf(found, call);
    return { executions: items, ...nextToken };
  };

  const getExecutionHistory = (call: sfn.GetExecutionHistoryInput): sfn.GetExecutionHistoryOutput => {
    const { history } = executionOf(call.executionArn ?? "");
    const events = history.read({
      isReversed: call.reverseOrder ?? false,
      isWithData: call.includeExecutionData ?? true,
    });
    const { items, nextToken } = pageOf(events, call);
    return { events: items, ...nextToken };
  };

  const operations = {
    StartExecution: startExecution,
    ListExecutions: listExecutions,
    GetExecutionHistory: getExecutionHistory,
    DescribeExecution: (call: sfn.DescribeExecutionInput) => describe(executionOf(call.executionArn ?? "")),
    StopExecution: async ({ executionArn, error, cause }: sfn.StopExecutionInput): Promise<sfn.StopExecutionOutput> => {
      const { stopDate } = await executionOf(executionArn ?? "").abort({ error, cause });
      return { stopDate };
    },
    ListStateMachines: (call: sfn.ListStateMachinesInput): sfn.ListStateMachinesOutput => {
      const { items, nextToken } = pageOf([...machines.values()], call);
      const listed = items.map(({ arn: stateMachineArn, name }) => ({
        stateMachineArn,
        name,
        type: "STANDARD" as const,
        creationDate: createdAt,
      }));
      return { stateMachines: listed, ...nextToken };
    },
    DescribeStateMachine: (call: sfn.DescribeStateMachineInput): sfn.DescribeStateMachineOutput => {
      const { arn, name, definition, roleArn } = machineOf(call.stateMachineArn ?? "");
      return {
        stateMachineArn: arn,
        name,
        status: "ACTIVE",
        definition: JSON.stringify(definition),
        roleArn,
        type: "STANDARD",
        creationDate: createdAt,
      };
    },
  };

  return {
    name: "states",
    sdk: sfn,
    operations: Object.fromEntries(
      Object.entries(operations).map(([operation, answer]) => [operation, inRegion(region, answer)]),
    ),
    executionFinished: async (executionArn) => {
      const execution = executionOf(executionArn);
      await execution.finished;
      return describe(execution);
    },
    endExecution: async (executionArn, how) => {
      const execution = executionOf(executionArn);
      await (how === "ABORTED" ? execution.abort({}) : execution.timeOut());
      return describe(execution);
    },
    running: () => [...executions.values()].filter(({ outcome: { status } }) => status === "RUNNING").length,
    close: async () => {
      const cause = "The local cloud was closed";
      await Promise.all([...executions.values()].map((execution) => execution.abort({ cause })));
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: each operation narrows its input to the SDK's own type
function inRegion(region: string, answer: (call: any) => Promise<object> | object) {
  return (call: unknown, context: CallContext): Promise<object> | object => {
    if (context.region === region) return answer(call);
    throw new ServiceError("InvalidArn", `Invalid Arn: 'Resource type not valid in this context: ${region}'`);
  };
}

function refuseBadName(name: string): void {
  if (name.length === 0 || name.length > 80) {
    const limit = name.length === 0 ? "greater than or equal to 1" : "less than or equal to 80";
    const message = `1 validation error detected: Value '${name}' at 'name' failed to satisfy constraint: Member must have length ${limit}`;
    throw new ServiceError("ValidationException", message);
  }
  if (FORBIDDEN_IN_NAMES.test(name)) throw new ServiceError("InvalidName", `Invalid Name: '${name}'`);
}

function refuseBadInput(input: string): void {
  if (!isWithinLimit(input)) {
    const message = `Invalid State Machine Execution Input: more than ${PAYLOAD_LIMIT_BYTES} bytes`;
    throw new ServiceError("InvalidExecutionInput", message);
  }
  try {
    JSON.parse(input);
  } catch (error) {
    throw new ServiceError("InvalidExecutionInput", `Invalid State Machine Execution Input: '${String(error)}'`);
  }
}

function forgetOldest(executions: Map<string, Execution>): void {
  if (executions.size < EXECUTION_LIMIT) return;
  for (const [arn, execution] of executions) {
    if (execution.outcome.status === "RUNNING") continue;
    executions.delete(arn);
    return;
  }
  throw new ServiceError("ExecutionLimitExceeded", `${EXECUTION_LIMIT} executions are running`);
}

function listItem({ options, outcome }: Execution): sfn.ExecutionListItem {
  return {
    executionArn: options.arn,
    stateMachineArn: options.machine.arn,
    name: options.name,
    status: outcome.status,
    startDate: options.startDate,
    ...(outcome.stopDate === undefined ? {} : { stopDate: outcome.stopDate }),
    redriveCount: 0,
  };
}

function describe(execution: Execution): sfn.DescribeExecutionOutput {
  const { output, error, cause } = execution.outcome;
  return {
    ...listItem(execution),
    input: execution.options.input,
    inputDetails: { included: true },
    ...(output === undefined ? {} : { output, outputDetails: { included: true } }),
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
  } as sfn.DescribeExecutionOutput;
}
