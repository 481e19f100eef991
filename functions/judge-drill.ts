import { Metrics } from "@aws-lambda-powertools/metrics";
import { drillStep } from "../src/step.ts";
import { JudgeDrillInput, judgeDrill } from "../src/verdict/judge-drill.ts";

const metrics = new Metrics({ namespace: "RestoreDrill", serviceName: "restore-drill" });

export const handler = drillStep("judge-drill", JudgeDrillInput, (input, step) =>
  judgeDrill({ metrics, ...step }, input),
);
