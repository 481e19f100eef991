import {
  DescribeExecutionCommand,
  type ExecutionListItem,
  paginateListExecutions,
  type SFNClient,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import * as z from "zod/mini";
import { readPages } from "../aws/pages.ts";
import { NotInterrupted } from "../errors.ts";
import { lastEntered } from "../finish/interrupted-execution.ts";
import { Drill, DrillRequest } from "../plan/drill.ts";
import type { DeployedPlans } from "../plan/library.ts";
import { drillSeconds, FINISH_SECONDS, MAX_TIME_SECONDS, OVERTIME_SECONDS } from "../plan/lifetimes.ts";
import { secondsBetween } from "../recovery/pacing.ts";

/** The machines that are looked at. */
export interface Machines {
  readonly drill: string;
  readonly finish: string;
}

interface Services {
  readonly sfn: SFNClient;
  readonly plans: DeployedPlans;
  readonly machines: Machines;
}

export interface StuckDrill {
  readonly executionArn: string;
  readonly startedAt: string;
  /** What was done, in one sentence. */
  readonly told: string;
}

/** What a stuck drill is ended with, so that its notification says why. */
const STUCK = "Drill.Stuck";

/** As many as a page may hold; 50 pages of what runs are more than any account runs drills. */
const PAGE = 1000;
/** Each is at most four calls of 0.3 s, which makes 24 s of the sweep's 600. The next hour takes the next ones. */
const MAX_ENDED = 20;

/**
 * Ends drills that run past every deadline they have: the rule on stopped executions then starts `finish-drill`, which tears down, judges, records and
 * tells. Tells of executions of `finish-drill` that do so, and leaves them: nothing is behind them but the sweep. Every deadline is kept by the steps
 * themselves, so what is found here stands where no step is called any more. Throws what Step Functions answers, but to the ending itself.
 */
export async function endStuckDrills(services: Services, now: Date): Promise<StuckDrill[]> {
  const { sfn, machines } = services;
  // No drill of any plan is over its time sooner, so that nothing else is asked after.
  const old = await runningFor(sfn, machines.drill, drillSeconds(0), now);
  const stuck: StuckDrill[] = [];
  for (const execution of old) {
    if (stuck.length === MAX_ENDED) break;
    const told = await endIfStuck(services, execution, now);
    if (told !== undefined) stuck.push(described(execution, told));
  }
  const finishing = await runningFor(sfn, machines.finish, FINISH_SECONDS, now);
  const told = `has finished a drill for ${hours(FINISH_SECONDS)} h, and still does: look at it by hand`;
  return [...stuck, ...finishing.map((execution) => described(execution, told))];
}

const hours = (seconds: number): number => Math.floor(seconds / 3600);

const described = (execution: ExecutionListItem, told: string): StuckDrill => ({
  executionArn: execution.executionArn ?? "",
  startedAt: begunAt(execution)?.toISOString() ?? "",
  told,
});

/**
 * Since when it runs: one that was redriven has its first start still, up to 14 days ago.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_RedriveExecution.html
 */
const begunAt = ({ startDate, redriveDate }: ExecutionListItem): Date | undefined => redriveDate ?? startDate;

/** The executions of the machine that have run for longer than that, the oldest first. */
async function runningFor(
  sfn: SFNClient,
  stateMachineArn: string,
  seconds: number,
  now: Date,
): Promise<ExecutionListItem[]> {
  const pages = paginateListExecutions({ client: sfn, pageSize: PAGE }, { stateMachineArn, statusFilter: "RUNNING" });
  const { found } = await readPages(pages, ({ executions = [] }) =>
    executions.filter((execution) => secondsBetween(begunAt(execution) ?? now, now) > seconds),
  );
  return found.sort((a, b) => (begunAt(a)?.getTime() ?? 0) - (begunAt(b)?.getTime() ?? 0));
}

/** What was done with it; undefined where it has time left. Its own deadlines count more than a plan that may have changed under it. */
async function endIfStuck(
  { sfn, plans }: Services,
  execution: ExecutionListItem,
  now: Date,
): Promise<string | undefined> {
  const { executionArn = "" } = execution;
  const ranSeconds = secondsBetween(begunAt(execution) ?? now, now);
  const { input } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  if (ranSeconds <= drillSeconds(await timeSecondsOf(plans, input))) return undefined;
  const state = await lastEntered(sfn, executionArn).catch(withoutState);
  const deadlines = z.safeParse(z.pick(Drill, { deadlines: true }), state?.document["drill"]).data?.deadlines;
  if (deadlines !== undefined && secondsBetween(deadlines.checksEndAt, now) <= OVERTIME_SECONDS) return undefined;
  const until = deadlines === undefined ? "" : ` Its teardown was to be over at ${deadlines.teardownEndAt}.`;
  const cause = `It had run for ${hours(ranSeconds)} h, past every deadline of a drill, and stood in ${state?.name ?? "an unknown state"}.${until}`;
  const stop = new StopExecutionCommand({ executionArn, error: STUCK, cause });
  return sfn.send(stop).then(
    () => `was ended. ${cause}`,
    (error: unknown) => `could not be ended (${error}): stop it by hand. ${cause}`,
  );
}

/** What has gone round for so long that no state can be seen is over its plan's time all the same. */
function withoutState(error: unknown): undefined {
  if (!(error instanceof NotInterrupted)) throw error;
}

/** Of its plan as it is deployed now, or the longest that any plan has. */
async function timeSecondsOf(plans: DeployedPlans, input: string | undefined): Promise<number> {
  try {
    const { plan: name } = z.parse(z.pick(DrillRequest, { plan: true }), JSON.parse(input ?? ""));
    return (await plans.read(name)).plan.limits.timeSeconds;
  } catch {
    return MAX_TIME_SECONDS;
  }
}
