import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { rehearse } from "../cli/rehearsal.ts";
import { coveredMilliseconds, type Interval, median } from "./intervals.ts";

export interface DrillTime {
  /** From the command to its end: preparing the source and the cloud, the drill, closing. */
  readonly commandSeconds: number;
  /** From the execution's start to its end. */
  readonly drillSeconds: number;
  /** Of `drillSeconds`, what passed while PostgreSQL worked or a modelled AWS duration ran. */
  readonly elsewhereSeconds: number;
  readonly transitions: number;
}

/** One drill of the demo database, its demo database cached before. */
async function timeDrill(root: string): Promise<DrillTime> {
  const intervals: Interval[] = [];
  const window = { start: 0, end: 0 };
  let transitions = 1;
  const begun = Date.now();
  const { verdict, cause } = await rehearse({
    root,
    onInterval: (_kind, start, end) => intervals.push({ start, end }),
    onEvent: ({ type }) => {
      if (type === "ExecutionStarted") window.start = Date.now();
      if (type.endsWith("StateEntered")) transitions += 1;
      window.end = Date.now();
    },
  });
  if (verdict !== "passed") throw new Error(`The drill to be timed ended as ${verdict}: ${cause}`);
  return {
    commandSeconds: (Date.now() - begun) / 1000,
    drillSeconds: (window.end - window.start) / 1000,
    elsewhereSeconds: coveredMilliseconds(intervals, window) / 1000,
    transitions,
  };
}

/** The median of `rounds` drills by their own share, after one that fills the cache. */
export async function timeDrills(directory: string, rounds: number): Promise<DrillTime> {
  const root = join(directory, `bench-${process.pid}`);
  await mkdir(root, { recursive: true });
  try {
    await timeDrill(root);
    const times: DrillTime[] = [];
    for (let round = 0; round < rounds; round++) times.push(await timeDrill(root));
    const of = (member: keyof DrillTime): number => median(times.map((time) => time[member]));
    return {
      commandSeconds: of("commandSeconds"),
      drillSeconds: of("drillSeconds"),
      elsewhereSeconds: of("elsewhereSeconds"),
      transitions: of("transitions"),
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
