import { EC2Client } from "@aws-sdk/client-ec2";
import { RDSClient } from "@aws-sdk/client-rds";
import { inRegion } from "../src/aws/clients.ts";
import { ProveNetworkInput, proveNetwork } from "../src/recovery/prove-network.ts";
import { drillStep } from "../src/step.ts";

const clients = { rds: inRegion(RDSClient), ec2: inRegion(EC2Client) };

export const handler = drillStep("prove-network", ProveNetworkInput, (input, step) =>
  proveNetwork({ ...clients, ...step }, input),
);
