import * as z from "zod/mini";
import type { Report } from "../evidence/report.ts";
import { SCENARIO_WORDS, ScenarioName } from "../plan/scenario.ts";
import { criteriaOf } from "./criteria.ts";
import { Criterion } from "./criterion.ts";

/** How an exercise went: what its owner files. */
export const Scorecard = z.object({
  scenario: ScenarioName,
  title: z.string(),
  /** What the exercise was there to show. */
  objective: z.string(),
  /** What was taken to be so, and what was not shown. */
  assumptions: z.array(z.string()),
  criteria: z.array(Criterion),
});
export type Scorecard = z.infer<typeof Scorecard>;

/** The report of an exercise with its scorecard, which rests on nothing but the report; any other as it is. */
export function withScorecard(report: Report, scenario: ScenarioName | undefined): Report {
  return scenario === undefined ? report : { ...report, scorecard: scorecardOf(report, scenario) };
}

function scorecardOf(report: Report, scenario: ScenarioName): Scorecard {
  const { title, what } = SCENARIO_WORDS[scenario];
  const held = report.drill?.scenario;
  return {
    scenario,
    title,
    // What planning refused has no moment and no regions to tell of.
    objective: held?.objective ?? what,
    assumptions: held?.assumptions ?? [],
    criteria: criteriaOf(report, scenario),
  };
}

/** `9 of 12 met, 1 missed, 2 not known`. */
export function describeScorecard({ criteria }: Scorecard): string {
  const count = (outcome: Criterion["outcome"]): number => criteria.filter((each) => each.outcome === outcome).length;
  const rest = [
    [count("missed"), "missed"],
    [count("unknown"), "not known"],
  ].flatMap(([number, words]) => (number === 0 ? [] : [`, ${number} ${words}`]));
  return `${count("met")} of ${criteria.length} met${rest.join("")}`;
}
