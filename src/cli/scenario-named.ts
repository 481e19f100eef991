import { noScenario, SCENARIO_NAMES, type ScenarioName } from "../plan/scenario.ts";
import { UsageError } from "./usage-error.ts";

/** Throws UsageError with the scenario that was probably meant. */
export function scenarioNamed(name: string): ScenarioName {
  const found = SCENARIO_NAMES.find((each) => each === name);
  if (found !== undefined) return found;
  const problem = noScenario(name);
  throw new UsageError(`${problem.slice(0, 1).toUpperCase()}${problem.slice(1)}.`);
}
