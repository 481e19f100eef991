/** What the checks rest on: an earlier time to compare with, and whether they can fail at all. */
import { type Counterproof, describeCounterproof } from "../../counterproof/counterproof.ts";
import { fitting, leftOut } from "../../page/fitting.ts";
import { html, type Markup } from "../../page/markup.ts";
import { count, moment, section, sign } from "../../page/words.ts";
import type { Drift, DriftEntry } from "../drift.ts";
import type { Report } from "../report.ts";

/** Of a page of 300 kB, at some 250 B a row. */
const MAX_DRIFT_BYTES = 30_000;
const MAX_PLANTED_BYTES = 16_000;
const MAX_NAMES_BYTES = 6_000;

/** Undefined when nothing was compared with an earlier time. */
export function driftSection(drift: Drift | "unreadable" | undefined): Markup | undefined {
  if (drift === undefined) return undefined;
  const title = "Against an earlier time";
  if (drift === "unreadable")
    return section("drift", title, html`<p>What was compared can not be shown: drift.json can not be read.</p>`);
  const compared = Object.entries(drift).sort(([, a], [, b]) => differences(b) - differences(a));
  // What differs takes two thirds of a comparison's share, what is the same a third.
  const share = (MAX_DRIFT_BYTES / Math.max(1, compared.length)) * (2 / 3);
  const { shown, left } = fitting(compared, MAX_DRIFT_BYTES, (one) => comparison(one, share));
  return section("drift", title, html`${shown}${leftOut({ shown, left }, "drift.json")}`);
}

const differences = ({ entries }: Drift[string]): number => entries.filter(({ match }) => !match).length;

function comparison([check, { reference, entries }]: [string, Drift[string]], maxBytes: number): Markup {
  const different = entries.filter(({ match }) => !match);
  const same = entries.filter(({ match }) => match);
  const comparedWith = html`<p class="small muted">Compared with the ${reference.kind} of ${moment(reference.takenAt)}, <span class="id">${reference.id}</span>.</p>
`;
  const sameTable = same.length === 0 ? undefined : driftTable(`${check}: what is the same`, same, maxBytes / 2);
  if (different.length === 0)
    return html`<details class="group passed"><summary><h3>${sign("passed")}${check}</h3> <span class="muted small">${entries.length === 0 ? "nothing differs" : `${count(entries.length, "thing")} compared, none differs`}</span></summary>${comparedWith}${sameTable}</details>
`;
  return html`<h3 class="broken failed">${sign("failed")}${check}: ${different.length.toLocaleString("en-US")} of ${count(entries.length, "thing")} differ</h3>
${comparedWith}${driftTable(`${check}: what differs`, different, maxBytes)}${sameTable && html`<details class="more"><summary>${same.length.toLocaleString("en-US")} the same</summary>${sameTable}</details>`}
`;
}

function driftTable(caption: string, entries: readonly DriftEntry[], maxBytes: number): Markup {
  const rows = fitting(entries, maxBytes, driftRow);
  if (rows.shown.length === 0) return html`${leftOut(rows, "drift.json")}`;
  return html`<table><caption class="off">${caption}</caption><thead><tr><th scope="col">What</th><th scope="col">Before</th><th scope="col">Restored</th></tr></thead><tbody>
${rows.shown}</tbody></table>${leftOut(rows, "drift.json")}`;
}

const driftRow = ({ key, source, restored, match, coverage, against }: DriftEntry): Markup =>
  html`<tr class="${match ? "passed" : "failed"}"><th scope="row">${match ? undefined : sign("failed")}${key}${coverage && html` <small class="muted">${coverage}</small>`}</th><td>${source ?? "not there"}${against && html` <small class="muted">(${against})</small>`}</td><td>${restored ?? "not there"}</td></tr>
`;

/** Undefined when the plan or the stack wants none. */
export function counterproofSection({ counterproof, drill }: Report): Markup | undefined {
  if (counterproof === undefined && drill?.counterproof !== true) return undefined;
  const title = "Can the checks fail?";
  if (counterproof === undefined)
    return section(
      "counterproof",
      title,
      html`<p>Not known: the drill did not get to damaging its sandbox on purpose.</p>`,
    );
  const { planted, untried, unproven } = counterproof;
  const worstFirst = [...planted].sort((a, b) => Number(a.detected) - Number(b.detected));
  const rows = fitting(worstFirst, MAX_PLANTED_BYTES, plantedRow);
  return section(
    "counterproof",
    title,
    html`<p>${planted.length === 0 ? "Not known" : "The sandbox was damaged on purpose, a small thing at a time, to see the checks notice"}: ${describeCounterproof(counterproof)}.</p>`,
    planted.length === 0
      ? html``
      : html`<details><summary>${count(planted.length, "damage")}, each with its check</summary><table><caption class="off">Damages that the drill planted</caption><thead><tr><th scope="col">Damage</th><th scope="col">Where</th><th scope="col">Check</th><th scope="col">Answered</th></tr></thead><tbody>
${rows.shown}</tbody></table>${leftOut(rows, "counterproof.json")}</details>`,
    names(
      "Not planted",
      untried.map(({ damage, why }) => `${damage}: ${why}`),
    ),
    names("Required checks that no damage was for", unproven),
  );
}

const plantedRow = ({ damage, where, check, detected, during, after }: Counterproof["planted"][number]): Markup =>
  html`<tr class="${detected ? "passed" : "failed"}"><th scope="row">${damage}</th><td>${where}</td><td>${check}</td><td>${sign(detected ? "passed" : "failed")}${detected ? "detected" : `not detected (${during})`}, ${after === "held" ? "undone" : `${after} after it was undone`}</td></tr>
`;

function names(title: string, all: readonly string[]): Markup {
  if (all.length === 0) return html``;
  const items = fitting(all, MAX_NAMES_BYTES, (name) => html`<li>${name}</li>`);
  return html`<details><summary>${title}: ${all.length.toLocaleString("en-US")}</summary><ul>${items.shown}</ul>${leftOut(items, "counterproof.json")}</details>`;
}
