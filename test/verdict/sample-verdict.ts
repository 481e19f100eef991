import { phasesOf } from "../../src/verdict/phases.ts";
import type { Verdict } from "../../src/verdict/verdict.ts";
import { SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { checkResults, STORY } from "./sample-results.ts";

export const SAMPLE_VERDICT: Verdict = {
  verdict: "passed",
  error: "Drill.Passed",
  summary: "The restored database is right: 4 checks held, RTO and RPO met their objectives.",
  nextStep: "Nothing to do.",
  findings: [],
  phases: phasesOf(SAMPLE_DRILL, STORY, checkResults()),
  objectives: {
    rto: { objectiveSeconds: 14_400, measuredSeconds: 1200, met: true },
    rpo: { objectiveSeconds: 86_400, measuredSeconds: 37_620, met: true },
  },
  recoveryPointAgeSeconds: 37_620,
};
