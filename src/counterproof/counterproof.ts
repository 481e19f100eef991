import * as z from "zod/mini";
import { CheckResult } from "../checks/result.ts";
import { Instant } from "../plan/drill.ts";

const Outcome = CheckResult.shape.outcome;

/** One small damage that the drill did to its own sandbox, and what a check then said of it. Names only: no value of any row. */
const PlantedDamage = z.object({
  /** What was done: `one row deleted`. */
  damage: z.string(),
  /** The table, sequence or index it was done to. */
  where: z.string(),
  check: z.string(),
  kind: z.string(),
  /** What the check answers without the damage, with it, and after it was rolled back. */
  before: Outcome,
  during: Outcome,
  after: Outcome,
  detected: z.boolean(),
  seconds: z.number(),
});
export type PlantedDamage = z.infer<typeof PlantedDamage>;

/** `counterproof.json` in the evidence, and the checkpoint from which ProveChecks goes on. */
export const Counterproof = z.object({
  drillId: z.string(),
  startedAt: Instant,
  finishedAt: z.optional(Instant),
  complete: z.boolean(),
  /** Why nothing at all was tried, if so. */
  why: z.optional(z.string()),
  /** Kinds of damage that are done with, tried or not. */
  done: z.int(),
  planted: z.array(PlantedDamage),
  /** Damages that could not be planted, and why: nothing was learned of the checks that they are for. */
  untried: z.array(z.object({ damage: z.string(), why: z.string() })),
  /** Required checks that no planted damage was for: each damage is planted for one check, and some kinds of check have none. */
  unproven: z.array(z.string()),
  looks: z.int(),
  dataApiCalls: z.int(),
});
export type Counterproof = z.infer<typeof Counterproof>;

/** `$.counterproof` */
export const CounterproofAnswer = z.object({
  phase: z.enum(["pending", "ready"]),
  waitSeconds: z.int(),
  looks: z.int(),
  startedAt: Instant,
  finishedAt: z.optional(Instant),
  tried: z.int(),
  detected: z.int(),
  untried: z.int(),
  why: z.optional(z.string()),
});
export type CounterproofAnswer = z.infer<typeof CounterproofAnswer>;

/** For people: `6 damages planted, 6 detected, all undone`; undefined when nothing was to be tried. */
export function describeCounterproof({ planted, untried, unproven, why }: Counterproof): string {
  if (why !== undefined) return `nothing was planted: ${why}`;
  const detected = planted.filter((one) => one.detected).length;
  const undone = planted.filter(({ after }) => after === "held").length;
  const left = untried.length === 0 ? "" : `; not planted: ${untried.map(({ damage }) => damage).join(", ")}`;
  if (planted.length === 0) return `nothing could be planted${left}`;
  const rolledBack = undone === planted.length ? "all undone" : `${undone} seen to be undone`;
  return `${planted.length} ${planted.length === 1 ? "damage" : "damages"} planted, ${detected} detected, ${rolledBack}${left}${
    unproven.length === 0
      ? ""
      : `; ${unproven.length} required ${unproven.length === 1 ? "check was" : "checks were"} not put to it`
  }`;
}

/** Checks that held although the data was damaged: they can not fail, so what they said proves nothing. */
export const undetected = ({ planted }: Counterproof): PlantedDamage[] => planted.filter((one) => !one.detected);
