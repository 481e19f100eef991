import { Metrics } from "@aws-lambda-powertools/metrics";
import { WatchdogInput, watchdog } from "../src/cadence/watchdog.ts";
import { deployedPlans } from "../src/plan/library.ts";
import { taskBeside } from "../src/step.ts";

const metrics = new Metrics();

export const handler = taskBeside("watchdog", WatchdogInput, (_, task) =>
  watchdog({ metrics, plans: deployedPlans, ...task }),
);
