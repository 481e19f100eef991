import { SFNClient } from "@aws-sdk/client-sfn";
import { patience } from "../src/aws/clients.ts";
import { setting } from "../src/aws/environment.ts";
import { deployedPlans } from "../src/plan/library.ts";
import { StartingEvent, startEventDrill } from "../src/start/start-event-drill.ts";
import { taskBeside } from "../src/step.ts";

const sfn = new SFNClient(patience());
const stateMachineArn = setting("STATE_MACHINE_ARN");

export const handler = taskBeside("start-event-drill", StartingEvent, (event, task) =>
  startEventDrill({ sfn, stateMachineArn, plans: deployedPlans, ...task }, event),
);
