import { RDSClient } from "@aws-sdk/client-rds";
import { inRegion } from "../src/aws/clients.ts";
import { CopySnapshotInput, copySnapshot } from "../src/recovery/copy-snapshot.ts";
import { drillStep } from "../src/step.ts";

const rds = inRegion(RDSClient);

export const handler = drillStep("copy-snapshot", CopySnapshotInput, (input, step) =>
  copySnapshot({ rds, ...step }, input),
);
