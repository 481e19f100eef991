import { Metrics } from "@aws-lambda-powertools/metrics";
import { WatchdogInput, watchdog } from "../src/cadence/watchdog.ts";
import { deployedPlan, deployedPlanNames } from "../src/plan/library.ts";
import { taskBeside } from "../src/step.ts";

const metrics = new Metrics();
const plans = { names: () => deployedPlanNames(), read: (name: string) => deployedPlan(name) };

export const handler = taskBeside("watchdog", WatchdogInput, (_, task) => watchdog({ metrics, plans, ...task }));
