import type { Logger } from "@aws-lambda-powertools/logger";
import type { Metrics } from "@aws-lambda-powertools/metrics";
import type { PublishCommandInput, SNSClient } from "@aws-sdk/client-sns";
import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { publishCost } from "../cost/metrics.ts";
import { keptSandboxOf } from "../evidence/kept-sandbox.ts";
import { isExercise } from "../evidence/ledger.ts";
import { leftoversOf, publishLeftovers } from "../evidence/leftovers.ts";
import { EvidenceAnswer } from "../evidence/report.ts";
import { describeRestoreTest } from "../evidence/restore-test.ts";
import { type Subject, SubjectInput, subjectOf } from "../evidence/subject.ts";
import { Interruption } from "../plan/interruption.ts";
import type { ParsedPlan } from "../plan/validate.ts";
import { RestoreTestAnswer, TeardownAnswer } from "../recovery/answers.ts";
import { type Failure, FailureInput, readFailure } from "../verdict/failure.ts";
import { publishExercise, publishVerdict } from "../verdict/metrics.ts";
import { OUTCOME_ERROR, Verdict } from "../verdict/verdict.ts";
import { drillsBefore } from "./earlier-drills.ts";
import { composeMessage } from "./message.ts";
import { isAlarmRinging, type Occurrence, occurrenceOf } from "./occurrence.ts";
import type { Outcome } from "./outcome.ts";
import { severityOf } from "./severity.ts";
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
  /** Of every outcome, and of what pages. */
  readonly topicArn: string;
  readonly pageTopicArn: string;
  readonly metrics: Metrics;
  readonly store: JsonStore;
  readonly plans: (name: string) => Promise<ParsedPlan>;
  readonly now: () => Date;
  readonly logger: Pick<Logger, "error">;
}

/**
 * Tells people, on every outcome: one SNS message with a text per channel and the attributes `verdict`, `severity`, `occurrence`, `database`,
 * `trigger` and `leftovers` (how many) for filter policies. Calling it again sends nothing when the message is known to be out, and says that it
 * repeats itself when that is not known. Publishes the metrics of verdict, leftovers and cost, once a drill: the alarms page also when the message
 * can not be sent.
 *
 * Alarms page for the first failure of a database and are silent while they ring. Another failure meanwhile is a page all the same: then, and only
 * then, the message goes to the topic of pages too. The same failure again is a reminder and pages nobody. No alarm of a verdict watches exercises: the message
 * is the page of one that failed.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html
 */
export async function notifyOutcome(
  services: Services,
  input: z.infer<typeof NotifyOutcomeInput>,
): Promise<OutcomeAnswer> {
  const subject = await subjectOf(services.plans, input);
  const verdict = finalVerdict(input.verdict, readFailure(input.evidenceFailure));
  const { drill, evidence, interruption, execution, teardown } = input;
  const leftovers = evidence?.leftovers ?? leftoversOf(input);
  const { scenario } = subject;
  const startedAt = drill?.startedAt ?? execution.startedAt;
  const { occurrence, pages } = await comparedWithEarlier(services, subject, verdict, startedAt);
  // Here and nowhere else: only now is the last word spoken, also where the judge broke.
  const count = (): void => {
    const publishEnd = isExercise(subject) ? publishExercise : publishVerdict;
    publishEnd(services.metrics, subject.database, verdict.verdict);
    publishLeftovers(services.metrics, subject.database, leftovers.length);
    if (evidence !== undefined) publishCost(services.metrics, subject.database, evidence.actualUsd);
  };
  const kept = keptSandboxOf(input);
  const outcome: Outcome = {
    subject,
    execution,
    drill,
    scenario,
    verdict,
    occurrence,
    evidence,
    leftovers,
    kept,
    notKept: kept === undefined ? teardown?.notKept : undefined,
    restoreTest: describeRestoreTest(input),
    interruption,
    repeated: false,
    isPage: false,
  };
  const telling = { prefix: subject.prefix, verdict: verdict.verdict };
  const publish = (repeated: boolean) => request(services.topicArn, { ...outcome, repeated });
  const page = (repeated: boolean) => request(services.pageTopicArn, { ...outcome, repeated, isPage: true });
  // Neither waits for the other, and neither keeps the other from being sent.
  const [told, paged] = await Promise.allSettled([
    tellOnce(services, { ...telling, kind: "notification", count, publish }),
    pages ? tellOnce(services, { ...telling, kind: "page", count: () => {}, publish: page }) : undefined,
  ]);
  if (told.status === "rejected") throw told.reason;
  if (paged.status === "rejected") throw paged.reason;
  return {
    verdict: verdict.verdict,
    error: verdict.error,
    summary: verdict.summary,
    subject: composeMessage(outcome).subject,
    messageId: told.value,
  };
}

async function comparedWithEarlier(
  services: Services,
  { drillId, database, plan, scenario }: Subject,
  { verdict, reason, causes }: Verdict,
  startedAt: string,
): Promise<{ occurrence: Occurrence; pages: boolean }> {
  const earlier = await drillsBefore(services, { drillId, database, plan, scenario });
  const isFailedExercise = verdict === "failed" && isExercise({ scenario });
  if (earlier === undefined) return { occurrence: { kind: "unknown" }, pages: isFailedExercise };
  const occurrence = occurrenceOf({ plan, scenario, startedAt, verdict, reason, causes }, earlier);
  const isAnother = occurrence.kind === "new" || occurrence.kind === "changed";
  const pages = isAnother && (isFailedExercise || (verdict === "failed" && isAlarmRinging(earlier)));
  return { occurrence, pages };
}

function request(topicArn: string, outcome: Outcome): PublishCommandInput {
  const { subject, verdict, occurrence, leftovers } = outcome;
  const { subject: Subject, bodies } = composeMessage(outcome);
  const attributes = {
    verdict: verdict.verdict,
    severity: severityOf(verdict, leftovers.length),
    occurrence: occurrence.kind,
    database: subject.database,
    trigger: subject.trigger.kind,
  };
  const texts = Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]);
  return {
    TopicArn: topicArn,
    Subject,
    MessageStructure: "json",
    Message: JSON.stringify(bodies),
    MessageAttributes: {
      ...Object.fromEntries(texts),
      leftovers: { DataType: "Number", StringValue: String(leftovers.length) },
    },
  };
}

/** A pass without evidence is not a pass. Anything worse stays what it was: bad data is never told softer. */
function finalVerdict(verdict: Verdict, evidenceFailure: Failure | undefined): Verdict {
  if (evidenceFailure === undefined) return verdict;
  const finding = `The evidence could not be written: ${evidenceFailure.message}`;
  const findings = [finding, ...verdict.findings];
  if (verdict.verdict !== "passed") return { ...verdict, findings };
  return {
    ...verdict,
    verdict: "errored",
    reason: "drill",
    error: OUTCOME_ERROR.errored,
    causes: [evidenceFailure.error],
    summary: finding,
    nextStep: "Mend the access to the evidence bucket and drill again.",
    findings,
  };
}
