import { Metrics } from "@aws-lambda-powertools/metrics";
import { SFNClient } from "@aws-sdk/client-sfn";
import { patience } from "../src/aws/clients.ts";
import { setting } from "../src/aws/environment.ts";
import { StartDueDrillsInput, startDueDrills } from "../src/cadence/start-due-drills.ts";
import { deployedPlans } from "../src/plan/library.ts";
import { taskBeside } from "../src/step.ts";

const metrics = new Metrics();
const sfn = new SFNClient(patience());
const stateMachineArn = setting("STATE_MACHINE_ARN");
const maxDrillsPerRegion = Number(setting("MAX_DRILLS_PER_REGION"));

export const handler = taskBeside("start-due-drills", StartDueDrillsInput, (input, task) =>
  startDueDrills({ metrics, sfn, stateMachineArn, maxDrillsPerRegion, plans: deployedPlans, ...task }, input),
);
