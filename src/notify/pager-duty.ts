import type { Outcome } from "./outcome.ts";
import { oneLine } from "./plain-text.ts";
import { type Severity, severityOf } from "./severity.ts";
import { reportName } from "./slack.ts";
import { whereToLook } from "./where-to-look.ts";
import { describeOccurrence, headline, nameOf, toDo } from "./words.ts";

/** https://developer.pagerduty.com/docs/events-api-v2/trigger-events/ */
const MAX_SUMMARY_CHARS = 1024;
const MAX_KEY_CHARS = 255;

/** A body of the Events API v2 to which only `routing_key` is missing. */
export interface PagerDutyEvent {
  readonly event_action: "trigger" | "resolve";
  readonly dedup_key: string;
  readonly client: string;
  readonly payload: {
    readonly summary: string;
    readonly severity: Severity;
    readonly source: string;
    readonly component: string;
    readonly class: string;
    readonly custom_details: Readonly<Record<string, unknown>>;
  };
  readonly links?: readonly { readonly href: string; readonly text: string }[];
}

/**
 * One incident a plan, and one for each of its exercises: a failure opens it, the same or another one is added to it, and a pass that left nothing behind resolves it. Resolving what
 * is not open does nothing.
 */
export function pagerDutyOf(outcome: Outcome): PagerDutyEvent {
  const { subject, verdict, leftovers, execution } = outcome;
  const { console } = whereToLook(outcome);
  const scenario = subject.scenario === undefined ? [] : [subject.scenario];
  return {
    event_action: verdict.verdict === "passed" && leftovers.length === 0 ? "resolve" : "trigger",
    dedup_key: oneLine([stackOf(execution.id), subject.database, subject.plan, ...scenario].join("/"), MAX_KEY_CHARS),
    client: "restore-drill",
    payload: {
      summary: oneLine(headline(outcome), MAX_SUMMARY_CHARS),
      severity: severityOf(verdict, leftovers.length),
      source: oneLine(subject.database, MAX_KEY_CHARS),
      component: oneLine(subject.plan, MAX_KEY_CHARS),
      class: verdict.reason ?? verdict.verdict,
      custom_details: {
        to_do: toDo(outcome),
        what_came_before: describeOccurrence(outcome.occurrence),
        causes: (verdict.causes ?? []).map(nameOf),
        drill: subject.drillId,
      },
    },
    ...(console === undefined ? {} : { links: [{ href: console, text: reportName(outcome) }] }),
  };
}

/** Two stacks that drill one database have an incident each. Every machine is called like the stack's other parts begin. */
const stackOf = (executionArn: string): string => executionArn.split(":")[6] ?? "restore-drill";
