import { PublishCommand, type SNSClient } from "@aws-sdk/client-sns";
import * as z from "zod/mini";
import { leftoversOf } from "../evidence/leftovers.ts";
import { EvidenceAnswer } from "../evidence/report.ts";
import { SubjectInput, subjectOf } from "../evidence/subject.ts";
import type { ParsedPlan } from "../plan/validate.ts";
import { TeardownAnswer } from "../recovery/answers.ts";
import { FailureInput, readFailure } from "../verdict/failure.ts";
import { OUTCOME_ERROR, Verdict } from "../verdict/verdict.ts";
import { composeMessage } from "./message.ts";

export const NotifyOutcomeInput = z.object({
  ...SubjectInput,
  verdict: Verdict,
  teardown: z.optional(TeardownAnswer),
  teardownFailure: z.optional(FailureInput),
  evidence: z.optional(EvidenceAnswer),
  evidenceFailure: z.optional(FailureInput),
});

/** `$.outcome`: what people were told, and what the execution ends with. */
export interface OutcomeAnswer {
  readonly verdict: Verdict["verdict"];
  readonly error: string;
  readonly summary: string;
  readonly subject: string;
  readonly messageId: string;
}

/**
 * Tells people, on every outcome: one SNS message with a text per channel and the attributes `verdict`, `database`, `trigger` and `leftovers` (how many) for
 * filter policies.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html
 */
export async function notifyOutcome(
  { sns, topicArn, plans }: { sns: SNSClient; topicArn: string; plans: (name: string) => Promise<ParsedPlan> },
  input: z.infer<typeof NotifyOutcomeInput>,
): Promise<OutcomeAnswer> {
  const subject = await subjectOf(plans, input);
  const verdict = finalVerdict(input.verdict, readFailure(input.evidenceFailure)?.message);
  const leftovers = input.evidence?.leftovers ?? leftoversOf(input);
  const message = composeMessage({ subject, drill: input.drill, verdict, evidence: input.evidence, leftovers });
  const attribute = (value: string) => ({ DataType: "String", StringValue: value });
  const answer = await sns.send(
    new PublishCommand({
      TopicArn: topicArn,
      Subject: message.subject,
      MessageStructure: "json",
      Message: JSON.stringify({ default: JSON.stringify(message.json), email: message.email, sms: message.sms }),
      MessageAttributes: {
        verdict: attribute(verdict.verdict),
        database: attribute(subject.database),
        trigger: attribute(subject.trigger.kind),
        leftovers: { DataType: "Number", StringValue: String(leftovers.length) },
      },
    }),
  );
  return {
    verdict: verdict.verdict,
    error: verdict.error,
    summary: verdict.summary,
    subject: message.subject,
    messageId: answer.MessageId ?? "",
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
