import type { CheckOutcome, CheckResult } from "../../checks/result.ts";
import { fitting, leftOut } from "../../page/fitting.ts";
import { html, type Markup } from "../../page/markup.ts";
import { count, section, sign } from "../../page/words.ts";
import { formatDuration } from "../../verdict/duration.ts";
import type { Verdict } from "../../verdict/verdict.ts";
import type { Report } from "../report.ts";
import { groupByProof, type ProofGroup } from "./proves.ts";

/** A check that did not hold is 1.5 kB with its SQL, one that did 350 B: of 150 kB, 60 and 170 have room. Each group has its share. */
const SHARE_OF_OTHERS = 0.6;

const OUTCOMES: Readonly<Record<CheckOutcome, { readonly words: string; readonly like: Verdict["verdict"] }>> = {
  failed: { words: "failed", like: "failed" },
  unchecked: { words: "could not be asked", like: "inconclusive" },
  empty: { words: "had nothing to look at", like: "inconclusive" },
  held: { words: "held", like: "passed" },
};

/** What was asked, grouped by what it proves; what did not hold comes first and in full, what held is folded. `maxBytes`: of all checks. */
export function checksSection({ checks }: Report, maxBytes: number): Markup {
  if (checks.length === 0)
    return section("checks", "What was asked", html`<p>Nothing: the drill did not get to its checks.</p>`);
  const groups = groupByProof(checks);
  const room = { other: maxBytes * SHARE_OF_OTHERS, held: maxBytes * (1 - SHARE_OF_OTHERS) };
  const rendered = groups.map((group, index) => {
    const { markup, otherBytes, heldBytes } = renderGroup(group, room, groups.length - index);
    room.other -= otherBytes;
    room.held -= heldBytes;
    return markup;
  });
  return section("checks", "What was asked", totals(checks), ...rendered);
}

function totals(checks: readonly CheckResult[]): Markup {
  const tallies = (Object.keys(OUTCOMES) as CheckOutcome[]).flatMap((outcome) => {
    const such = checks.filter((check) => check.outcome === outcome).length;
    return such === 0
      ? []
      : [
          html`<span class="${OUTCOMES[outcome].like}">${sign(OUTCOMES[outcome].like)}<span class="own">${such.toLocaleString("en-US")}</span> ${OUTCOMES[outcome].words}</span>`,
        ];
  });
  const optional = checks.filter(({ required }) => !required).length;
  return html`<p>${count(checks.length, "check")}${optional === 0 ? "" : `, ${optional.toLocaleString("en-US")} of them optional: they do not decide`}.</p><div class="legend">${tallies}</div>
`;
}

function renderGroup({ title, others, held }: ProofGroup, room: { other: number; held: number }, groupsLeft: number) {
  const worst = fitting(others, room.other / groupsLeft, otherCheck);
  const folded = fitting(held, room.held / groupsLeft, heldCheck);
  const heldList =
    held.length === 0
      ? undefined
      : html`<ul class="held">
${folded.shown}</ul>${leftOut(folded, "checks.json")}`;
  const markup =
    others.length === 0
      ? html`<details class="group"><summary><h3>${sign("passed")}${title}</h3> <span class="muted small">${held.length.toLocaleString("en-US")} held</span></summary>${heldList}</details>
`
      : html`<h3 class="broken">${title}</h3>
${worst.shown}${leftOut(worst, "checks.json")}${heldList && html`<details class="more"><summary>${held.length.toLocaleString("en-US")} held</summary>${heldList}</details>`}
`;
  return { markup, otherBytes: worst.bytes, heldBytes: folded.bytes };
}

function otherCheck({ name, outcome, required, expected, observed, fault, seconds, sql }: CheckResult): Markup {
  const { words, like } = OUTCOMES[outcome];
  return html`<div class="check ${like}"><h4>${sign(like)}${name} <span class="own">${words}</span>${required ? undefined : html` <small class="muted">optional</small>`}</h4>
<dl><dt>Expected</dt><dd>${expected}</dd><dt>Observed</dt><dd>${observed}</dd>${fault && html`<dt>Because</dt><dd>${fault}</dd>`}<dt>Took</dt><dd>${took(seconds)}</dd></dl>${statement(sql)}</div>
`;
}

const heldCheck = ({ name, required, expected, observed, seconds, sql }: CheckResult): Markup =>
  html`<li><b>${name}${required ? "" : " (optional)"}</b><span>${observed}<br><small class="muted">expected ${expected}</small></span><span class="n small muted">${took(seconds)}</span>${statement(sql)}</li>
`;

/** Most checks take less than is told: that is not nothing. */
const took = (seconds: number): string => (seconds < 0.05 ? "under 0.1 s" : formatDuration(seconds));

const statement = (sql: string | undefined): Markup | undefined =>
  sql === undefined || sql === ""
    ? undefined
    : html`<details><summary>SQL</summary><pre><code>${sql}</code></pre></details>`;
