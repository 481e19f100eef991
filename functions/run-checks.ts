import { KMSClient } from "@aws-sdk/client-kms";
import { RDSDataClient } from "@aws-sdk/client-rds-data";
import { inRegion, PATIENCE_FOR_STATEMENTS, patience } from "../src/aws/clients.ts";
import { setting } from "../src/aws/environment.ts";
import { macKey } from "../src/aws/mac-key.ts";
import { RunChecksInput, runChecks } from "../src/checks/run-checks.ts";
import { drillStep } from "../src/step.ts";

const data = inRegion(RDSDataClient, PATIENCE_FOR_STATEMENTS);
const kms = new KMSClient(patience());
const fingerprintKey = (label: string) => macKey(kms, setting("FINGERPRINT_KEY"), label);

export const handler = drillStep("run-checks", RunChecksInput, (input, step) =>
  runChecks({ data: data(input.drill.sandbox.region), fingerprintKey, ...step }, input),
);
