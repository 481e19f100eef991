import { Metrics } from "@aws-lambda-powertools/metrics";
import { deployedPlan } from "../src/plan/library.ts";
import { drillStep } from "../src/step.ts";
import { JudgeDrillInput, judgeDrill } from "../src/verdict/judge-drill.ts";

const metrics = new Metrics();

export const handler = drillStep("judge-drill", JudgeDrillInput, (input, step) =>
  judgeDrill({ metrics, ...step, plans: deployedPlan }, input),
);
