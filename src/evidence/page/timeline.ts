import { type Content, html, type Markup } from "../../page/markup.ts";
import { count, section } from "../../page/words.ts";
import { formatDuration } from "../../verdict/duration.ts";
import { PHASES, type Phase } from "../../verdict/verdict.ts";
import type { LedgerEntry } from "../ledger.ts";
import type { Report } from "../report.ts";

const NAMES: Readonly<Record<Phase["name"], string>> = {
  select: "Select",
  copy: "Copy",
  restore: "Restore",
  "first-query": "First query",
  isolation: "Isolation",
  "full-read": "Full read",
  validated: "Validated",
};
/** An objective that is further away than this many times the drill itself would leave the bars too short to be told apart. */
const OBJECTIVE_IN_SIGHT = 1.5;

interface Row {
  readonly name: string;
  readonly fromSeconds: number;
  readonly seconds: number;
  readonly medianSeconds: number | undefined;
  /** After the RTO ended. */
  readonly isAfter?: boolean;
}

/** Where the time went, to scale, each phase beside what it took in earlier drills. */
export function timeline(report: Report, earlier: readonly LedgerEntry[]): Markup {
  const { phases, objectives } = report.verdict;
  const rows = rowsOf(report, earlier);
  if (rows.length === 0)
    return section("time", "Where the time went", html`<p>The drill ended before its first phase did.</p>`);
  const spanSeconds = Math.max(
    ...rows.flatMap((row) => [row.fromSeconds + row.seconds, row.fromSeconds + (row.medianSeconds ?? 0)]),
    0.001,
  );
  const limitSeconds = objectives.rto?.objectiveSeconds;
  const isInSight = limitSeconds !== undefined && limitSeconds <= spanSeconds * OBJECTIVE_IN_SIGHT;
  const scale = {
    spanSeconds: isInSight ? Math.max(spanSeconds, limitSeconds) : spanSeconds,
    limitSeconds: isInSight ? limitSeconds : undefined,
  };
  const missing = PHASES.filter((name) => !phases.some((phase) => phase.name === name));
  const totalSeconds = phases.reduce((sum, { seconds }) => sum + seconds, 0);
  const isWhole = phases.at(-1)?.name === "validated";
  return section(
    "time",
    "Where the time went",
    html`<table class="phases">
<caption>Every phase begins where the one before ended; bars are to scale.</caption>
<thead><tr><th scope="col" class="name">Phase</th><td class="bars"></td><th scope="col" class="n">Took</th><th scope="col" class="n">Median</th></tr></thead>
<tbody>
${rows.filter(({ isAfter }) => isAfter !== true).map((row) => phaseRow(row, scale))}
${missing.map(
  (name) => html`<tr class="muted"><td>${NAMES[name]}</td><td></td><td class="n">not reached</td><td></td></tr>
`,
)}</tbody>
<tbody><tr><th scope="row" class="name">${isWhole ? html`<b>RTO</b>` : html`So far`}</th><td>${objectiveNote(limitSeconds, isInSight)}</td><td class="n"><b>${formatDuration(totalSeconds)}</b></td><td class="n">${durationOr(median(earlier.map(({ rtoSeconds }) => rtoSeconds)))}</td></tr>
${rows.filter(({ isAfter }) => isAfter === true).map((row) => phaseRow(row, scale))}</tbody>
</table>`,
    legend(earlier, isInSight),
  );
}

function rowsOf({ verdict, teardown }: Report, earlier: readonly LedgerEntry[]): Row[] {
  const rows: Row[] = [];
  let fromSeconds = 0;
  for (const { name, seconds } of verdict.phases) {
    rows.push({
      name: NAMES[name],
      fromSeconds,
      seconds,
      medianSeconds: median(earlier.map((entry) => phaseSecondsOf(entry, name))),
    });
    fromSeconds += seconds;
  }
  if (teardown?.finishedAt === undefined) return rows;
  const seconds = Math.max(0, (Date.parse(teardown.finishedAt) - Date.parse(teardown.startedAt)) / 1000);
  const medianSeconds = median(earlier.map(({ stepSeconds }) => stepSeconds.teardown));
  return [...rows, { name: "Tear down", fromSeconds, seconds, medianSeconds, isAfter: true }];
}

/** Entries from before phases were kept know how long the copy took, which is the same as its phase. */
function phaseSecondsOf({ phaseSeconds = {}, stepSeconds }: LedgerEntry, name: Phase["name"]): number | undefined {
  if (Object.hasOwn(phaseSeconds, name)) return phaseSeconds[name];
  return name === "copy" ? stepSeconds.copy : undefined;
}

function median(values: readonly (number | undefined)[]): number | undefined {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

interface Scale {
  readonly spanSeconds: number;
  readonly limitSeconds: number | undefined;
}

function phaseRow(row: Row, { spanSeconds, limitSeconds }: Scale): Markup {
  const { name, fromSeconds, seconds, medianSeconds, isAfter } = row;
  const at = (value: number): string => percent(value / spanSeconds);
  const tick = medianSeconds === undefined ? undefined : at(fromSeconds + medianSeconds);
  const limit = limitSeconds === undefined ? undefined : at(limitSeconds);
  return html`<tr><th scope="row" class="name">${name}</th><td class="bars"><svg class="bar" aria-hidden="true"><rect class="track" y="10.5" width="100%" height="1"/><rect class="${isAfter === true ? "fill after" : "fill"}" x="${at(fromSeconds)}" y="4" width="${at(seconds)}" height="14" rx="2"/>${tick && html`<line class="tick" x1="${tick}" x2="${tick}" y1="1" y2="21"/>`}${limit && html`<line class="limit" x1="${limit}" x2="${limit}" y1="-8" y2="30"/>`}</svg></td><td class="n">${formatDuration(seconds)}</td><td class="n">${durationOr(medianSeconds)}</td></tr>
`;
}

const durationOr = (seconds: number | undefined): Content =>
  seconds === undefined ? html`<span class="muted">–</span>` : formatDuration(seconds);

function objectiveNote(limitSeconds: number | undefined, isInSight: boolean): Content {
  if (limitSeconds === undefined) return undefined;
  return html`<span class="muted small">objective ${formatDuration(limitSeconds)}${isInSight ? "" : ", beyond this scale"}</span>`;
}

function legend(earlier: readonly LedgerEntry[], isInSight: boolean): Markup {
  return html`<div class="legend"><span><svg class="key" aria-hidden="true"><rect class="fill" y="2" width="14" height="10" rx="2"/></svg>this drill</span>${
    earlier.length === 0
      ? html`<span>no earlier drill to compare with</span>`
      : html`<span><svg class="key" aria-hidden="true"><line class="tick" x1="7" x2="7" y1="0" y2="14"/></svg>median end, of ${count(earlier.length, "earlier drill")} as far as they got</span>`
  }${isInSight ? html`<span><svg class="key" aria-hidden="true"><line class="limit" x1="7" x2="7" y1="0" y2="14"/></svg>RTO objective</span>` : undefined}<span><svg class="key" aria-hidden="true"><rect class="fill after" y="2" width="14" height="10" rx="2"/></svg>not part of the RTO</span></div>`;
}

/** For a coordinate: in the picture whatever the numbers are, to a thousandth. */
export const percent = (share: number): string =>
  `${Number.isFinite(share) ? Math.round(Math.min(1, Math.max(0, share)) * 1e5) / 1e3 : 0}%`;
