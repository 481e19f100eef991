import { describeInterruption } from "../plan/interruption.ts";
import { SCENARIO_WORDS } from "../plan/scenario.ts";
import type { Verdict } from "../verdict/verdict.ts";
import type { Last, Occurrence } from "./occurrence.ts";
import type { Outcome } from "./outcome.ts";
import { oneLine } from "./plain-text.ts";

/**
 * What services and people wrote is bounded where it is told: a cause of 32,768 characters, told for each leftover and in each channel, would be
 * more than SNS takes. One character is 4 bytes at most for machines (escaped twice) and 3 in the mail: 20 findings x 500 x 7 = 70 kB, the 5 of them
 * in Slack 10 kB, 60 names x 100 x 4 = 24 kB, the chat's format twice 16 kB, 10 notes 15 kB, some 20 sentences more 40 kB: 175 of 256 KiB.
 */
const MAX_SENTENCE_CHARS = 500;
export const sentence = (text: string): string => oneLine(text, MAX_SENTENCE_CHARS);
/** Of a check or an error. */
export const nameOf = (name: string): string => oneLine(name, MAX_NAME_CHARS);
const MAX_NAME_CHARS = 100;

/** `FAILED (data), 3rd time, CANDIDATE, 2 LEFT BEHIND`: comes before every name, so that no limit cuts it off. */
export function labelOf({ verdict: { verdict, reason }, scenario, occurrence, kept, leftovers }: Outcome): string {
  return [
    `${verdict.toUpperCase()}${reason === undefined ? "" : ` (${reason})`}`,
    ...(scenario === undefined ? [] : ["EXERCISE"]),
    ...occurrenceLabel(occurrence),
    ...(kept?.candidate === undefined ? [] : ["CANDIDATE"]),
    ...(leftovers.length === 0 ? [] : [`${leftovers.length} LEFT BEHIND`]),
  ].join(", ");
}

function occurrenceLabel(occurrence: Occurrence): string[] {
  switch (occurrence.kind) {
    case "recovered":
      return ["RECOVERED"];
    case "again":
      return [`${ordinal(occurrence.times)} time`];
    case "changed":
      return ["CHANGED"];
    default:
      return [];
  }
}

/** What happened, in one line. */
export const headline = (outcome: Outcome): string =>
  `${labelOf(outcome)}: ${oneLine(outcome.subject.database, MAX_SENTENCE_CHARS)}. ${whatHappened(outcome.verdict)}`;

export const whatHappened = ({ summary }: Verdict): string => sentence(summary);

/** Comes first: what is left costs money by the hour and holds production data. */
export const DELETE_LEFTOVERS = "Delete what was left behind (below) by hand.";

/** What to do, in one line. */
export function toDo(outcome: Outcome): string {
  const steps = nextSteps(outcome);
  return steps.length === 0 ? "Nothing to do." : `Do next: ${steps.join(" ")}`;
}

/** In the order of their urgency. A pass alone asks for nothing. */
export function nextSteps({
  verdict: { verdict, nextStep = "Look at the evidence." },
  leftovers,
  kept,
}: Outcome): string[] {
  const others = [
    ...(leftovers.length === 0 ? [] : [DELETE_LEFTOVERS]),
    ...(kept?.candidate === undefined
      ? []
      : [`Decide before ${momentOf(kept.until)} whether to recover from the candidate (below).`]),
  ];
  return verdict === "passed" ? others : [...others, sentence(nextStep)];
}

/** What came before, in one sentence or two. */
export function describeOccurrence(occurrence: Occurrence): string {
  switch (occurrence.kind) {
    case "unknown":
      return "What came before is not known: the ledger could not be read.";
    case "first":
      return "The first one on record.";
    case "steady":
      return `The drill before it, of ${dayOf(occurrence.lastPassAt)}, passed too.`;
    case "recovered":
      return `Recovered: ${drills(occurrence.notPassed)} since ${dayOf(occurrence.openSince)} had not passed. The last one was ${saidOf(occurrence.last)}.`;
    case "new":
      return `New. ${beforeNew(occurrence)}`;
    case "again":
      return `The same as on ${listed(occurrence.before)}: ${ordinal(occurrence.times)} time. ${lastPass(occurrence)}`;
    case "changed":
      return `Changed since ${dayOf(occurrence.last.at)}, when it was ${saidOf(occurrence.last)}. ${lastPass(occurrence)}`;
  }
}

function beforeNew(occurrence: Extract<Occurrence, { kind: "new" }>): string {
  const { notPassed, lastPassAt, openSince } = occurrence;
  if (notPassed > 0)
    return `${drills(notPassed)} before it, since ${dayOf(openSince)}, proved nothing either way. ${lastPass(occurrence)}`;
  return lastPassAt === undefined
    ? "No earlier one is on record."
    : `The drill before it, of ${dayOf(lastPassAt)}, passed.`;
}

const lastPass = ({ lastPassAt }: { readonly lastPassAt?: string }): string =>
  lastPassAt === undefined ? "No pass is on record." : `Last pass: ${dayOf(lastPassAt)}.`;

function saidOf({ verdict, reason, causes = [] }: Last): string {
  const label = `${verdict}${reason === undefined ? "" : ` (${reason})`}`;
  return causes.length === 0 ? label : `${label}: ${named(causes)}`;
}

/** Names are told in full as far as anybody reads them; the rest by number. */
const MAX_NAMED = 3;
function named(names: readonly string[]): string {
  const told = names.slice(0, MAX_NAMED).map(nameOf);
  return names.length > MAX_NAMED ? `${told.join(", ")} and ${names.length - MAX_NAMED} more` : told.join(", ");
}

/** The newest first; people read them as they went by, and a year once. */
function listed(moments: readonly string[]): string {
  const days = [...new Set(moments.map(dayOf))];
  const told = days.slice(0, MAX_NAMED).reverse();
  const [last = ""] = told.splice(-1);
  if (told.length === 0) return last;
  const year = last.slice(-5);
  const others = told.map((day) => (day.endsWith(year) ? day.slice(0, -5) : day));
  return `${days.length > MAX_NAMED ? "earlier days, " : ""}${others.join(", ")} and ${last}`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;
/** `7 Nov 2026`, in UTC: no order of numbers to be mistaken. */
function dayOf(moment: string): string {
  const date = new Date(moment);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ""} ${date.getUTCFullYear()}`;
}

/** `23 Nov 2026, 14:57 UTC`: to the minute. */
export const momentOf = (moment: string): string =>
  `${dayOf(moment)}, ${new Date(moment).toISOString().slice(11, 16)} UTC`;

const drills = (number: number): string => `${number} ${number === 1 ? "drill" : "drills"}`;

function ordinal(number: number): string {
  const tens = number % 100;
  const ending = tens >= 11 && tens <= 13 ? "th" : (["th", "st", "nd", "rd"][number % 10] ?? "th");
  return `${number}${ending}`;
}

/** None that the first line has said already. */
export const findingsOf = ({ verdict: { findings, summary } }: Outcome): readonly string[] =>
  findings.every((finding) => summary.includes(finding)) ? [] : findings.map(sentence);

/** What was taken to have happened. Its scorecard is in the report. */
export function exerciseOf({ scenario }: Outcome): string[] {
  if (scenario === undefined) return [];
  const { title, what } = SCENARIO_WORDS[scenario];
  return [`Exercise, ${title}: ${what}`];
}

/** Said once: the summary of a drill that was interrupted before it was judged says it already. */
export function interruptionOf({ interruption, verdict: { summary } }: Outcome): string[] {
  if (interruption === undefined) return [];
  const told = describeInterruption(interruption);
  return summary.includes(told) ? [] : [`${sentence(told)} The rest of the drill was done by finish-drill.`];
}
