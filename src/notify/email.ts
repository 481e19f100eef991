import type { Candidate } from "../evidence/candidate.ts";
import { formatDuration } from "../verdict/duration.ts";
import type { Verdict } from "../verdict/verdict.ts";
import type { Outcome } from "./outcome.ts";
import { whereToLook } from "./where-to-look.ts";
import {
  describeOccurrence,
  exerciseOf,
  findingsOf,
  headline,
  interruptionOf,
  momentOf,
  sentence,
  toDo,
} from "./words.ts";

/** The report has them all. */
const MAX_NOTES = 10;

/**
 * Plain text for a phone: what happened in the first line, what to do in the second, what came before in the third. Then what was seen, figures,
 * and where to look; commands, which are long, come last.
 */
export function emailOf(outcome: Outcome): string {
  const { verdict, kept } = outcome;
  const findings = findingsOf(outcome);
  const sections = [
    [headline(outcome), toDo(outcome), describeOccurrence(outcome.occurrence)],
    circumstances(outcome),
    findings.length === 0 ? [] : ["What was seen", ...findings.map((finding) => `- ${finding}`)],
    leftBehind(outcome),
    keptLines(outcome),
    outcome.restoreTest === undefined ? [] : [sentence(outcome.restoreTest)],
    (outcome.drill?.warnings ?? []).slice(0, MAX_NOTES).map((warning) => `Note: ${sentence(warning)}`),
    figures(outcome),
    look(outcome),
    verdict.phases.length === 0
      ? []
      : ["Where the time went", ...verdict.phases.map(({ name, seconds }) => `- ${name}: ${formatDuration(seconds)}`)],
    origin(outcome),
    kept === undefined ? [] : ["Ask the sandbox, through the Data API", kept.ask],
    kept?.candidate === undefined ? [] : promotion(kept.candidate),
    // RDS may refuse for a while, and a call that waited for it would outlast the CLI's own patience of 60 s.
    kept === undefined
      ? []
      : [
          "End it before its time (call it again until `swept.ended` and `failed` are empty: what RDS refuses for now stays until then)",
          kept.end,
        ],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

/** Of this message, and of the execution that it is about. */
const circumstances = (outcome: Outcome): string[] => [
  ...(outcome.isPage
    ? [
        outcome.scenario === undefined
          ? "You are paged by this message: the alarm of this database rings already, for another failure, and can not ring twice."
          : "You are paged by this message: no alarm watches exercises.",
      ]
    : []),
  ...exerciseOf(outcome),
  ...interruptionOf(outcome),
  ...(outcome.repeated ? ["Sent again: whether it arrived the first time is not known."] : []),
];

function leftBehind({ leftovers }: Outcome): string[] {
  if (leftovers.length === 0) return [];
  return [
    "LEFT BEHIND: it costs money and holds production data (docs/runbook.md#left-behind)",
    ...leftovers.map(({ kind, id, region, reason }) => `- ${kind} ${id} in ${region}: ${sentence(reason)}`),
  ];
}

function keptLines({ kept, notKept }: Outcome): string[] {
  if (notKept !== undefined) return [`The sandbox was not kept, although the plan says so: ${sentence(notKept)}.`];
  if (kept === undefined) return [];
  return [
    `${kept.candidate === undefined ? "KEPT" : "RECOVERY CANDIDATE"} until ${momentOf(kept.until)}, then deleted, as the plan says: at most $${kept.usdPerHour.toFixed(2)} an hour. Closed to every network.`,
    ...kept.resources.map(({ kind, id, region }) => `- ${kind} ${id} in ${region}`),
    ...(kept.candidate === undefined ? [] : worth(kept.candidate)),
  ];
}

const worth = ({ recoveryPoint, failureMoment, proven }: Candidate): string[] => [
  `It is the backup of ${momentOf(recoveryPoint.createdAt)} (${recoveryPoint.id}); damage is taken to begin on ${momentOf(failureMoment)}.`,
  `Proven of it: ${proven}`,
];

const promotion = ({ promote }: Candidate): string[] => [
  "Promote it (read docs/runbook.md#promote-a-recovery-candidate first: it can not leave its network itself)",
  ...promote.flatMap(({ when, commands }) => [`${when}:`, ...commands]),
];

function figures({ drill, verdict, evidence }: Outcome): string[] {
  return [
    ...objectiveLine("RTO", verdict.objectives.rto),
    ...objectiveLine("RPO", verdict.objectives.rpo),
    ...(drill === undefined
      ? []
      : [
          `Backup: ${formatDuration(drill.recoveryPoint.ageSeconds)} old, ${drill.recoveryPoint.kind}`,
          `Restored from ${drill.recoveryPoint.region} into ${drill.sandbox.region}`,
        ]),
    ...(drill === undefined || evidence === undefined
      ? []
      : [`Cost: at most $${evidence.actualUsd.toFixed(2)}, estimated $${drill.estimate.usd.toFixed(2)}`]),
  ];
}

function objectiveLine(name: string, objective: Verdict["objectives"]["rto"]): string[] {
  if (objective === undefined) return [];
  const wanted = `objective ${formatDuration(objective.objectiveSeconds)}`;
  if (objective.measuredSeconds === undefined) return [`${name}: not measured, ${wanted}`];
  return [
    `${name}: ${formatDuration(objective.measuredSeconds)}, ${wanted}, ${objective.met === true ? "met" : "MISSED"}`,
  ];
}

function look(outcome: Outcome): string[] {
  const { console, command } = whereToLook(outcome);
  const place = outcome.evidence === undefined ? "Evidence: NOT WRITTEN. The execution" : "The report";
  if (console === undefined) return [place, command];
  return [`${place}${outcome.evidence === undefined ? "" : " (press Open)"}`, console, "or", command];
}

const origin = ({ subject, drill }: Outcome): string[] => [
  `Drill ${subject.drillId}`,
  `Plan ${subject.plan}, started by ${subject.trigger.kind} (${sentence(subject.trigger.by)})`,
  ...(drill === undefined ? [] : [`Recovery point ${drill.recoveryPoint.id}`]),
];
