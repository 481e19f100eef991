import { KMSClient } from "@aws-sdk/client-kms";
import { RDSClient } from "@aws-sdk/client-rds";
import { RDSDataClient } from "@aws-sdk/client-rds-data";
import { inRegion, PATIENCE_FOR_STATEMENTS, patience } from "../src/aws/clients.ts";
import { setting } from "../src/aws/environment.ts";
import { macKey } from "../src/aws/mac-key.ts";
import { CaptureBaselineInput, captureBaseline } from "../src/baseline/capture-baseline.ts";
import { deployedPlan } from "../src/plan/library.ts";
import { taskBeside } from "../src/step.ts";

const clients = { rds: inRegion(RDSClient), data: inRegion(RDSDataClient, PATIENCE_FOR_STATEMENTS) };
const kms = new KMSClient(patience());
const fingerprintKey = (label: string) => macKey(kms, setting("FINGERPRINT_KEY"), label);

export const handler = taskBeside("capture-baseline", CaptureBaselineInput, (input, task) =>
  captureBaseline({ ...clients, fingerprintKey, ...task, plans: deployedPlan }, input),
);
