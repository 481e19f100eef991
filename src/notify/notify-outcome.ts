import type { Logger } from "@aws-lambda-powertools/logger";
import type { Metrics } from "@aws-lambda-powertools/metrics";
import type { PublishCommandInput, SNSClient } from "@aws-sdk/client-sns";
import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { publishCost } from "../cost/metrics.ts";
import { keptSandboxOf } from "../evidence/kept-sandbox.ts";
import { leftoversOf, publishLeftovers } from "../evidence/leftovers.ts";
import { EvidenceAnswer } from "../evidence/report.ts";
import { describeRestoreTest } from "../evidence/restore-test.ts";
import { SubjectInput, subjectOf } from "../evidence/subject.ts";
import { Interruption } from "../plan/interruption.ts";
import type { ParsedPlan } from "../plan/validate.ts";
import { RestoreTestAnswer, TeardownAnswer } from "../recovery/answers.ts";
import { FailureInput, readFailure } from "../verdict/failure.ts";
import { publishVerdict } from "../verdict/metrics.ts";
import { OUTCOME_ERROR, Verdict } from "../verdict/verdict.ts";
import { composeMessage, type Message } from "./message.ts";
import { tellOnce } from "./tell-once.ts";

export const NotifyOutcomeInput = z.object({
  ...SubjectInput,
  verdict: Verdict,
  teardown: z.optional(TeardownAnswer),
  teardownFailure: z.optional(FailureInput),
  restoreTestAnswer: z.optional(RestoreTestAnswer),
  restoreTestFailure: z.optional(FailureInput),
  evidence: z.optional(EvidenceAnswer),
  evidenceFailure: z.optional(FailureInput),
  interruption: z.optional(Interruption),
});

/** `$.outcome`: what people were told, and what the execution ends with. */
export interface OutcomeAnswer {
  readonly verdict: Verdict["verdict"];
  readonly error: string;
  readonly summary: string;
  readonly subject: string;
  readonly messageId: string;
}

interface Services {
  readonly sns: SNSClient;
  readonly topicArn: string;
  readonly metrics: Metrics;
  readonly store: JsonStore;
  readonly plans: (name: string) => Promise<ParsedPlan>;
  readonly now: () => Date;
  readonly logger: Pick<Logger, "error">;
}

/**
 * Tells people, on every outcome: one SNS message with a text per channel and the attributes `verdict`, `database`, `trigger` and `leftovers` (how many) for
 * filter policies. Calling it again sends nothing when the message is known to be out, and says that it repeats itself when that is not known.
 * Publishes the metrics of verdict, leftovers and cost, once a drill: the alarms page also when the message can not be sent.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html
 */
export async function notifyOutcome(
  services: Services,
  input: z.infer<typeof NotifyOutcomeInput>,
): Promise<OutcomeAnswer> {
  const subject = await subjectOf(services.plans, input);
  const verdict = finalVerdict(input.verdict, readFailure(input.evidenceFailure)?.message);
  const leftovers = input.evidence?.leftovers ?? leftoversOf(input);
  const { drill, evidence, interruption, teardown } = input;
  // Here and nowhere else: only now is the last word spoken, also where the judge broke.
  const count = (): void => {
    publishVerdict(services.metrics, subject.database, verdict.verdict);
    publishLeftovers(services.metrics, subject.database, leftovers.length);
    if (evidence !== undefined) publishCost(services.metrics, subject.database, evidence.actualUsd);
  };
  const kept = keptSandboxOf(input);
  const notKept = teardown?.notKept;
  const restoreTest = describeRestoreTest(input);
  const compose = (repeated: boolean) =>
    composeMessage({
      subject,
      drill,
      verdict,
      evidence,
      leftovers,
      kept,
      notKept,
      restoreTest,
      interruption,
      repeated,
    });
  const attributes = { verdict: verdict.verdict, database: subject.database, trigger: subject.trigger.kind };
  const publish = (repeated: boolean) => request(services.topicArn, compose(repeated), attributes, leftovers.length);
  const messageId = await tellOnce(services, { prefix: subject.prefix, verdict: verdict.verdict, count, publish });
  return {
    verdict: verdict.verdict,
    error: verdict.error,
    summary: verdict.summary,
    subject: compose(false).subject,
    messageId,
  };
}

function request(
  topicArn: string,
  message: Message,
  attributes: Readonly<Record<string, string>>,
  leftovers: number,
): PublishCommandInput {
  const texts = Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]);
  return {
    TopicArn: topicArn,
    Subject: message.subject,
    MessageStructure: "json",
    Message: JSON.stringify({ default: JSON.stringify(message.json), email: message.email, sms: message.sms }),
    MessageAttributes: {
      ...Object.fromEntries(texts),
      leftovers: { DataType: "Number", StringValue: String(leftovers) },
    },
  };
}

/** A pass without evidence is not a pass. Anything worse stays what it was: bad data is never told softer. */
function finalVerdict(verdict: Verdict, evidenceFailure: string | undefined): Verdict {
  if (evidenceFailure === undefined) return verdict;
  const finding = `The evidence could not be written: ${evidenceFailure}`;
  const findings = [finding, ...verdict.findings];
  if (verdict.verdict !== "passed") return { ...verdict, findings };
  return {
    ...verdict,
    verdict: "errored",
    reason: "drill",
    error: OUTCOME_ERROR.errored,
    summary: finding,
    nextStep: "Mend the access to the evidence bucket and drill again.",
    findings,
  };
}
