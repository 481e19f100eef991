import { describeCounterproof, undetected } from "../../counterproof/counterproof.ts";
import { startOf } from "../../plan/names.ts";
import { repeatedOf } from "../compose-entry.ts";
import type { LedgerEntry } from "../ledger.ts";
import type { Report } from "../report.ts";
import type { Finding } from "../verify/finding.ts";
import type { DrillLook } from "../verify/look-at-drill.ts";
import { CONTROLS, type Control } from "./controls.ts";

/** `held`: the drill shows what the control asks. `did not hold`: it shows the opposite. `not shown`: it shows neither. */
export type Answer = "held" | "did not hold" | "not shown";

/** One drill as what it answers of one control. Moments ISO 8601, durations in seconds; empty where there is nothing to say. */
export type ControlRow = ReturnType<typeof rowOf>;

/** Where the evidence is, and whose it is where no document says so. */
interface Place {
  readonly address: string;
  readonly database: string;
}

/** Of a drill that was looked at, a row for each control: also where nothing but its id is left, so that no drill is missed. */
export const rowsOf = (look: DrillLook, place: Place): ControlRow[] =>
  CONTROLS.map((control) => rowOf(control, look, place));

/** What was found of several drills together is known only when all of them were looked at. */
export const doubted = (row: ControlRow, findings: readonly Finding[]): ControlRow => ({
  ...row,
  answer: "not shown",
  why: NOT_INTACT,
  evidence: `${row.evidence.startsWith("not intact: ") ? `${row.evidence}, ` : "not intact: "}${inShort(findings)}`,
});

const NOT_INTACT = "the evidence is not intact";

/** What its ledger has of a drill, or what the ledger would have, or nothing but when it began. */
function factsOf({ entry, report, drillId }: DrillLook): Partial<LedgerEntry> & Pick<LedgerEntry, "startedAt"> {
  return entry ?? (report === undefined ? { startedAt: startOf(drillId).toISOString() } : repeatedOf(report));
}

function rowOf(control: Control, look: DrillLook, place: Place) {
  const { report } = look;
  const entry = factsOf(look);
  const drill = report?.drill;
  const { rto, rpo } = report?.verdict.objectives ?? {};
  const { answer, why } = answerOf(control, look);
  return {
    control: control.reference,
    framework: control.framework,
    answer,
    why,
    database: entry.database ?? place.database,
    plan: entry.plan ?? "",
    planSha256: drill?.planSha256 ?? "",
    drill: look.drillId,
    startedAt: entry.startedAt,
    endedAt: entry.endedAt ?? "",
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
    verdict: entry.verdict ?? "",
    reason: entry.reason ?? "",
    summary: entry.summary ?? "",
    rtoSeconds: rto?.measuredSeconds ?? "",
    rtoObjectiveSeconds: rto?.objectiveSeconds ?? "",
    rtoMet: rto?.met ?? "",
    rpoSeconds: rpo?.measuredSeconds ?? "",
    rpoObjectiveSeconds: rpo?.objectiveSeconds ?? "",
    rpoMet: rpo?.met ?? "",
    leftovers: entry.leftovers ?? "",
    startedBy: entry.trigger === undefined ? "" : `${entry.trigger.kind}: ${entry.trigger.by}`,
    execution: report?.execution.id ?? "",
    evidence: evidenceOf(look),
    report: `${place.address}/${look.manifestKey.replace(/manifest\.json$/, "report.html")}`,
    manifestSha256: look.manifestSha256 ?? "",
    reviewedBy: "",
    reviewedOn: "",
    reviewResult: "",
  };
}

/** A record that is not as it was written shows nothing. */
function answerOf(control: Control, look: DrillLook): { answer: Answer; why: string } {
  const { report, entry, findings, unlooked } = look;
  if (findings.length > 0) return { answer: "not shown", why: NOT_INTACT };
  if (report === undefined || entry === undefined || unlooked.length > 0)
    return { answer: "not shown", why: "not all of its evidence could be looked at" };
  const { verdict, reason } = entry;
  if (verdict === "errored") return { answer: "not shown", why: "the drill broke by its own fault" };
  if (verdict === "inconclusive") return { answer: "not shown", why: "not everything that decides was asked" };
  if (verdict === "failed" && control.question === "data" && reason === "objective") {
    const why = whyUnproven(report);
    return why === undefined
      ? { answer: "held", why: "every required check held; RTO or RPO missed its objective, which is another question" }
      : { answer: "not shown", why: `RTO or RPO missed its objective, and ${why}` };
  }
  if (verdict === "failed") return { answer: "did not hold", why: WHY_FAILED[reason ?? ""] ?? "the drill failed" };
  const facts = report.isolation?.facts ?? [];
  if (control.question === "segregated" && !(facts.length > 0 && facts.every(({ holds }) => holds)))
    return { answer: "not shown", why: "the sandbox was not seen to be closed" };
  return { answer: "held", why: "every required check held, and RTO and RPO met their objectives" };
}

/** Why a drill whose objectives were missed shows nothing of the data: what would make one inconclusive that met them. */
function whyUnproven({ checks, counterproof, verdict }: Report): string | undefined {
  const required = checks.filter((check) => check.required);
  if (!required.every(({ outcome }) => outcome === "held") || !verdict.phases.some(({ name }) => name === "validated"))
    return "not every required check was answered";
  if (required.every(({ kind }) => kind === "full-read")) return "nothing that decides was asked";
  if (counterproof !== undefined && undetected(counterproof).length > 0)
    return "not all of the damage was detected that the drill did on purpose";
  return undefined;
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
  if (findings.length > 0) return `not intact: ${inShort(findings)}`;
  return unlooked.length > 0 ? "not all could be looked at" : "intact";
}

/** A cell of a spreadsheet holds 32,767 characters: five keys, at most 1,024 each. */
const MAX_FINDINGS_TOLD = 5;

function inShort(findings: readonly Finding[]): string {
  const told = findings.slice(0, MAX_FINDINGS_TOLD).map(({ state, key }) => `${state} ${key}`);
  return [...told, ...(findings.length > told.length ? [`and ${findings.length - told.length} more`] : [])].join(", ");
}
