import { describeCounterproof } from "../../counterproof/counterproof.ts";
import type { LedgerEntry } from "../ledger.ts";
import type { Report } from "../report.ts";
import type { DrillLook } from "../verify/look-at-drill.ts";
import { CONTROLS, type Control } from "./controls.ts";

/** `held`: the drill shows what the control asks. `did not hold`: it shows the opposite. `not shown`: it shows neither. */
export type Answer = "held" | "did not hold" | "not shown";

/** One drill as what it answers of one control. Moments ISO 8601, durations in seconds; empty where there is nothing to say. */
export type ControlRow = ReturnType<typeof rowOf>;

/** Of a drill that was looked at, a row for each control. None where its ledger has no entry, which `verify-evidence` tells. */
export function rowsOf(look: DrillLook, address: string): ControlRow[] {
  const { entry } = look;
  return entry === undefined ? [] : CONTROLS.map((control) => rowOf(control, look, entry, address));
}

function rowOf(control: Control, look: DrillLook, entry: LedgerEntry, address: string) {
  const { report } = look;
  const drill = report?.drill;
  const { rto, rpo } = report?.verdict.objectives ?? {};
  const { answer, why } = answerOf(control, look, entry);
  return {
    control: control.reference,
    framework: control.framework,
    answer,
    why,
    database: entry.database,
    plan: entry.plan,
    planSha256: drill?.planSha256 ?? "",
    drill: entry.drillId,
    startedAt: entry.startedAt,
    endedAt: entry.endedAt,
    scenario: entry.scenario ?? "",
    fromRegion: entry.recoveryPath?.fromRegion ?? "",
    toRegion: entry.recoveryPath?.toRegion ?? "",
    recoveryPoint: drill?.recoveryPoint.arn ?? "",
    recoveryPointAt: entry.recoveryPointAt ?? "",
    recoveryPointAgeSeconds: report?.verdict.recoveryPointAgeSeconds ?? "",
    isolation: isolationOf(report),
    checksHeld: countOf(report, "held"),
    checksFailed: countOf(report, "failed"),
    checksNotAnswered: sumOf(countOf(report, "unchecked"), countOf(report, "empty")),
    counterproof: report?.counterproof === undefined ? "" : describeCounterproof(report.counterproof),
    verdict: entry.verdict,
    reason: entry.reason ?? "",
    summary: entry.summary,
    rtoSeconds: rto?.measuredSeconds ?? "",
    rtoObjectiveSeconds: rto?.objectiveSeconds ?? "",
    rtoMet: rto?.met ?? "",
    rpoSeconds: rpo?.measuredSeconds ?? "",
    rpoObjectiveSeconds: rpo?.objectiveSeconds ?? "",
    rpoMet: rpo?.met ?? "",
    leftovers: entry.leftovers,
    startedBy: `${entry.trigger.kind}: ${entry.trigger.by}`,
    execution: report?.execution.id ?? "",
    evidence: evidenceOf(look),
    report: `${address}/${look.manifestKey.replace(/manifest\.json$/, "report.html")}`,
    manifestSha256: look.manifestSha256 ?? "",
    reviewedBy: "",
    reviewedOn: "",
    reviewResult: "",
  };
}

/** A record that is not as it was written shows nothing. */
function answerOf(
  control: Control,
  look: DrillLook,
  { verdict, reason }: LedgerEntry,
): { answer: Answer; why: string } {
  const { report } = look;
  if (look.findings.length > 0 || report === undefined)
    return { answer: "not shown", why: "the evidence is not intact" };
  if (verdict === "errored") return { answer: "not shown", why: "the drill broke by its own fault" };
  if (verdict === "inconclusive") return { answer: "not shown", why: "not everything that decides was asked" };
  if (verdict === "failed" && control.question === "data" && reason === "objective") {
    const required = report.checks.filter((check) => check.required);
    return required.length > 0 && required.every(({ outcome }) => outcome === "held")
      ? { answer: "held", why: "every required check held; RTO or RPO missed its objective, which is another question" }
      : { answer: "not shown", why: "RTO or RPO missed its objective, and not every required check was answered" };
  }
  if (verdict === "failed") return { answer: "did not hold", why: WHY_FAILED[reason ?? ""] ?? "the drill failed" };
  const facts = report.isolation?.facts ?? [];
  if (control.question === "segregated" && !(facts.length > 0 && facts.every(({ holds }) => holds)))
    return { answer: "not shown", why: "the sandbox was not seen to be closed" };
  return { answer: "held", why: "every required check held, and RTO and RPO met their objectives" };
}

const WHY_FAILED: Readonly<Record<string, string>> = {
  data: "what came back is wrong",
  recovery: "recovery does not work as it should",
  objective: "RTO or RPO missed its objective",
};

function isolationOf(report: Report | undefined): string {
  const facts = [...(report?.network?.facts ?? []), ...(report?.isolation?.facts ?? [])];
  return facts.length === 0 ? "" : `${facts.filter(({ holds }) => holds).length} of ${facts.length} facts hold`;
}

const countOf = (report: Report | undefined, outcome: Report["checks"][number]["outcome"]): number | "" =>
  report === undefined ? "" : report.checks.filter((check) => check.outcome === outcome).length;

const sumOf = (one: number | "", other: number | ""): number | "" => (one === "" || other === "" ? "" : one + other);

function evidenceOf({ findings, unlooked }: DrillLook): string {
  if (findings.length > 0) return `not intact: ${findings.map(({ state, key }) => `${state} ${key}`).join(", ")}`;
  return unlooked.length > 0 ? "not all could be looked at" : "intact";
}
