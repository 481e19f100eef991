import { KMSClient } from "@aws-sdk/client-kms";
import { RDSClient } from "@aws-sdk/client-rds";
import { RDSDataClient } from "@aws-sdk/client-rds-data";
import { inRegion, PATIENCE_FOR_STATEMENTS, patience } from "../src/aws/clients.ts";
import { setting } from "../src/aws/environment.ts";
import { macKey } from "../src/aws/mac-key.ts";
import { ProveChecksInput, proveChecks } from "../src/counterproof/prove-checks.ts";
import { drillStep } from "../src/step.ts";

const rds = inRegion(RDSClient);
const data = inRegion(RDSDataClient, PATIENCE_FOR_STATEMENTS);
const kms = new KMSClient(patience());
const fingerprintKey = (label: string) => macKey(kms, setting("FINGERPRINT_KEY"), label);

export const handler = drillStep("prove-checks", ProveChecksInput, (input, step) =>
  proveChecks({ rds, data: data(input.drill.sandbox.region), fingerprintKey, ...step }, input),
);
