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
  /** RecordEvidence does without nothing that it writes or reads but its notes: refused for good, it fails, and the notification has to say so. */
  readonly mayLackEvidence: boolean;
  /** What teardown was refused may stay, if it is reported; what it was refused to look at is reported, whether it is there or not. */
  readonly mayLeave: boolean;
  /** Who may not look at an execution can not finish it: nobody is told, and the sweep takes what stands. */
  readonly mayBeUnfinished: boolean;
  /** After a message of which nobody knows whether it arrived. */
  readonly mayRepeat: boolean;
  /**
   * Ended between the note that a message is about to be sent and the sending: nobody can know that it was not sent, so the only message says
   * that it may be a repetition. Not saying so would make two alike of it where it was sent.
   */
  readonly mayBeginRepeated: boolean;
  readonly why: string;
}

interface Tolerated {
  readonly isMeant: (site: CallSite) => boolean;
  readonly why: string;
}

/** Call sites that a drill may lose for good and end all the same as it would have, each with its reason. */
const TOLERATED: readonly Tolerated[] = [
  {
    isMeant: ({ service, operation, about }) =>
      service === "s3" && (operation === "PutObject" || operation === "GetObject") && about.includes("/journal/"),
    why: "the journal is a note of what was done, and fails no step: what it says is in the execution's document too",
  },
  {
    isMeant: ({ service, about }) => service === "s3" && about.includes("/outcome/"),
    why: "people are told, and drills are finished, also without the notes that keep both from being done twice",
  },
  {
    isMeant: ({ function: name, service, operation, about }) =>
      isNotifyOutcome(name) && service === "s3" && (operation === "ListObjectsV2" || about.includes("/ledger/")),
    why: "people are told also where it can not be read what came before, and then told that",
  },
  {
    isMeant: ({ function: name, service }) => isTearDown(name) && service === "rds",
    why: "a leak is reported beside the verdict and pages by itself: it says nothing about the backup",
  },
  {
    isMeant: ({ function: name, service, operation }) =>
      service === "rds-data" && operation === "RollbackTransaction" && !isCounterproof(name),
    why: "a read-only transaction that is not ended by the drill is ended by the Data API after three minutes",
  },
  {
    isMeant: ({ service }) => service === "sns",
    why: "what was judged and recorded stands; that nobody could be told is in the execution's red end",
  },
];

const isTearDown = (name: string): boolean => name.endsWith("-tear-down");
const isRecordEvidence = (name: string): boolean => name.endsWith("-record-evidence");
const isNotifyOutcome = (name: string): boolean => name.endsWith("-notify-outcome");
const isAdoptDrill = (name: string): boolean => name.endsWith("-adopt-drill");
const isCounterproof = (name: string): boolean => name.endsWith("-prove-checks");

function toleratedBecause(site: CallSite): string | undefined {
  return TOLERATED.find(({ isMeant }) => isMeant(site))?.why;
}

const OWN_FAULT = ["errored/drill", "inconclusive/unchecked"] as const;
const BAD_DATA = {
  verdicts: ["failed/data"],
  why: "a required check had failed: nothing makes that softer",
} as const;

/** Whether the drill asks again until its deadlines, which are hours. A bucket and a topic that refuse are not waited for. */
export function waitsForDeadlines({ kind, site }: Fault): boolean {
  return kind === "unavailable" && site.at === "call" && (isTearDown(site.function) || !isNote(site));
}

const isNote = (site: CallSite): boolean => site.service === "s3" || toleratedBecause(site) !== undefined;

export function expectationFor(fault: Fault, circumstances: Circumstances): Expectation {
  return { ...allowances(fault), ...verdictFor(fault, circumstances) };
}

function verdictFor(
  fault: Fault,
  { hasFailedCheck, moment }: Circumstances,
): Pick<Expectation, "verdicts" | "says" | "why"> {
  // What the product writes makes it only stricter with itself: bad data that it did not store is known by the moment.
  const isBad = fault.backup === "damaged" && (hasFailedCheck || moment !== "before");
  const asWithout = fault.backup === "good" ? ["passed"] : ["failed/data"];
  if (fault.stoppedIn !== undefined)
    return { verdicts: ["errored/drill"], says: "ABORTED", why: "it was stopped before anything was asked or judged" };
  if (fault.site.at === "state") {
    if (moment === "told")
      return { verdicts: asWithout, why: "people had been told before: what they were told stands" };
    const says = fault.kind === "stopped" ? "ABORTED" : "TIMED_OUT";
    if (isBad) return { ...BAD_DATA, says };
    if (moment === "judged")
      return {
        verdicts: asWithout,
        says,
        why: "what was judged stands; the rest is done, and people are told of the end",
      };
    return {
      verdicts: ["errored/drill"],
      says,
      why: "nothing was judged, and people are told that it was ended from outside",
    };
  }
  if (isTransient(fault.kind))
    return { verdicts: asWithout, why: "what passes by itself changes nothing but the time" };
  if (isBad) return BAD_DATA;
  const tolerated = toleratedBecause(fault.site);
  if (tolerated !== undefined) return { verdicts: asWithout, why: tolerated };
  if (fault.kind === "unavailable" && isCounterproof(fault.site.function) && fault.site.service === "rds-data")
    return {
      verdicts: ["passed", ...OWN_FAULT],
      why: "every check had held: a damage that could not be planted is told as untried, and says nothing about the backup",
    };
  if (isRecordEvidence(fault.site.function))
    return { verdicts: ["errored/drill"], why: "a pass without evidence is not a pass" };
  return { verdicts: OWN_FAULT, why: "a refusal for good is the drill's own fault: neither a pass nor bad data" };
}

type Allowances = Pick<
  Expectation,
  "mayBeUntold" | "mayLackEvidence" | "mayLeave" | "mayBeUnfinished" | "mayRepeat" | "mayBeginRepeated"
>;

const ENDED_WITHOUT_ANSWER: readonly string[] = ["answer-lost", "timed-out", "killed", "unavailable"];

function allowances({ site, kind }: Fault): Allowances {
  if (site.at !== "call") return NOTHING_ALLOWED;
  const { service, function: name, about } = site;
  const mayRepeat = ENDED_WITHOUT_ANSWER.includes(kind) && (service === "sns" || isNotifyOutcome(name));
  const mayBeginRepeated =
    (kind === "timed-out" || kind === "killed") &&
    isNotifyOutcome(name) &&
    (about.includes("/outcome/notification.json") || about.includes("/outcome/page.json"));
  if (!isPermanent(kind)) return { ...NOTHING_ALLOWED, mayRepeat, mayBeginRepeated };
  return {
    mayRepeat,
    mayBeginRepeated,
    mayBeUntold: service === "sns",
    mayLackEvidence: service === "s3" && isRecordEvidence(name) && !about.includes("/journal/"),
    mayLeave: service === "rds" && isTearDown(name),
    mayBeUnfinished: isAdoptDrill(name) && service !== "s3",
  };
}

const NOTHING_ALLOWED: Allowances = {
  mayBeUntold: false,
  mayLackEvidence: false,
  mayLeave: false,
  mayBeUnfinished: false,
  mayRepeat: false,
  mayBeginRepeated: false,
};

/** How an execution may end that says `verdict`: green for a pass, else red with the verdict's own error, or with that of a judge that broke. */
export const EXECUTION_ENDS: Readonly<Record<Verdict["verdict"], readonly string[]>> = {
  passed: ["SUCCEEDED"],
  failed: ["FAILED Drill.Failed"],
  inconclusive: ["FAILED Drill.Inconclusive"],
  errored: ["FAILED Drill.Errored", "FAILED Drill.NotJudged"],
};
