import { DescribeExecutionCommand, ListExecutionsCommand, type SFNClient } from "@aws-sdk/client-sfn";
import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { DrillRequest } from "../plan/drill.ts";
import type { DeployedPlans } from "../plan/library.ts";
import { accountOf, databaseKey } from "../plan/names.ts";
import { hasEnded } from "../turns/has-ended.ts";
import { readTurns } from "../turns/turns.ts";
import type { RunningDrill } from "./places.ts";

export interface RunningServices {
  readonly sfn: SFNClient;
  /** Of the machine that drills. */
  readonly stateMachineArn: string;
  readonly store: JsonStore;
  readonly plans: DeployedPlans;
  readonly now: () => Date;
}

/**
 * A region drills 5 at a time, and those of 40 regions are 200: more than that wait in a line that nothing has to be added to. Describing 200 at ten
 * at a time, 50 ms each, takes a second, and Step Functions allows 300 at once (15 a second after that).
 * https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
 */
const MAX_RUNNING = 200;
const DESCRIBED_AT_A_TIME = 10;
/** A page may hold fewer than were asked for. */
const MAX_PAGES = 10;

/**
 * The drills that run, wait for their turn, or were stopped and are being finished; undefined where there are more than `MAX_RUNNING`. The list of
 * Step Functions may lag behind: who has a turn is known from the turns too, and a start is named after its slot.
 * Throws EvidenceUnreadable.
 */
export async function runningDrills(services: RunningServices): Promise<RunningDrill[] | undefined> {
  const executions = await runningExecutions(services);
  if (executions === undefined) return undefined;
  const { turns } = await readTurns(services.store);
  const known = new Set(turns.map(({ executionArn }) => executionArn));
  // At most one of a database and five of a region are not over: nobody has to give a turn back, so that others are still in the document.
  const ofTurns = await inTens(turns, async (turn) =>
    executions.includes(turn.executionArn) || !(await hasEnded(services, turn)) ? turn : undefined,
  );
  const waiting = executions.filter((executionArn) => !known.has(executionArn));
  return [...ofTurns, ...(await inTens(waiting, (executionArn) => placeOf(services, executionArn)))];
}

async function runningExecutions({ sfn, stateMachineArn }: RunningServices): Promise<string[] | undefined> {
  const found: string[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await sfn.send(
      new ListExecutionsCommand({
        stateMachineArn,
        statusFilter: "RUNNING",
        maxResults: MAX_RUNNING,
        ...(nextToken === undefined ? {} : { nextToken }),
      }),
    );
    found.push(...(answer.executions ?? []).flatMap(({ executionArn }) => executionArn ?? []));
    nextToken = answer.nextToken;
    if (found.length > MAX_RUNNING) return undefined;
    if (nextToken === undefined) return found;
  }
  return undefined;
}

/** Undefined for one that is over, and for one that asks for no plan that there is: it is refused before its turn comes. */
async function placeOf(
  { sfn, stateMachineArn, plans }: RunningServices,
  executionArn: string,
): Promise<RunningDrill | undefined> {
  const { status, input = "{}" } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  if (status !== "RUNNING") return undefined;
  // Step Functions starts nothing with an input that is no JSON.
  const request = z.safeParse(DrillRequest, JSON.parse(input));
  if (!request.success) return undefined;
  const plan = (await plans.read(request.data.plan).catch(() => undefined))?.plan;
  if (plan === undefined) return undefined;
  return { executionArn, database: databaseKey(plan.source, accountOf(stateMachineArn)), region: plan.sandbox.region };
}

async function inTens<Item, Found>(
  items: readonly Item[],
  look: (item: Item) => Promise<Found | undefined>,
): Promise<Found[]> {
  const found: Found[] = [];
  for (let first = 0; first < items.length; first += DESCRIBED_AT_A_TIME) {
    const looks = await Promise.all(items.slice(first, first + DESCRIBED_AT_A_TIME).map(look));
    found.push(...looks.flatMap((each) => each ?? []));
  }
  return found;
}
