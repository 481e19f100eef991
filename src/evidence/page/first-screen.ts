import { fitting, leftOut } from "../../page/fitting.ts";
import { type Content, html, type Markup } from "../../page/markup.ts";
import { count, moment, sign, VERDICT_WORDS } from "../../page/words.ts";
import { describeInterruption } from "../../plan/interruption.ts";
import { formatDuration } from "../../verdict/duration.ts";
import type { Verdict } from "../../verdict/verdict.ts";
import type { Report } from "../report.ts";
import { meaningOf, objectiveWords } from "./meaning.ts";
import { percent } from "./timeline.ts";

/** Of a page of 300 kB: a finding is one line, and there are at most 20. */
const MAX_FINDINGS_BYTES = 16_000;
const MAX_NOTES_BYTES = 8_000;
const MAX_UNFOLDED = 5;

/** What everybody reads: what came of it, what to do, and the four figures that say how well it went. */
export function firstScreen(report: Report): Markup {
  const { verdict, database, execution, drill, interruption } = report;
  const { findings, summary } = verdict;
  // A single finding is what the summary says already.
  const isSaid = findings.length === 1 && summary.includes(findings[0] ?? "");
  const interrupted = interruption === undefined ? "" : describeInterruption(interruption);
  return html`<header class="first ${verdict.verdict}">
<p class="of"><b>${database}</b><span class="muted">Restore drill of ${moment(drill?.startedAt ?? execution.startedAt)}</span></p>
<h1>${sign(verdict.verdict)}<b>${VERDICT_WORDS[verdict.verdict]}:</b> ${meaningOf(verdict)}</h1>
<p class="summary">${summary}</p>${summary.includes(interrupted) ? undefined : html`<p class="summary">${interrupted} The rest of the drill was done by finish-drill.</p>`}
${nextSteps(report)}${isSaid ? undefined : seen(findings)}</header>
${figures(report)}${notes(report)}`;
}

/** The first few, so that the figures below are on the first screen too; the others one click away. */
function seen(findings: readonly string[]): Markup | undefined {
  if (findings.length === 0) return undefined;
  const all = fitting(
    findings,
    MAX_FINDINGS_BYTES,
    (finding) => html`<li>${finding}</li>
`,
  );
  const folded = all.shown.slice(MAX_UNFOLDED);
  return html`<div class="seen"><h2>What was seen</h2><ul>
${all.shown.slice(0, MAX_UNFOLDED)}</ul>${folded.length === 0 ? undefined : html`<details><summary>${folded.length} more</summary><ul>${folded}</ul></details>`}${leftOut(all, "report.json")}</div>
`;
}

function nextSteps({ verdict: { verdict, nextStep }, leftovers }: Report): Markup {
  const left = leftovers.length === 0 ? undefined : html`<a href="#teardown">Delete by hand what was left behind</a>. `;
  const next = verdict === "passed" && leftovers.length > 0 ? undefined : (nextStep ?? "Look at what is below.");
  return html`<p class="next"><b>Do next:</b> ${left}${next}</p>
`;
}

function figures(report: Report): Markup {
  const { rto, rpo } = report.verdict.objectives;
  return html`<dl class="figures">
${objectiveFigure("Time to recover (RTO)", rto)}${objectiveFigure("Data lost (RPO)", rpo)}${recoveryPointFigure(report)}${leftoverFigure(report)}</dl>
`;
}

function objectiveFigure(name: string, objective: Verdict["objectives"]["rto"]): Markup {
  const measured = objective?.measuredSeconds;
  const state = objective?.met === undefined ? "inconclusive" : objective.met ? "passed" : "failed";
  return html`<div class="${state}"><dt>${name}</dt><dd class="big">${measured === undefined ? "not measured" : formatDuration(measured)}</dd><dd>${measured === undefined || objective === undefined ? undefined : meter(measured, objective.objectiveSeconds)}${objectiveWords(objective)}</dd></div>
`;
}

/** How much of the objective was used; of more than all of it, where the objective was. */
function meter(measured: number, objective: number): Markup {
  const whole = Math.max(measured, objective);
  const limit = percent(objective / whole);
  return html`<svg class="meter" aria-hidden="true"><rect class="track" width="100%" height="6" rx="3"/><rect class="own-fill" width="${percent(measured / whole)}" height="6" rx="3"/>${measured > objective ? html`<line class="tick" x1="${limit}" x2="${limit}" y1="-2" y2="8"/>` : undefined}</svg>`;
}

function recoveryPointFigure({ drill }: Report): Markup {
  if (drill === undefined) return figure("Recovery point", "not known", "planning did not get that far");
  const { id, kind, createdAt, ageSeconds, copiedFrom } = drill.recoveryPoint;
  return figure(
    "Recovery point",
    html`${formatDuration(ageSeconds)} old`,
    html`<span class="id">${id}</span><br>${kind}, ${copiedFrom === undefined ? "made" : "copied"} ${moment(createdAt)}`,
  );
}

function leftoverFigure({ leftovers, kept, drill, teardown }: Report): Markup {
  if (leftovers.length > 0)
    return html`<div class="failed"><dt>Left behind</dt><dd class="big own">${count(leftovers.length, "thing")}</dd><dd>${sign("failed")}<a href="#teardown">delete by hand</a></dd></div>`;
  if (kept !== undefined)
    return html`<div class="inconclusive"><dt>Left behind</dt><dd class="big">the sandbox</dd><dd>${sign("inconclusive")}<a href="#teardown">kept</a> until ${moment(kept.until)}</dd></div>`;
  if (drill !== undefined && teardown !== undefined && teardown.finishedAt === undefined)
    return html`<div class="inconclusive"><dt>Left behind</dt><dd class="big">not known</dd><dd>${sign("inconclusive")}teardown did not end</dd></div>`;
  const why =
    drill === undefined
      ? "nothing was created"
      : teardown === undefined
        ? "there was nothing to tear down"
        : "confirmed: everything is gone";
  return html`<div class="passed"><dt>Left behind</dt><dd class="big">nothing</dd><dd>${sign("passed")}${why}</dd></div>`;
}

const figure = (name: string, big: Content, more: Content): Markup =>
  html`<div><dt>${name}</dt><dd class="big">${big}</dd><dd>${more}</dd></div>
`;

function notes({ drill, unreadable = [] }: Report): Markup | undefined {
  const all = [...(drill?.warnings ?? []), ...unreadable];
  if (all.length === 0) return undefined;
  const shown = fitting(
    all,
    MAX_NOTES_BYTES,
    (note) => html`<li>${note}</li>
`,
  );
  return html`<aside class="alarm inconclusive" aria-label="Notes"><ul>${shown.shown}</ul>${leftOut(shown, "report.json")}</aside>`;
}
