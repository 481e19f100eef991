import type { PastDrill } from "../../evidence/history.ts";
import { html, type Markup } from "../../page/markup.ts";
import { day, sign } from "../../page/words.ts";
import type { Verdict } from "../../verdict/verdict.ts";
import { type DatabaseRow, daysBetween, type PlanRow, type Streak } from "../rows.ts";
import type { State } from "../states.ts";

/** The colour and sign of a standing, as of a verdict. */
const LIKE: Readonly<Record<Exclude<State, "in-doubt">, Verdict["verdict"]>> = {
  "never-drilled": "failed",
  "never-passed": "failed",
  unknown: "inconclusive",
  overdue: "failed",
  proven: "passed",
};

/** A pass in time is in doubt as far as the plan's own last drill says. */
export const likeOf = ({ state, lastDrill }: Pick<PlanRow, "state" | "lastDrill">): Verdict["verdict"] =>
  state === "in-doubt" ? (lastDrill?.verdict ?? "inconclusive") : LIKE[state];

/** How a plan stands, in a few words. */
export function standingWords({ state, dueBy, lastDrill }: PlanRow, at: Date): string {
  switch (state) {
    case "never-drilled":
      return "Never drilled";
    case "never-passed":
      return "Never passed";
    case "unknown":
      return "Not known";
    case "overdue":
      return `Overdue${lateWords(dueBy, at)}`;
    case "in-doubt":
      return `Last drill ${lastDrill?.verdict ?? "did not pass"}`;
    case "proven":
      return "Proven";
  }
}

function lateWords(dueBy: Date | undefined, at: Date): string {
  const days = dueBy === undefined ? 0 : daysBetween(dueBy, at);
  return days === 0 ? "" : ` by ${daysWords(days)}`;
}

/** A day that no line ends in. */
export const date = (at: string): Markup => html`<time>${day(at)}</time>`;

/** What the standing rests on, in a sentence or two. */
export function whyWords({ state, lastPass, promisedDays, streak }: PlanRow): Markup {
  const passed = lastPass && html`Last pass ${date(lastPass.endedAt)}`;
  switch (state) {
    case "never-drilled":
      return html`Nothing shows that its backups can be restored.`;
    case "unknown":
      return html`What its drills left can not be read.`;
    case "overdue":
      return html`${passed}, promised is one every ${daysWords(promisedDays)}. ${streakWords(streak)}`;
    case "in-doubt":
      return html`${passed}. ${streakWords(streak)}`;
    case "never-passed":
    case "proven":
      return html`${streakWords(streak)}`;
  }
}

function streakWords(streak: Streak | undefined): Markup | undefined {
  if (streak === undefined) return undefined;
  const { drills, isPassing, since, isAtLeast } = streak;
  const number = `${isAtLeast ? "At least " : ""}${drills}`;
  const kind = isPassing
    ? drills === 1
      ? "pass"
      : "passes in a row"
    : `${drills === 1 ? "drill" : "drills in a row"} without a pass`;
  return html`${number}\u00A0${kind} since ${date(since)}.`;
}

/** No line ends between a number and its unit. */
export const daysWords = (days: number): string => `${Math.round(days * 10) / 10}\u00A0d`;

/** Where the report of a drill is, seen from the index. Both are names of folders; what else may be in them is spelled out. */
export const reportPath = (database: string, { drillId }: Pick<PastDrill, "drillId">): string =>
  `${encodeURIComponent(database)}/${encodeURIComponent(drillId)}/report.html`;

/** The name of a database, leading to its newest report where there is one. */
export function databaseLink({ database, drills }: Pick<DatabaseRow, "database" | "drills">): Markup {
  const last = drills.at(-1);
  return last === undefined ? html`${database}` : html`<a href="./${reportPath(database, last)}">${database}</a>`;
}

/** A sign a drill, the oldest first, each leading to its report. */
export function marks(database: string, drills: readonly PastDrill[], most: number): Markup | undefined {
  const shown = drills.slice(-most);
  if (shown.length === 0) return undefined;
  return html`<p class="marks">${shown.map(
    (drill) =>
      html`<a class="${drill.verdict}" href="./${reportPath(database, drill)}" title="${drill.verdict} ${day(drill.endedAt)}"><svg viewBox="-8 -8 16 16"><use href="#mark-${drill.verdict}"/></svg></a>`,
  )}</p>`;
}

export const lastDrillWords = (drill: PastDrill | undefined): Markup =>
  drill === undefined
    ? html`none`
    : html`<span class="${drill.verdict}">${sign(drill.verdict)}${drill.verdict}</span> ${date(drill.endedAt)}`;
