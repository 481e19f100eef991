import type { Outcome } from "./outcome.ts";
import { cut, oneLine } from "./plain-text.ts";
import { severityOf } from "./severity.ts";
import { escaped, reportName } from "./slack.ts";
import { whereToLook } from "./where-to-look.ts";
import { describeOccurrence, exerciseOf, findingsOf, headline, labelOf, nextSteps, sentence } from "./words.ts";

/** Which lengths are refused could not be found out: these are well below what chats show. UNVERIFIED. */
const MAX_TITLE_CHARS = 150;
const MAX_DESCRIPTION_CHARS = 2000;
const MAX_STEP_CHARS = 300;
const MAX_FINDINGS = 5;

/**
 * A custom notification of Amazon Q Developer in chat applications (once AWS Chatbot), which it shows in the Slack or Teams channel that is
 * configured with the topic; it drops everything else that it does not know. Drills since the last pass share a thread.
 * https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
 */
export function chatOf(outcome: Outcome): Readonly<Record<string, unknown>> {
  const { subject, verdict, occurrence, leftovers } = outcome;
  const { console } = whereToLook(outcome);
  const severity = severityOf(verdict, leftovers.length);
  const lines = [
    sentence(verdict.summary),
    describeOccurrence(occurrence),
    ...exerciseOf(outcome),
    ...findingsOf(outcome)
      .slice(0, MAX_FINDINGS)
      .map((finding) => `- ${finding}`),
    ...leftovers.map(({ kind, id, region }) => `- left behind: ${kind} ${id} in ${region}`),
  ];
  const steps = nextSteps(outcome).map((step) => escaped(oneLine(step, MAX_STEP_CHARS)));
  return {
    version: "1.0",
    source: "custom",
    content: {
      textType: "client-markdown",
      title: escaped(oneLine(`${SIGN[severity]} ${labelOf(outcome)}: ${subject.database}`, MAX_TITLE_CHARS)),
      description: cut(escaped(lines.join("\n")), MAX_DESCRIPTION_CHARS),
      nextSteps: console === undefined ? steps : [...steps, `<${escaped(console)}|${reportName(outcome)}>`],
      keywords: [verdict.verdict, severity, occurrence.kind, oneLine(subject.database, 63)],
    },
    metadata: {
      ...("openSince" in occurrence ? { threadId: `${subject.database}/${subject.plan}/${occurrence.openSince}` } : {}),
      summary: oneLine(headline(outcome), MAX_TITLE_CHARS),
      eventType: "RestoreDrillOutcome",
      relatedResources: [subject.database, subject.drillId],
      additionalContext: { severity, occurrence: occurrence.kind, plan: subject.plan, drillId: subject.drillId },
    },
  };
}

/** As Slack and Teams write them. */
const SIGN = { info: ":white_check_mark:", warning: ":warning:", error: ":x:", critical: ":rotating_light:" } as const;
