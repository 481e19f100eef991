import { relative } from "node:path";
import { styleText } from "node:util";
import type { CheckResult } from "../checks/result.ts";
import { describeCounterproof } from "../counterproof/counterproof.ts";
import type { Report } from "../evidence/report.ts";
import { DELETE_LEFTOVERS } from "../notify/words.ts";
import { describeScorecard } from "../scenarios/scorecard.ts";
import { formatDuration } from "../verdict/duration.ts";
import type { Verdict } from "../verdict/verdict.ts";
import type { DrillResult } from "./drill-result.ts";
import { printable } from "./printable.ts";
import { reasonOf } from "./told.ts";

const COLOUR = { passed: "green", failed: "red", inconclusive: "yellow", errored: "magenta" } as const;
const OUTCOME_COLOUR = { held: "green", failed: "red", unchecked: "yellow", empty: "yellow" } as const;
const SEVERITY: readonly CheckResult["outcome"][] = ["failed", "unchecked", "empty", "held"];
/** A check's name is cut here so that what was seen starts in one column. */
const MAX_NAME_CHARS = 44;

/** What a person reads when a drill has ended: the verdict first, then what it rests on, then where to look. */
export function summarise(drill: DrillResult): string {
  const { verdict, cause, report, evidence, isLocal } = drill;
  if (report === undefined) return withoutReport(drill);
  const files = evidence.map((file) => `  ${isLocal ? relative(process.cwd(), file) : file}`);
  const sections = [
    [
      `${label(verdict, reasonOf(drill))}  ${report.database}`,
      // The execution has the last word: a drill that nobody was told of has errored, whatever its report says.
      printable(cause ?? report.verdict.summary),
      ...nextStep(report),
    ],
    exercise(report),
    (report.drill?.warnings ?? []).map((warning) => `Note: ${warning}`),
    recovery(report),
    checks(report.checks),
    report.counterproof === undefined ? [] : [`Counterproof   ${describeCounterproof(report.counterproof)}`],
    leftovers(report.leftovers),
    kept(report, isLocal),
    [
      `Cost        at most $${report.cost.actual.usd.toFixed(2)} at list prices, estimated $${report.cost.estimated.usd.toFixed(2)} before`,
    ],
    ["Evidence", ...files],
    drill.page === undefined ? [] : [`All databases  ${relative(process.cwd(), drill.page)}`],
    [`Notified    ${drill.notifications.map(({ subject }) => notified(subject, isLocal)).join("; ") || "nobody"}`],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

/** Every criterion is in the report; here those that somebody has to look at. */
function exercise({ scorecard }: Report): string[] {
  if (scorecard === undefined) return [];
  const open = scorecard.criteria.filter(({ outcome }) => outcome !== "met");
  return [
    `Exercise       ${scorecard.title}: ${describeScorecard(scorecard)}`,
    `  ${printable(scorecard.objective)}`,
    ...open.map(({ criterion, outcome, observed }) => {
      const mark = outcome === "missed" ? styleText("red", "missed   ") : styleText("yellow", "not known");
      return `  ${mark} ${criterion}: ${onOneLine(observed)}`;
    }),
  ];
}

/** Short, but never without what was left behind. */
function withoutReport(drill: DrillResult): string {
  const { verdict, cause, told, drillId, whyNoReport } = drill;
  const left = told === undefined ? [`What drill ${drillId} created may be left behind.`] : leftovers(told.leftovers);
  const lines = [
    label(verdict, reasonOf(drill)),
    printable(cause ?? "It ended without a cause."),
    whyNoReport === undefined ? "The drill left no report." : printable(whyNoReport),
    ...left,
  ];
  return `${lines.join("\n")}\n`;
}

const notified = (subject: string | undefined, isLocal: boolean): string =>
  isLocal ? `${subject} (a local topic, without subscribers)` : `${subject}`;

function kept({ kept: sandbox }: Report, isLocal: boolean): string[] {
  if (sandbox === undefined) return [];
  if (isLocal)
    return [`Kept        nothing: the local cloud ends here. On AWS the sandbox would stay until ${sandbox.until}`];
  const resources = sandbox.resources.map(({ kind, id, region }) => `  ${kind} ${id} in ${region}`);
  return [
    `Kept        until ${sandbox.until}`,
    ...resources,
    "  Ask it:",
    `  ${sandbox.ask}`,
    "  End it:",
    `  ${sandbox.end}`,
  ];
}

function label(verdict: Verdict["verdict"], reason?: string): string {
  const text = verdict.toUpperCase() + (reason === undefined ? "" : ` (${reason})`);
  return styleText(["bold", COLOUR[verdict]], text);
}

function nextStep({ verdict: { verdict, nextStep: step }, leftovers: left }: Report): string[] {
  const steps = [
    ...(left.length === 0 ? [] : [DELETE_LEFTOVERS]),
    ...(verdict === "passed" || step === undefined ? [] : [step]),
  ];
  return steps.length === 0 ? [] : [`Do next: ${steps.join(" ")}`];
}

function recovery({ verdict, drill }: Report): string[] {
  const { rto, rpo } = verdict.objectives;
  const phases = verdict.phases.map(
    ({ name, seconds }) => `  ${name.padEnd(12)} ${formatDuration(seconds).padStart(12)}`,
  );
  return [
    ...objective("RTO", rto),
    ...phases,
    ...objective("RPO", rpo),
    ...(drill === undefined ? [] : [`  backup age   ${formatDuration(drill.recoveryPoint.ageSeconds).padStart(12)}`]),
  ];
}

function objective(name: string, measured: Verdict["objectives"]["rto"]): string[] {
  if (measured === undefined) return [];
  const wanted = `objective ${formatDuration(measured.objectiveSeconds)}`;
  if (measured.measuredSeconds === undefined) return [`${name.padEnd(14)} not measured   ${wanted}`];
  const met = measured.met === true ? "met" : styleText("red", "missed");
  return [`${name.padEnd(14)} ${formatDuration(measured.measuredSeconds).padStart(12)}   ${wanted}, ${met}`];
}

function checks(results: readonly CheckResult[]): string[] {
  if (results.length === 0) return [];
  const worstFirst = [...results].sort((a, b) => SEVERITY.indexOf(a.outcome) - SEVERITY.indexOf(b.outcome));
  return ["Checks", ...worstFirst.map(checkLine)];
}

function checkLine(result: CheckResult): string {
  const { outcome, required } = result;
  const [name = "", expected, observed] = [result.name, result.expected, result.observed].map(onOneLine);
  const mark = styleText(OUTCOME_COLOUR[outcome], outcome.padEnd(9));
  const short = name.length <= MAX_NAME_CHARS ? name.padEnd(MAX_NAME_CHARS) : `${name.slice(0, MAX_NAME_CHARS - 3)}...`;
  const seen = outcome === "held" ? observed : `${observed}; expected ${expected}`;
  return `  ${mark} ${short}  ${seen}${required ? "" : styleText("dim", "  (optional)")}`;
}

const onOneLine = (text: string): string => printable(text).replaceAll("\n", " ");

function leftovers(left: Report["leftovers"]): string[] {
  if (left.length === 0) return ["Left behind nothing"];
  return [
    styleText("red", "LEFT BEHIND"),
    ...left.map(({ kind, id, region, reason }) => `  ${kind} ${id} in ${region}: ${reason}`),
  ];
}
