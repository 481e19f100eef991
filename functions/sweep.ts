import { Metrics } from "@aws-lambda-powertools/metrics";
import { RDSClient } from "@aws-sdk/client-rds";
import { SFNClient } from "@aws-sdk/client-sfn";
import { inRegion, PATIENCE_FOR_SWEEP, patience } from "../src/aws/clients.ts";
import { setting } from "../src/aws/environment.ts";
import { deployedPlans } from "../src/plan/library.ts";
import { taskBeside } from "../src/step.ts";
import { SweepInput, sweep } from "../src/sweep/sweep.ts";

const rds = inRegion(RDSClient, PATIENCE_FOR_SWEEP);
const sfn = new SFNClient(patience(PATIENCE_FOR_SWEEP));
const metrics = new Metrics();
const homeRegion = setting("AWS_REGION");
const machines = { drill: setting("STATE_MACHINE_ARN"), finish: setting("FINISH_MACHINE_ARN") };

export const handler = taskBeside("sweep", SweepInput, (input, task) =>
  sweep({ rds, sfn, machines, metrics, homeRegion, plans: deployedPlans, ...task }, input),
);
