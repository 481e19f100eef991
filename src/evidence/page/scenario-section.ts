import { fitting, leftOut } from "../../page/fitting.ts";
import { html, type Markup } from "../../page/markup.ts";
import { section, sign } from "../../page/words.ts";
import type { Criterion } from "../../scenarios/criterion.ts";
import { describeScorecard } from "../../scenarios/scorecard.ts";
import type { Report } from "../report.ts";

/** Of a page of 300 kB: 14 criteria at some 600 B, and a few sentences. */
const MAX_CRITERIA_BYTES = 14_000;
const MAX_ASSUMPTIONS_BYTES = 5_000;

/** In the colours and with the signs of what a verdict would be. */
const OUTCOMES = {
  met: ["passed", "met"],
  missed: ["failed", "missed"],
  unknown: ["inconclusive", "not known"],
} as const satisfies Record<Criterion["outcome"], readonly [string, string]>;

/** What people write by hand on the printed page. */
const TO_FILL_IN = [
  "Owner of the exercise",
  "Participants",
  "Who was told, and when",
  "What is to change, by whom, until when",
  "Reviewed by, date, signature",
];

/** Of an exercise: how it went by its own criteria, and the lines that make the printed page one that can be filed. */
export function scenarioSection({ scorecard }: Report): Markup | undefined {
  if (scorecard === undefined) return undefined;
  const { title, objective, assumptions, criteria } = scorecard;
  const sentences = fitting(
    assumptions,
    MAX_ASSUMPTIONS_BYTES,
    (each) => html`<li>${each}</li>
`,
  );
  const rows = fitting(criteria, MAX_CRITERIA_BYTES, criterionRow);
  return section(
    "exercise",
    `Exercise: ${title}`,
    html`<p>${objective}</p>
<p><b>${describeScorecard(scorecard)}.</b> The verdict above is that of any drill: the scorecard does not change it.</p>
<ul class="card">
${rows.shown}</ul>${leftOut(rows, "report.json")}
${
  assumptions.length === 0
    ? undefined
    : html`<h3>Taken to be so, and not shown</h3><ul class="said">
${sentences.shown}</ul>${leftOut(sentences, "report.json")}`
}
<h3>To be filled in by hand</h3><dl class="sheet">${TO_FILL_IN.map(
      (line) => html`<dt>${line}</dt><dd></dd>
`,
    )}</dl>`,
  );
}

function criterionRow({ criterion, outcome, observed, restsOn }: Criterion): Markup {
  const [colour, words] = OUTCOMES[outcome];
  return html`<li class="${colour}"><div>${criterion}<br>${sign(colour)}<span class="own">${words}</span></div><div>${observed}<br><span class="small muted">${restsOn}</span></div></li>
`;
}
