import { BackupClient } from "@aws-sdk/client-backup";
import { EC2Client } from "@aws-sdk/client-ec2";
import { KMSClient } from "@aws-sdk/client-kms";
import { RDSClient } from "@aws-sdk/client-rds";
import { inRegion } from "../src/aws/clients.ts";
import { setting } from "../src/aws/environment.ts";
import { deployedPlan } from "../src/plan/library.ts";
import { PlanDrillInput, planDrill } from "../src/recovery/plan-drill.ts";
import { drillStep } from "../src/step.ts";

const clients = {
  rds: inRegion(RDSClient),
  ec2: inRegion(EC2Client),
  kms: inRegion(KMSClient),
  backup: inRegion(BackupClient),
};
const defaults = {
  kmsKey: setting("SANDBOX_KMS_KEY"),
  subnetGroup: setting("SANDBOX_SUBNET_GROUP"),
  // The stack may leave this one to the plans.
  securityGroup: process.env["SANDBOX_SECURITY_GROUP"] ?? "",
  parameterGroup: setting("SANDBOX_PARAMETER_GROUP"),
};
const counterproof = setting("COUNTERPROOF") === "on";

export const handler = drillStep("plan-drill", PlanDrillInput, (input, step) =>
  planDrill({ ...clients, ...step, defaults, counterproof, plans: deployedPlan }, input),
);
