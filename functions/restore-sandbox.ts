import { RDSClient } from "@aws-sdk/client-rds";
import { RDSDataClient } from "@aws-sdk/client-rds-data";
import { inRegion } from "../src/aws/clients.ts";
import { RestoreSandboxInput, restoreSandbox } from "../src/recovery/restore-sandbox.ts";
import { drillStep } from "../src/step.ts";

// One trivial query a look, and the next look is the retry: the patience that checks need would be the whole of this step's time.
const clients = { rds: inRegion(RDSClient), data: inRegion(RDSDataClient, { maxAttempts: 2 }) };

export const handler = drillStep("restore-sandbox", RestoreSandboxInput, (input, step) =>
  restoreSandbox({ ...clients, ...step }, input),
);
