import { type Content, html, type Markup } from "../../page/markup.ts";
import { count, moment, sign } from "../../page/words.ts";
import type { Verdict } from "../../verdict/verdict.ts";
import { openQuestions } from "../open-questions.ts";
import type { Fleet } from "../read-fleet.ts";
import { type DatabaseRow, daysBetween } from "../rows.ts";
import { STATES, type State } from "../states.ts";
import { databaseLink, date, daysWords, likeOf, standingWords, whyWords } from "./words.ts";

/** So that the figures below are on the first screen too; all of them are in the list. */
const MAX_WORST = 5;

/** What everybody reads: how many databases are proven, and which are not. */
export function firstScreen(fleet: Fleet): Markup {
  const { at, rows } = fleet;
  const like = fleetLike(fleet);
  const broken = rows.filter(({ state }) => state !== "proven");
  const more = broken.length - MAX_WORST;
  const open = openQuestions(fleet);
  return html`<header class="first ${like}">
<p class="of"><b>${titleOf(fleet)}</b><span class="muted">As of ${moment(at.toISOString())}</span></p>
<h1>${sign(like)}${sentence(fleet)}</h1>
${broken.length === 0 ? undefined : html`<ul class="worst">${broken.slice(0, MAX_WORST).map((row) => worst(row, at))}</ul>`}${more > 0 ? html`<p class="small"><a href="#databases">${count(more, "more database")} to look at</a></p>` : undefined}${open.length > 0 ? html`<p class="summary"><b>Not known, or not right:</b> ${open.join("; ")}.</p>` : undefined}</header>
${figures(fleet)}`;
}

export const titleOf = ({ isLocal }: Fleet): string =>
  isLocal ? "Local drills of all databases" : "Restore drills of all databases";

/** Colour and sign of the whole: what is not known, or not even planned, is no pass. */
function fleetLike(fleet: Fleet): Verdict["verdict"] {
  const { rows, coverage, notes } = fleet;
  const isBroken = rows.some(({ state }) => state !== "proven" && state !== "in-doubt" && state !== "unknown");
  if (isBroken) return "failed";
  const isProven = rows.length > 0 && rows.every(({ state }) => state === "proven");
  const isWhole = notes.length === 0 && (coverage?.uncovered ?? []).length === 0 && openQuestions(fleet).length === 0;
  return isProven && isWhole ? "passed" : "inconclusive";
}

function sentence({ rows, coverage }: Fleet): Markup {
  const uncovered = coverage?.uncovered.length ?? 0;
  const unplanned =
    uncovered === 0
      ? ""
      : `; ${uncovered.toLocaleString("en-US")}\u00A0more ${uncovered === 1 ? "has" : "have"} no plan`;
  if (rows.length === 0) return html`No database has a plan${unplanned}.`;
  const tally = (state: State): number => rows.filter((row) => row.state === state).length;
  const parts = STATES.filter((state) => state !== "proven")
    .toReversed()
    .flatMap((state) => (tally(state) === 0 ? [] : [`; ${OTHERWISE[state](tally(state))}`]));
  const proven = tally("proven");
  const all = rows.length.toLocaleString("en-US");
  if (proven < rows.length)
    return html`<b>${proven.toLocaleString("en-US")}\u00A0of\u00A0${all}</b> ${rows.length === 1 ? "database is" : "databases are"} proven as promised${parts.join("")}${unplanned}.`;
  return proven === 1
    ? html`<b>The one database</b> is proven as promised${unplanned}.`
    : html`<b>All ${all} databases</b> are proven as promised${unplanned}.`;
}

const OTHERWISE: Readonly<Record<Exclude<State, "proven">, (number: number) => string>> = {
  "in-doubt": (number) => `${number}\u00A0did not pass the last time`,
  overdue: (number) => `${number}\u00A0${number === 1 ? "is" : "are"} overdue`,
  unknown: (number) => `of\u00A0${number} it is not known`,
  "never-passed": (number) => `${number}\u00A0never passed`,
  "never-drilled": (number) => `${number}\u00A0${number === 1 ? "was" : "were"} never drilled`,
};

function worst(row: DatabaseRow, at: Date): Markup | undefined {
  const [plan] = row.plans;
  if (plan === undefined) return undefined;
  return html`<li class="${likeOf(plan)}">${sign(likeOf(plan))}<b>${databaseLink(row)}</b> <span class="own">${standingWords(plan, at)}</span> <span class="why">${whyWords(plan)}</span></li>
`;
}

function figures({ rows, coverage, isLocal, at }: Fleet): Markup {
  const passes = rows.flatMap(({ database, plans }) =>
    plans.flatMap(({ lastPass, state, dueBy }) =>
      lastPass === undefined || dueBy === undefined
        ? []
        : [{ database, state, dueBy, passedAt: new Date(lastPass.endedAt) }],
    ),
  );
  const oldest = passes.toSorted((a, b) => a.passedAt.getTime() - b.passedAt.getTime())[0];
  const next = passes
    .filter(({ state }) => state !== "overdue")
    .sort((a, b) => a.dueBy.getTime() - b.dueBy.getTime())[0];
  const last = rows
    .flatMap(({ database, drills }) => drills.slice(-1).map((drill) => ({ database, drill })))
    .sort((a, b) => (a.drill.endedAt < b.drill.endedAt ? 1 : -1))[0];
  return html`<dl class="figures">
${figure("Oldest pass", oldest === undefined ? "none" : `${daysWords(daysBetween(oldest.passedAt, at))} ago`, oldest?.database ?? "nothing has passed")}
${figure("Next promise ends", next === undefined ? "–" : date(next.dueBy.toISOString()), next?.database ?? "nothing is proven as promised")}
${figure("Last drill", last === undefined ? "none" : date(last.drill.endedAt), last === undefined ? "nothing was drilled" : html`<span class="${last.drill.verdict}">${sign(last.drill.verdict)}</span>${last.drill.verdict}: ${last.database}`)}
${coverage === undefined && isLocal ? figure("Account", "none", "local drills: there is none to list") : accountFigure(coverage)}
</dl>
`;
}

const accountFigure = (coverage: Fleet["coverage"]): Markup =>
  coverage === undefined
    ? figure("Without a plan", "not known", "nobody has listed the account yet")
    : figure(
        "Without a plan",
        coverage.uncovered.length.toLocaleString("en-US"),
        html`<a href="#account">account listed</a> ${date(coverage.at)}`,
      );

const figure = (name: string, big: Content, more: Content): Markup =>
  html`<div><dt>${name}</dt><dd class="big">${big}</dd><dd>${more}</dd></div>`;
