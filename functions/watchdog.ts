import { Metrics } from "@aws-lambda-powertools/metrics";
import { RDSClient } from "@aws-sdk/client-rds";
import { inRegion, PATIENCE_FOR_SWEEP } from "../src/aws/clients.ts";
import { listSetting, setting } from "../src/aws/environment.ts";
import { WatchdogInput, watchdog } from "../src/cadence/watchdog.ts";
import { deployedPlans } from "../src/plan/library.ts";
import { taskBeside } from "../src/step.ts";

const rds = inRegion(RDSClient, PATIENCE_FOR_SWEEP);
const metrics = new Metrics();
const account = {
  homeRegion: setting("AWS_REGION"),
  ownAccount: setting("ACCOUNT_ID"),
  watchedRegions: listSetting("WATCHED_REGIONS"),
  maxUncovered: Number(setting("MAX_UNCOVERED_DATABASES")),
};

export const handler = taskBeside("watchdog", WatchdogInput, (_, task) =>
  watchdog({ rds, metrics, plans: deployedPlans, ...account, ...task }),
);
