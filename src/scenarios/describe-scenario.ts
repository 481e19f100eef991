import { SCENARIO_WORDS, type ScenarioName } from "../plan/scenario.ts";

/** One line for people who are told of a drill; undefined where it is no exercise. */
export function describeScenario(subject: { readonly scenario?: ScenarioName | undefined }): string | undefined {
  if (subject.scenario === undefined) return undefined;
  const { title, what } = SCENARIO_WORDS[subject.scenario];
  return `Exercise: ${title}. ${what}`;
}
