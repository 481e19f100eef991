import { SFNClient } from "@aws-sdk/client-sfn";
import { patience } from "../src/aws/clients.ts";
import { AdoptDrillInput, adoptDrill } from "../src/finish/adopt-drill.ts";
import { deployedPlan } from "../src/plan/library.ts";
import { taskBeside } from "../src/step.ts";

const sfn = new SFNClient(patience());

export const handler = taskBeside("adopt-drill", AdoptDrillInput, (input, task) =>
  adoptDrill({ sfn, ...task, plans: deployedPlan }, input),
);
