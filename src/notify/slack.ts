import { formatDuration } from "../verdict/duration.ts";
import type { Outcome } from "./outcome.ts";
import { cut, oneLine } from "./plain-text.ts";
import { whereToLook } from "./where-to-look.ts";
import {
  describeOccurrence,
  exerciseOf,
  findingsOf,
  headline,
  interruptionOf,
  labelOf,
  sentence,
  toDo,
} from "./words.ts";

/** https://docs.slack.dev/reference/block-kit/blocks/header-block and .../section-block; there may be 50 blocks, here are 6 at most. */
const MAX_HEADER_CHARS = 150;
const MAX_SECTION_CHARS = 3000;
const MAX_FIELD_CHARS = 2000;
/** More are in the report. */
const MAX_FINDINGS = 5;

type Text = { readonly type: "mrkdwn"; readonly text: string; readonly verbatim: true };

/** A body for chat.postMessage (beside its `channel`) or an incoming webhook. `text` is what a phone shows of it. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks: readonly Readonly<Record<string, unknown>>[];
}

export function slackOf(outcome: Outcome): SlackMessage {
  const { subject, verdict, leftovers } = outcome;
  const seen = findingsOf(outcome);
  const findings = seen.slice(0, MAX_FINDINGS).map((finding) => `• ${escaped(finding)}`);
  const left = leftovers.map(({ kind, id, region }) => `• ${kind} ${escaped(id)} in ${region}`);
  return {
    text: escaped(headline(outcome)),
    blocks: [
      {
        type: "header",
        text: { type: "plain_text", text: oneLine(`${labelOf(outcome)}: ${subject.database}`, MAX_HEADER_CHARS) },
      },
      section([
        escaped(sentence(verdict.summary)),
        `*${escaped(toDo(outcome))}*`,
        escaped([describeOccurrence(outcome.occurrence), ...exerciseOf(outcome), ...interruptionOf(outcome)].join(" ")),
      ]),
      ...(findings.length === 0 ? [] : [section(["*What was seen*", ...findings, ...more(seen.length)])]),
      ...(left.length === 0 ? [] : [section(["*Left behind*", ...left])]),
      { type: "section", fields: figures(outcome) },
      { type: "context", elements: [markdown(context(outcome))] },
    ],
  };
}

/** Slack's own signs, so that no name becomes a link, a channel or a call of everybody. https://docs.slack.dev/messaging/formatting-message-text */
export const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const more = (number: number): string[] => (number > MAX_FINDINGS ? [`and ${number - MAX_FINDINGS} more`] : []);
const markdown = (text: string): Text => ({ type: "mrkdwn", text, verbatim: true });
const section = (lines: readonly string[]) => ({
  type: "section",
  text: markdown(cut(lines.join("\n"), MAX_SECTION_CHARS)),
});

function figures({ verdict: { objectives }, drill, subject }: Outcome): Text[] {
  const { rto, rpo } = objectives;
  const fields = [
    `*RTO*\n${measured(rto)}`,
    `*RPO*\n${measured(rpo)}`,
    ...(drill === undefined ? [] : [`*Backup*\n${formatDuration(drill.recoveryPoint.ageSeconds)} old`]),
    `*Plan*\n${escaped(oneLine(subject.plan, 200))}`,
  ];
  return fields.map((field) => markdown(cut(field, MAX_FIELD_CHARS)));
}

function measured(objective: Outcome["verdict"]["objectives"]["rto"]): string {
  if (objective?.measuredSeconds === undefined) return "not measured";
  const { measuredSeconds, objectiveSeconds, met } = objective;
  return `${formatDuration(measuredSeconds)} of ${formatDuration(objectiveSeconds)}${met === true ? "" : ", MISSED"}`;
}

function context(outcome: Outcome): string {
  const { console } = whereToLook(outcome);
  const drill = `Drill ${outcome.subject.drillId}`;
  return console === undefined ? drill : `<${escaped(console)}|${reportName(outcome)}> · ${drill}`;
}

/** Of the link. */
export const reportName = ({ evidence }: Outcome): string => (evidence === undefined ? "Execution" : "Report");
