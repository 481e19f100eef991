import { databaseKey } from "../plan/names.ts";
import { type Due, mostOverdueFirst } from "./due.ts";

/** A drill that runs, waits for its turn, or is being finished. */
export interface RunningDrill {
  readonly executionArn: string;
  /** As `databaseKey` has it. */
  readonly database: string;
  /** Where its copy and its sandbox are. */
  readonly region: string;
}

export interface Limits {
  /** As many as may take their turn: one more would only wait, and be in the way of those that come by schedule. */
  readonly maxDrillsPerRegion: number;
  readonly maxStarts: number;
  /** Of the stack: a plan may name it or leave it out. */
  readonly ownAccount: string | undefined;
}

/** A drill that is due and is not started now. */
export interface Left {
  readonly due: Due;
  readonly reason: string;
}

export interface Choice {
  readonly chosen: Due[];
  readonly left: Left[];
}

/** Which of the drills that are due may begin beside those that run: the most overdue first, one of a database, as many as regions and the limit allow. */
export function chooseDrills(due: readonly Due[], running: readonly RunningDrill[], limits: Limits): Choice {
  const databases = new Map(running.map(({ database, executionArn }) => [database, executionArn]));
  const inRegion = new Map<string, number>();
  for (const { region } of running) inRegion.set(region, (inRegion.get(region) ?? 0) + 1);
  const choice: Choice = { chosen: [], left: [] };
  for (const each of [...due].sort(mostOverdueFirst)) {
    const { source, sandbox, plan } = each.plan;
    const database = databaseKey(source, limits.ownAccount);
    const there = inRegion.get(sandbox.region) ?? 0;
    const other = databases.get(database);
    const reason =
      other !== undefined ? `${other} is of the same database.` : noRoom(choice, sandbox.region, there, limits);
    if (reason !== undefined) {
      choice.left.push({ due: each, reason });
      continue;
    }
    choice.chosen.push(each);
    databases.set(database, `The drill of ${plan}, which begins now,`);
    inRegion.set(sandbox.region, there + 1);
  }
  return choice;
}

function noRoom({ chosen }: Choice, region: string, there: number, limits: Limits): string | undefined {
  if (there >= limits.maxDrillsPerRegion)
    return `${there} drills run or wait in ${region}, and the stack allows ${limits.maxDrillsPerRegion}.`;
  if (chosen.length >= limits.maxStarts) return `${limits.maxStarts} drills begin now, which are the most of one hour.`;
  return undefined;
}
