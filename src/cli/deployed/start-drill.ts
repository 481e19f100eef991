import { userInfo } from "node:os";
import { ListStateMachinesCommand, type SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import type { DrillRequest } from "../../plan/drill.ts";
import { didYouMean } from "../../plan/suggest.ts";

const PAGE_MACHINES = 1000;
/** An account may have 10,000 in a region. */
const MAX_PAGES = 10;

/** There is no stack of that stage where it was looked for. */
export class StackNotFound extends Error {
  override readonly name = "StackNotFound";
}

/** What the stack of a stage calls its state machine, as serverless.yml has it. */
const machineName = (stage: string): string => (stage === "prod" ? "restore-drill" : `restore-drill-${stage}`);

/** The ARN of the stage's state machine. Throws StackNotFound naming those that are there. */
export async function findMachine(sfn: SFNClient, stage: string): Promise<string> {
  const wanted = machineName(stage);
  const others: string[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await sfn.send(new ListStateMachinesCommand({ maxResults: PAGE_MACHINES, nextToken }));
    for (const { name = "", stateMachineArn } of answer.stateMachines ?? []) {
      if (name === wanted && stateMachineArn !== undefined) return stateMachineArn;
      if (name.startsWith("restore-drill")) others.push(name);
    }
    nextToken = answer.nextToken;
    if (nextToken === undefined) break;
  }
  const region = await sfn.config.region();
  const there = others.length === 0 ? "no restore-drill is deployed there" : `there are: ${others.join(", ")}`;
  throw new StackNotFound(
    `There is no state machine "${wanted}" in ${region}: ${there}.${didYouMean(wanted, others)} Say where the stack is with --region and --stage, or deploy it (docs/deploy.md).`,
  );
}

/** Starts a drill and resolves to the execution's ARN. Its name tells in the console who started it and when. */
export async function startDrill(
  sfn: SFNClient,
  stateMachineArn: string,
  request: Omit<DrillRequest, "trigger">,
  now: Date = new Date(),
): Promise<string> {
  const by = userInfo().username;
  const trigger = { kind: "manual", by: `${by}, by restore-drill run` } satisfies DrillRequest["trigger"];
  const moment = now.toISOString().replace(/[-:]|\.\d+/g, "");
  const { executionArn = "" } = await sfn.send(
    new StartExecutionCommand({
      stateMachineArn,
      // 80 characters: "manual-", a plan's 40 at most, and a moment's 16 are 64.
      name: `manual-${request.plan.slice(0, 40).replace(/[^\w-]/g, "_")}-${moment}`,
      input: JSON.stringify({ ...request, trigger }),
    }),
  );
  return executionArn;
}
