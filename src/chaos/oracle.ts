/**
 * What a drill has to end in, for every fault: the whole of it is here, and as a table in docs/chaos.md. The oracle is not learned from the
 * product: where the two differ, one of them is wrong, and it is not silently this one.
 */
import type { Verdict } from "../verdict/verdict.ts";
import { type Fault, isPermanent, isTransient } from "./fault.ts";
import type { CallSite, Moment } from "./site.ts";

export interface Circumstances {
  /** checks.json, where the drill left one, has a required check that failed. */
  readonly hasFailedCheck: boolean;
  readonly moment: Moment;
}

export interface Expectation {
  /** One of them: `verdict` or `verdict/reason`. */
  readonly verdicts: readonly string[];
  /** How people are told that the execution ended. */
  readonly says?: "ABORTED" | "TIMED_OUT";
  /** Nobody can be told through a topic that refuses for good: then the execution itself has to end red. */
  readonly mayBeUntold: boolean;
  /** Evidence can not be written past a refusal for good: then the notification has to say so. */
  readonly mayLackEvidence: boolean;
  /** What teardown was refused to look at is reported as left behind, whether it is or not. */
  readonly mayReportMore: boolean;
  readonly why: string;
}

interface Tolerated {
  readonly isMeant: (site: CallSite) => boolean;
  readonly why: string;
}

/** Call sites that a drill of a good backup may lose for good and pass all the same, each with its reason. */
const TOLERATED: readonly Tolerated[] = [
  {
    isMeant: ({ service, operation, about }) =>
      service === "s3" && operation === "PutObject" && about.includes("/journal/"),
    why: "the journal is a note of what was done: failing to write it fails no step (src/evidence/journalled.ts)",
  },
  {
    isMeant: ({ service, operation, about }) =>
      service === "s3" && operation === "GetObject" && about.includes("/journal/"),
    why: "what the notes say is in the execution's document too, where its steps got through",
  },
  {
    isMeant: ({ function: name, service }) => /tear-down|finish-drill/.test(name) && service === "rds",
    why: "a leak is reported beside the verdict and pages by itself: it says nothing about the backup",
  },
  {
    isMeant: ({ service, operation }) => service === "rds-data" && operation === "RollbackTransaction",
    why: "a read-only transaction that is not ended by the drill is ended by the Data API after three minutes",
  },
];

function toleratedBecause(site: CallSite): string | undefined {
  return TOLERATED.find(({ isMeant }) => isMeant(site))?.why;
}

const OWN_FAULT = ["errored/drill", "inconclusive/unchecked"] as const;

export function expectationFor(fault: Fault, circumstances: Circumstances): Expectation {
  const allowed = allowances(fault);
  return { ...allowed, ...verdictFor(fault, circumstances) };
}

function verdictFor(
  fault: Fault,
  { hasFailedCheck, moment }: Circumstances,
): Pick<Expectation, "verdicts" | "says" | "why"> {
  const asWithout = fault.backup === "good" ? ["passed"] : ["failed/data"];
  if (fault.site.at === "state") {
    if (moment === "told")
      return { verdicts: asWithout, why: "people had been told before: what they were told stands" };
    const says = fault.kind === "stopped" ? "ABORTED" : "TIMED_OUT";
    if (moment === "judged")
      return {
        verdicts: asWithout,
        says,
        why: "what was judged stands; the rest is done, and people are told of the end",
      };
    if (hasFailedCheck)
      return { verdicts: ["failed/data"], says, why: "a required check had failed: nothing makes that softer" };
    return {
      verdicts: ["errored/drill"],
      says,
      why: "nothing was judged, and people are told that it was ended from outside",
    };
  }
  if (isTransient(fault.kind))
    return { verdicts: asWithout, why: "what passes by itself changes nothing but the time" };
  const tolerated = toleratedBecause(fault.site);
  if (fault.backup === "damaged") {
    if (hasFailedCheck)
      return { verdicts: ["failed/data"], why: "a required check had failed: nothing makes that softer" };
    return { verdicts: OWN_FAULT, why: "refused before a check had failed: the drill's own fault, and never a pass" };
  }
  if (tolerated !== undefined) return { verdicts: ["passed", ...OWN_FAULT], why: tolerated };
  return { verdicts: OWN_FAULT, why: "a refusal for good is the drill's own fault: neither a pass nor bad data" };
}

function allowances(fault: Fault): Pick<Expectation, "mayBeUntold" | "mayLackEvidence" | "mayReportMore"> {
  if (fault.site.at !== "call" || !isPermanent(fault.kind))
    return { mayBeUntold: false, mayLackEvidence: false, mayReportMore: false };
  const { service, function: name } = fault.site;
  return {
    mayBeUntold: service === "sns",
    mayLackEvidence: service === "s3" && toleratedBecause(fault.site) === undefined,
    mayReportMore: /tear-down|finish-drill/.test(name) && service === "rds",
  };
}

/** How an execution may end that says `verdict`: green for a pass, else red with the verdict's own error, or with that of a judge that broke. */
export const EXECUTION_ENDS: Readonly<Record<Verdict["verdict"], readonly string[]>> = {
  passed: ["SUCCEEDED"],
  failed: ["FAILED Drill.Failed"],
  inconclusive: ["FAILED Drill.Inconclusive"],
  errored: ["FAILED Drill.Errored", "FAILED Drill.NotJudged"],
};
