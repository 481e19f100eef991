import { Metrics } from "@aws-lambda-powertools/metrics";
import { RDSClient } from "@aws-sdk/client-rds";
import { inRegion, PATIENCE_FOR_SWEEP } from "../src/aws/clients.ts";
import { setting } from "../src/aws/environment.ts";
import { deployedPlans } from "../src/plan/library.ts";
import { taskBeside } from "../src/step.ts";
import { SweepInput, sweep } from "../src/sweep/sweep.ts";

const rds = inRegion(RDSClient, PATIENCE_FOR_SWEEP);
const metrics = new Metrics();
const homeRegion = setting("AWS_REGION");

export const handler = taskBeside("sweep", SweepInput, (input, task) =>
  sweep({ rds, metrics, homeRegion, plans: deployedPlans, ...task }, input),
);
