import type { Candidate } from "../evidence/candidate.ts";
import type { KeptSandbox } from "../evidence/kept-sandbox.ts";
import type { EvidenceAnswer } from "../evidence/report.ts";
import type { Subject } from "../evidence/subject.ts";
import type { Drill } from "../plan/drill.ts";
import { describeInterruption, type Interruption } from "../plan/interruption.ts";
import { formatDuration } from "../verdict/duration.ts";
import type { Verdict } from "../verdict/verdict.ts";

/** SNS refuses longer subjects, and characters that are not ASCII. */
const MAX_SUBJECT_CHARS = 100;
/** One SMS of GSM characters is 160; a sender's name and a carrier's prefix take the rest. */
const MAX_SMS_CHARS = 140;

export interface Outcome {
  readonly subject: Subject;
  readonly drill: Drill | undefined;
  readonly verdict: Verdict;
  readonly evidence: EvidenceAnswer | undefined;
  readonly leftovers: EvidenceAnswer["leftovers"];
  /** The sandbox, where it stays because the plan says so. */
  readonly kept?: KeptSandbox | undefined;
  /** Why it does not, although the plan would have it. */
  readonly notKept?: string | undefined;
  /** What AWS Backup was told of its restore test, in a sentence. */
  readonly restoreTest?: string | undefined;
  /** How the drill's own execution ended, where another one finished it. */
  readonly interruption?: Interruption | undefined;
  /** Whether the message may have been sent before. */
  readonly repeated: boolean;
}

export interface Message {
  /** At most 100 ASCII characters. */
  readonly subject: string;
  readonly email: string;
  /** At most 140 ASCII characters. */
  readonly sms: string;
  /** For machines: queues, functions, chat bridges. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** What people are told of an outcome, per channel. Row data never is in it: findings name checks, counts and single compared values. */
export function composeMessage(outcome: Outcome): Message {
  const { subject, verdict, leftovers, kept } = outcome;
  const label = `${verdict.verdict.toUpperCase()}${verdict.reason === undefined ? "" : ` (${verdict.reason})`}`;
  // Before the name, so that no limit cuts it off.
  const candidate = kept?.candidate === undefined ? "" : ", CANDIDATE";
  const leak = leftovers.length === 0 ? "" : `, ${leftovers.length} LEFT BEHIND`;
  return {
    subject: ascii(`${label}${candidate}${leak}: ${subject.database}, restore drill`, MAX_SUBJECT_CHARS),
    email: email(outcome, `${label}${candidate}${leak}`),
    sms: ascii(
      `${outcome.repeated ? "(again) " : ""}Restore drill ${label}${candidate}${leak}: ${subject.database}: ${verdict.summary}`,
      MAX_SMS_CHARS,
    ),
    json: machineReadable(outcome),
  };
}

/** Comes first: what is left costs money by the hour and holds production data. */
export const DELETE_LEFTOVERS = "Delete what was left behind (below) by hand.";

/** In the order of their urgency. A pass has nothing to do, unless there is something else to do. */
function nextSteps({ verdict: { verdict, nextStep = "Look at the evidence." }, leftovers, kept }: Outcome): string[] {
  const others = [
    ...(leftovers.length === 0 ? [] : [DELETE_LEFTOVERS]),
    ...(kept?.candidate === undefined
      ? []
      : [`Decide before ${kept.until} whether to recover from the candidate (below).`]),
  ];
  return verdict === "passed" && others.length > 0 ? others : [...others, nextStep];
}

/** Accents are dropped, what is left of other alphabets becomes "?", line breaks become blanks; cut at a limit with three dots. */
function ascii(text: string, maxChars: number): string {
  const plain = text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/\s+/g, " ")
    .replace(/[^ -~]/g, "?");
  return plain.length <= maxChars ? plain : `${plain.slice(0, maxChars - 3)}...`;
}

function email(outcome: Outcome, label: string): string {
  const { subject, drill, verdict, evidence, leftovers } = outcome;
  const sections = [
    outcome.repeated ? ["(Sent again: whether it arrived the first time is not known.)"] : [],
    [`${label}: ${subject.database}`, verdict.summary, ...interruptedLine(outcome)],
    [`Do next: ${nextSteps(outcome).join(" ")}`],
    verdict.findings.length === 0 ? [] : ["What was seen:", ...verdict.findings.map((line) => `- ${line}`)],
    leftovers.length === 0
      ? []
      : [
          "LEFT BEHIND (it costs money and holds production data; delete it by hand):",
          ...leftovers.map(({ kind, id, region, reason }) => `- ${kind} ${id} in ${region}: ${reason}`),
        ],
    keptLines(outcome),
    outcome.restoreTest === undefined ? [] : [outcome.restoreTest],
    (drill?.warnings ?? []).map((warning) => `Note: ${warning}`),
    [
      objectiveLine("RTO", verdict.objectives.rto),
      objectiveLine("RPO", verdict.objectives.rpo),
      ...(drill === undefined
        ? []
        : [
            `Recovery point: ${drill.recoveryPoint.id} (${drill.recoveryPoint.kind}), ${formatDuration(drill.recoveryPoint.ageSeconds)} old`,
          ]),
      ...(drill === undefined ? [] : [`From ${drill.source.region} to ${drill.sandbox.region}`]),
    ],
    verdict.phases.length === 0
      ? []
      : ["Where the time went:", ...verdict.phases.map(({ name, seconds }) => `- ${name}: ${formatDuration(seconds)}`)],
    [
      evidence === undefined
        ? "Evidence: NOT WRITTEN"
        : `Evidence: s3://${evidence.bucket}/${evidence.prefix}/report.json`,
      ...(drill === undefined || evidence === undefined
        ? []
        : [`Cost: at most $${evidence.actualUsd.toFixed(2)}, estimated $${drill.estimate.usd.toFixed(2)}`]),
      `Drill: ${subject.drillId}`,
      `Plan: ${subject.plan}, started by ${subject.trigger.kind} (${subject.trigger.by})`,
    ],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

/** Said once: the summary of a drill that was interrupted before it was judged says it already. */
function interruptedLine({ interruption, verdict: { summary } }: Outcome): string[] {
  if (interruption === undefined) return [];
  const sentence = describeInterruption(interruption);
  return summary.includes(sentence) ? [] : [`${sentence} The rest of the drill was done by finish-drill.`];
}

function keptLines({ kept, notKept }: Outcome): string[] {
  if (notKept !== undefined) return [`The sandbox was not kept, although the plan says so: ${notKept}.`];
  if (kept === undefined) return [];
  return [
    `${kept.candidate === undefined ? "KEPT" : "RECOVERY CANDIDATE"} until ${kept.until}, as the plan says, at $${kept.usdPerHour.toFixed(2)} an hour at most; then it is deleted:`,
    ...kept.resources.map(({ kind, id, region }) => `- ${kind} ${id} in ${region}`),
    ...(kept.candidate === undefined ? [] : worthLines(kept.candidate)),
    "It is closed to the network. Ask it through the Data API:",
    kept.ask,
    ...(kept.candidate === undefined ? [] : promotionLines(kept.candidate)),
    // RDS may refuse for a while, and a call that waited for it would outlast the CLI's own patience of 60 s.
    "End it before its time (call it again until `swept.ended` and `failed` are empty: what RDS refuses for now stays until then):",
    kept.end,
  ];
}

const worthLines = ({ recoveryPoint, failureMoment, proven }: Candidate): string[] => [
  `It is the backup of ${recoveryPoint.createdAt} (${recoveryPoint.id}); damage is taken to begin at ${failureMoment}.`,
  `Proven of it: ${proven}`,
];

const promotionLines = ({ promote }: Candidate): string[] => [
  "Promote it (read docs/runbook.md#promote-a-recovery-candidate first: it can not leave its network itself).",
  ...promote.flatMap(({ when, commands }) => [`${when}:`, ...commands]),
];

function objectiveLine(name: string, objective: Verdict["objectives"]["rto"]): string {
  if (objective === undefined) return `${name}: not measured`;
  const wanted = `objective ${formatDuration(objective.objectiveSeconds)}`;
  if (objective.measuredSeconds === undefined) return `${name}: not measured, ${wanted}`;
  return `${name}: ${formatDuration(objective.measuredSeconds)}, ${wanted}, ${objective.met === true ? "met" : "MISSED"}`;
}

function machineReadable({
  subject,
  verdict,
  evidence,
  leftovers,
  kept,
  restoreTest,
  interruption,
  repeated,
}: Outcome): Record<string, unknown> {
  return {
    schemaVersion: 1,
    drillId: subject.drillId,
    database: subject.database,
    plan: subject.plan,
    trigger: subject.trigger.kind,
    startedBy: subject.trigger.by,
    verdict: verdict.verdict,
    reason: verdict.reason,
    summary: verdict.summary,
    nextStep: verdict.nextStep,
    findings: verdict.findings,
    rtoSeconds: verdict.objectives.rto?.measuredSeconds,
    rpoSeconds: verdict.objectives.rpo?.measuredSeconds,
    leftovers,
    kept,
    restoreTest,
    interruption,
    repeated,
    evidence: evidence === undefined ? undefined : `s3://${evidence.bucket}/${evidence.prefix}/report.json`,
  };
}
