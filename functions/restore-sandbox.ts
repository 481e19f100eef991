import { RDSClient } from "@aws-sdk/client-rds";
import { RDSDataClient } from "@aws-sdk/client-rds-data";
import { inRegion } from "../src/aws/clients.ts";
import { RestoreSandboxInput, restoreSandbox } from "../src/recovery/restore-sandbox.ts";
import { drillStep } from "../src/step.ts";

const clients = { rds: inRegion(RDSClient), data: inRegion(RDSDataClient) };

export const handler = drillStep("restore-sandbox", RestoreSandboxInput, (input, step) =>
  restoreSandbox({ ...clients, ...step }, input),
);
