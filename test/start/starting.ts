import {
  ExecutionAlreadyExists,
  SFNClient,
  StartExecutionCommand,
  type StartExecutionInput,
} from "@aws-sdk/client-sfn";
import { mockClient } from "aws-sdk-client-mock";
import { type Plan, type PlanFile, Plan as PlanSchema } from "../../src/plan/plan.ts";
import { type EventAnswer, StartingEvent, startEventDrill } from "../../src/start/start-event-drill.ts";
import { parseInput } from "../../src/step.ts";
import { evidenceBucket } from "../evidence/evidence-bucket.ts";
import { SAMPLE_PLAN } from "../plan/sample-plan.ts";

export const STATE_MACHINE = "arn:aws:states:eu-central-1:111122223333:stateMachine:restore-drill";

/** Step Functions as it takes names: one that runs with the same input is answered again, any other that is known is refused. */
export function executions() {
  const client = new SFNClient({});
  const sfn = mockClient(client);
  const begun = new Map<string, { input: string; isOver: boolean }>();
  const network = { isDown: false };
  sfn.on(StartExecutionCommand).callsFake(async ({ name = "", input = "" }: StartExecutionInput) => {
    if (network.isDown) throw new Error("socket hang up");
    const there = begun.get(name);
    if (there !== undefined && (there.isOver || there.input !== input))
      throw new ExecutionAlreadyExists({ message: `Execution Already Exists: '${name}'`, $metadata: {} });
    if (there === undefined) begun.set(name, { input, isOver: false });
    return { executionArn: `${STATE_MACHINE.replace("stateMachine", "execution")}:${name}`, startDate: new Date() };
  });
  return { client, sfn, begun, network };
}

/** The sample plan with changes; its name is its file's. */
export const planOf = (plan: string, { source = {}, incidents = {} }: { source?: object; incidents?: object } = {}) => {
  const file: PlanFile = {
    ...SAMPLE_PLAN.file,
    plan,
    source: { ...SAMPLE_PLAN.file.source, ...source },
    incidents,
  };
  return PlanSchema.parse(file);
};

/** A stack with these plans, at a moment that can be moved. */
export function stackWith(plans: readonly Plan[]) {
  const bucket = evidenceBucket();
  const { client, sfn, begun, network } = executions();
  const logged: object[] = [];
  const stack = {
    now: new Date("2026-11-21T14:01:00.000Z"),
    bucket,
    sfn,
    begun,
    network,
    logged,
    /** As the function does, from the document that EventBridge delivers. */
    deliver: async (event: object): Promise<EventAnswer> =>
      startEventDrill(
        {
          sfn: client,
          stateMachineArn: STATE_MACHINE,
          store: bucket.store,
          now: () => stack.now,
          logger: { info: (...line: unknown[]) => void logged.push(line), error: (...line) => void logged.push(line) },
          plans: {
            names: async () => plans.map(({ plan }) => plan),
            read: async (name) => {
              const plan = plans.find((each) => each.plan === name);
              if (plan === undefined) throw new Error(`no plan ${name}`);
              return { plan, file: SAMPLE_PLAN.file };
            },
          },
        },
        parseInput("start-event-drill", StartingEvent, event),
      ),
    requests: (): unknown[] => [...begun.values()].map(({ input }) => JSON.parse(input)),
    later: (seconds: number): void => {
      stack.now = new Date(stack.now.getTime() + seconds * 1000);
    },
  };
  return stack;
}
