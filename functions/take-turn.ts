import { SFNClient } from "@aws-sdk/client-sfn";
import { patience } from "../src/aws/clients.ts";
import { setting } from "../src/aws/environment.ts";
import { deployedPlan } from "../src/plan/library.ts";
import { taskBeside } from "../src/step.ts";
import { TakeTurnInput, takeTurn } from "../src/turns/take-turn.ts";

const sfn = new SFNClient(patience());
const maxDrillsPerRegion = Number(setting("MAX_DRILLS_PER_REGION"));

export const handler = taskBeside("take-turn", TakeTurnInput, (input, task) =>
  takeTurn({ sfn, maxDrillsPerRegion, ...task, plans: deployedPlan }, input),
);
