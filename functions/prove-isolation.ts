import { EC2Client } from "@aws-sdk/client-ec2";
import { RDSClient } from "@aws-sdk/client-rds";
import { inRegion } from "../src/aws/clients.ts";
import { ProveIsolationInput, proveIsolation } from "../src/recovery/prove-isolation.ts";
import { drillStep } from "../src/step.ts";

const clients = { rds: inRegion(RDSClient), ec2: inRegion(EC2Client) };

export const handler = drillStep("prove-isolation", ProveIsolationInput, (input, step) =>
  proveIsolation({ ...clients, ...step }, input),
);
