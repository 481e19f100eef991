import { RDSClient } from "@aws-sdk/client-rds";
import { inRegion, PATIENCE_FOR_TEARDOWN } from "../src/aws/clients.ts";
import { TearDownInput, tearDown } from "../src/recovery/tear-down.ts";
import { drillStep } from "../src/step.ts";

const rds = inRegion(RDSClient, PATIENCE_FOR_TEARDOWN);

export const handler = drillStep("tear-down", TearDownInput, (input, step) => tearDown({ rds, ...step }, input));
