import { Metrics } from "@aws-lambda-powertools/metrics";
import { BackupClient } from "@aws-sdk/client-backup";
import { RDSClient } from "@aws-sdk/client-rds";
import { SNSClient } from "@aws-sdk/client-sns";
import { inRegion, patience } from "../src/aws/clients.ts";
import { setting } from "../src/aws/environment.ts";
import { PATIENCE_FOR_SURVEY } from "../src/backups/regions-asked.ts";
import { SurveyBackupsInput, surveyBackups } from "../src/backups/survey-backups.ts";
import { deployedPlans } from "../src/plan/library.ts";
import { taskBeside } from "../src/step.ts";

const clients = {
  rds: inRegion(RDSClient, PATIENCE_FOR_SURVEY),
  backup: inRegion(BackupClient, PATIENCE_FOR_SURVEY),
  sns: new SNSClient(patience(PATIENCE_FOR_SURVEY)),
};
const metrics = new Metrics();
const topicArn = setting("OUTCOME_TOPIC_ARN");

export const handler = taskBeside("survey-backups", SurveyBackupsInput, (_, task) =>
  surveyBackups({ ...clients, topicArn, metrics, plans: deployedPlans, ...task }),
);
