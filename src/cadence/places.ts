import { databaseKey } from "../plan/names.ts";
import type { Due } from "./due.ts";

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

/** Why a drill that is due can not begin now. */
export interface Hindrance {
  readonly reason: string;
  /** It waits for others, and for nothing of its own database. */
  readonly isForRoom: boolean;
}

/** Where drills may begin beside those that run: one of a database, as many as regions and the limit allow. What was not taken is free for the next one. */
export class Places {
  readonly #limits: Limits;
  readonly #databases: Map<string, string>;
  readonly #inRegion = new Map<string, number>();
  #taken = 0;

  constructor(running: readonly RunningDrill[], limits: Limits) {
    this.#limits = limits;
    this.#databases = new Map(running.map(({ database, executionArn }) => [database, executionArn]));
    for (const { region } of running) this.#inRegion.set(region, (this.#inRegion.get(region) ?? 0) + 1);
  }

  /** Undefined where there is a place for it. */
  hindranceOf({ plan: { source, sandbox } }: Due): Hindrance | undefined {
    const { maxDrillsPerRegion, maxStarts, ownAccount } = this.#limits;
    const other = this.#databases.get(databaseKey(source, ownAccount));
    if (other !== undefined) return { reason: `${other} is of the same database.`, isForRoom: false };
    const there = this.#inRegion.get(sandbox.region) ?? 0;
    if (there >= maxDrillsPerRegion) {
      const reason = `${there} drills run or wait in ${sandbox.region}, and the stack allows ${maxDrillsPerRegion}.`;
      return { reason, isForRoom: true };
    }
    if (this.#taken < maxStarts) return undefined;
    return { reason: `${maxStarts} drills begin now, which are the most of one hour.`, isForRoom: true };
  }

  take({ plan: { plan, source, sandbox } }: Due): void {
    this.#databases.set(databaseKey(source, this.#limits.ownAccount), `The drill of ${plan}, which begins now,`);
    this.#inRegion.set(sandbox.region, (this.#inRegion.get(sandbox.region) ?? 0) + 1);
    this.#taken += 1;
  }
}
