import { ExerciseRefused, InputInvalid } from "../errors.ts";
import type { DrillRequest } from "../plan/drill.ts";
import type { Plan } from "../plan/plan.ts";
import { type DrillScenario, problemIn, SCENARIO_WORDS, type ScenarioName } from "../plan/scenario.ts";
import type { Chosen, Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

const DAY_MS = 86_400_000;

export interface OpenExercise {
  readonly scenario: Scenario;
  /** When what is taken to have happened began. */
  readonly moment: Date;
  readonly lostRegion: string | undefined;
}

/**
 * What a request's scenario means for a plan, before anything is asked. Throws InputInvalid for a request that lacks what the scenario needs, and
 * ExerciseRefused where plan or stack stand in what is taken to be lost.
 */
export function openExercise(
  name: ScenarioName,
  { plan, request, startedAt, homeRegion }: { plan: Plan; request: DrillRequest; startedAt: Date; homeRegion: string },
): OpenExercise {
  const problem = problemIn(request);
  if (problem !== undefined) throw new InputInvalid(problem);
  const scenario = SCENARIOS[name];
  const moment =
    request.failureMoment === undefined
      ? new Date(startedAt.getTime() - scenario.defaultDays * DAY_MS)
      : new Date(request.failureMoment);
  const lostRegion = scenario.lostRegion?.(plan);
  if (lostRegion === plan.sandbox.region)
    throw new ExerciseRefused(
      `sandbox.region of ${plan.plan} is ${lostRegion}, the region that the exercise ${name} takes to be lost. Drill into another region.`,
    );
  if (lostRegion === homeRegion)
    throw new ExerciseRefused(
      `This stack stands in ${lostRegion}, the region that the exercise ${name} takes to be lost: it would be lost too. Deploy it in the drill region (docs/deploy.md).`,
    );
  return { scenario, moment, lostRegion };
}

/** What the drill keeps of it. */
export function heldExercise(
  { scenario, moment, lostRegion }: OpenExercise,
  { plan, chosen, asked }: { plan: Plan; chosen: Chosen; asked: string[] },
): DrillScenario {
  const { setAside, sourceKmsKeyArn, isSourceEncrypted } = chosen;
  return {
    name: scenario.name,
    title: SCENARIO_WORDS[scenario.name].title,
    objective: scenario.objective(plan, moment),
    assumptions: scenario.assumptions(plan, moment),
    ...(lostRegion === undefined ? {} : { lostRegion }),
    asked,
    setAside,
    ...(sourceKmsKeyArn === undefined ? {} : { sourceKmsKeyArn }),
    ...(isSourceEncrypted === undefined ? {} : { isSourceEncrypted }),
  };
}
