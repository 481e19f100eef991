import { RDSDataClient } from "@aws-sdk/client-rds-data";
import { inRegion, PATIENCE_FOR_STATEMENTS } from "../src/aws/clients.ts";
import { RunChecksInput, runChecks } from "../src/checks/run-checks.ts";
import { drillStep } from "../src/step.ts";

const data = inRegion(RDSDataClient, PATIENCE_FOR_STATEMENTS);

export const handler = drillStep("run-checks", RunChecksInput, (input, step) =>
  runChecks({ data: data(input.drill.sandbox.region), ...step }, input),
);
