import { BackupClient } from "@aws-sdk/client-backup";
import { inRegion } from "../src/aws/clients.ts";
import { setting } from "../src/aws/environment.ts";
import { AnswerRestoreTestInput, answerRestoreTest } from "../src/recovery/answer-restore-test.ts";
import { drillStep } from "../src/step.ts";

const backup = inRegion(BackupClient);
const homeRegion = setting("AWS_REGION");

export const handler = drillStep("answer-restore-test", AnswerRestoreTestInput, (input, step) =>
  answerRestoreTest({ backup, homeRegion, ...step }, input),
);
