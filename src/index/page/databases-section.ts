import { fitting, leftOut } from "../../page/fitting.ts";
import { html, type Markup } from "../../page/markup.ts";
import { section, sign } from "../../page/words.ts";
import type { DatabaseRow, PlanRow } from "../rows.ts";
import { STATES, type State } from "../states.ts";
import { databaseLink, date, daysWords, likeOf, marks, standingWords, whyWords } from "./words.ts";

/** With fewer databases than this nothing is folded. */
const FOLDED_FROM = 30;
/** A mark is 200 B: 3,000 of them are 600 kB. Each database has 12 up to 250 databases, and at least two of however many. */
const MAX_MARKS = 3000;
const MAX_MARKS_EACH = 12;
const MIN_MARKS_EACH = 2;

const TITLES: Readonly<Record<State, string>> = {
  "never-drilled": "Never drilled",
  "never-passed": "Never passed",
  unknown: "Not known",
  overdue: "Overdue",
  "in-doubt": "Passed in time, but not the last time",
  proven: "Proven as promised",
};

/** Every database that a plan covers, the worst first. */
export function databasesSection(rows: readonly DatabaseRow[], at: Date, maxBytes: number): Markup {
  if (rows.length === 0)
    return section(
      "databases",
      "Databases",
      html`<p>No plan is deployed. Write one into drills/ and deploy: see the README.</p>`,
    );
  const most = Math.max(MIN_MARKS_EACH, Math.min(MAX_MARKS_EACH, Math.floor(MAX_MARKS / rows.length)));
  let room = maxBytes;
  const groups = STATES.flatMap((state) => {
    const own = rows.filter((row) => row.state === state);
    if (own.length === 0) return [];
    const list = fitting(own, room, (row) => rowItem(row, at, most));
    room -= list.bytes;
    const items = html`<ul class="rows">
${list.shown}</ul>${leftOut(list, "index.json")}`;
    const heading = html`<h3>${TITLES[state]} <span class="muted">${own.length.toLocaleString("en-US")}</span></h3>`;
    return state === "proven" && rows.length >= FOLDED_FROM
      ? html`<details class="fold"><summary>${heading}</summary>${items}</details>
`
      : html`${heading}
${items}`;
  });
  return section(
    "databases",
    "Databases",
    html`<p class="muted small">A name leads to the newest report. The signs are the last ${most} drills, the newest on the right, each leading to its report. A promise holds until a day: the next pass must be there by then, so its drill begins earlier.</p>
${legend()}`,
    ...groups,
  );
}

const legend = (): Markup =>
  html`<div class="legend">${(["passed", "failed", "inconclusive", "errored"] as const).map(
    (verdict) =>
      html`<span><svg class="key mark ${verdict}" viewBox="-8 -8 16 16" aria-hidden="true"><use href="#mark-${verdict}"/></svg>${verdict}</span>`,
  )}</div>`;

function rowItem(row: DatabaseRow, at: Date, most: number): Markup {
  const [plan, ...others] = row.plans;
  if (plan === undefined) return html``;
  const like = likeOf(plan);
  return html`<li class="${like}"><div><b>${databaseLink(row)}</b><small class="muted">${plan.plan === row.database ? "" : `${plan.plan}, `}every ${daysWords(plan.promisedDays)}</small></div><div>${sign(like)}<span class="own">${standingWords(plan, at)}</span><small class="muted">${whyWords(plan)}</small>${others.map(
    (other) =>
      html`<small>${other.plan}, every ${daysWords(other.promisedDays)}: ${standingWords(other, at)}${other.dueBy && html`, promised until ${date(other.dueBy.toISOString())}`}</small>`,
  )}</div><div class="due">${dueWords(plan)}</div>${marks(row.database, row.drills, most)}</li>
`;
}

function dueWords({ state, dueBy }: PlanRow): Markup {
  if (dueBy === undefined) return html`${state === "unknown" ? "not known" : "no pass yet"}`;
  return html`promised until<small>${date(dueBy.toISOString())}</small>`;
}
