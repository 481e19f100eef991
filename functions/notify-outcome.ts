import { Metrics } from "@aws-lambda-powertools/metrics";
import { SNSClient } from "@aws-sdk/client-sns";
import { patience } from "../src/aws/clients.ts";
import { setting } from "../src/aws/environment.ts";
import { NotifyOutcomeInput, notifyOutcome } from "../src/notify/notify-outcome.ts";
import { PATIENCE_FOR_NOTIFICATIONS } from "../src/notify/tell-once.ts";
import { deployedPlan } from "../src/plan/library.ts";
import { drillStep } from "../src/step.ts";

const sns = new SNSClient(patience(PATIENCE_FOR_NOTIFICATIONS));
const metrics = new Metrics();
const topicArn = setting("OUTCOME_TOPIC_ARN");
const pageTopicArn = setting("PAGE_TOPIC_ARN");

export const handler = drillStep("notify-outcome", NotifyOutcomeInput, (input, step) =>
  notifyOutcome({ sns, topicArn, pageTopicArn, metrics, ...step, plans: deployedPlan }, input),
);
