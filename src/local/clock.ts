import { raceAbort } from "./lambda/runtime.ts";
import { followShift } from "./lambda/shifted-date.ts";
import type { RdsAdministration } from "./services/rds/administration.ts";
import type { Pace } from "./services/states/pause.ts";

/**
 * The time of a local cloud that is not now: drills of a year in minutes, each at a moment of its own. What takes the time from Date is
 * shifted with it, in this process and in its worker threads: services, executions, signatures, functions and what they write. Timers,
 * files and PostgreSQL keep the real one. One clock at a time, one drill at a time: what runs while time is passed has its deadlines cut.
 */
export interface ModelledClock {
  /** For worker threads, which follow it from their start. */
  readonly shift: SharedArrayBuffer;
  moveTo(moment: Date): void;
  pass(milliseconds: number): void;
  /** Gives the process its own Date back. */
  close(): void;
}

/** Shows the real time until it is moved. */
export function openModelledClock(): ModelledClock {
  const shift = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
  const [real, milliseconds] = [Date, new Float64Array(shift)];
  followShift(shift);
  const pass = (passed: number): void => {
    milliseconds[0] = (milliseconds[0] ?? 0) + passed;
  };
  return {
    shift,
    moveTo: (moment) => pass(moment.getTime() - Date.now()),
    pass,
    close: () => {
      globalThis.Date = real;
    },
  };
}

/** How waits go by this clock: what they are shorter than asked passes once the servers have done what they were at. */
export function passingOn(clock: ModelledClock, rds: Pick<RdsAdministration, "settled">): Pick<Pace, "passTime"> {
  return {
    passTime: async (milliseconds, signal) => {
      await raceAbort(rds.settled(), signal);
      clock.pass(milliseconds);
    },
  };
}
