import { userInfo } from "node:os";
import { ListStateMachinesCommand, type SFNClient } from "@aws-sdk/client-sfn";
import type { DrillRequest } from "../../plan/drill.ts";
import { didYouMean } from "../../plan/suggest.ts";
import { executionName, startDrill } from "../../start/start-drill.ts";

const PAGE_MACHINES = 1000;
/** An account may have 10,000 in a region. */
const MAX_PAGES = 10;
/** More names than these are no help to anybody. */
const MAX_NAMED = 20;
/** Longer names of people are no names; `DrillRequest` takes 200 characters with what is around it. */
const MAX_PERSON_CHARS = 100;

/** There is no stack of that name where it was looked for. */
class StackNotFound extends Error {
  override readonly name = "StackNotFound";
}

/** The ARN of the state machine that drills in the stack of that name. Throws StackNotFound naming the stacks that are there. */
export async function findMachine(sfn: SFNClient, wanted: string): Promise<string> {
  const names = new Set<string>();
  let nextToken: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await sfn.send(new ListStateMachinesCommand({ maxResults: PAGE_MACHINES, nextToken }));
    for (const { name = "", stateMachineArn } of answer.stateMachines ?? []) {
      if (name === wanted && stateMachineArn !== undefined) return stateMachineArn;
      names.add(name);
    }
    nextToken = answer.nextToken;
    if (nextToken === undefined) break;
  }
  // Whatever a stack is called, it has both.
  const stacks = [...names].filter((name) => names.has(`${name}-finish-drill`)).slice(0, MAX_NAMED);
  const region = await sfn.config.region();
  const there = stacks.length === 0 ? "no restore-drill is deployed there" : `there are: ${stacks.join(", ")}`;
  throw new StackNotFound(
    `There is no state machine "${wanted}" in ${region}: ${there}.${didYouMean(wanted, stacks)} Say where the stack is with --region, and --stage or --name, or deploy it (docs/deploy.md).`,
  );
}

/** Starts a drill and resolves to the execution's ARN. Its name tells in the console who started it and when. */
export async function startByHand(
  sfn: SFNClient,
  stateMachineArn: string,
  request: Omit<DrillRequest, "trigger">,
  now: Date = new Date(),
): Promise<string> {
  const trigger = { kind: "manual", by: `${personHere()}, by restore-drill run` } satisfies DrillRequest["trigger"];
  // What is no plan's name is told by the drill, and may not be in an execution's.
  const plan = request.plan.slice(0, 40).replace(/[^\w-]/g, "_");
  const name = executionName("manual", plan, now);
  const { executionArn, isNew } = await startDrill({ sfn, stateMachineArn }, name, { ...request, trigger });
  if (isNew) return executionArn;
  throw new Error(`${name} was started with another request in this same second. Start this one again.`);
}

/** Who asks, as far as the machine knows: in a container, its user may have no name. */
export function personHere(
  lookUp: () => { readonly username: string } = userInfo,
  { USER: named }: { readonly USER?: string | undefined } = process.env,
): string {
  try {
    return lookUp().username.slice(0, MAX_PERSON_CHARS);
  } catch {
    // Throws for a user id without an entry in passwd: https://nodejs.org/api/os.html#osuserinfooptions
    return (named || `user id ${process.getuid?.() ?? "unknown"}`).slice(0, MAX_PERSON_CHARS);
  }
}
