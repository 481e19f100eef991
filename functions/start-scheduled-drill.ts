import { SFNClient } from "@aws-sdk/client-sfn";
import { patience } from "../src/aws/clients.ts";
import { setting } from "../src/aws/environment.ts";
import { StartScheduledDrillInput, startScheduledDrill } from "../src/start/start-scheduled-drill.ts";
import { taskBeside } from "../src/step.ts";

const sfn = new SFNClient(patience());
const stateMachineArn = setting("STATE_MACHINE_ARN");

export const handler = taskBeside("start-scheduled-drill", StartScheduledDrillInput, (input) =>
  startScheduledDrill({ sfn, stateMachineArn }, input),
);
