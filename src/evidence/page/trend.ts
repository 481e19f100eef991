import { html, type Markup } from "../../page/markup.ts";
import { count, day, moment, section, sign, signed, usd, VERDICT_WORDS } from "../../page/words.ts";
import { formatDuration } from "../../verdict/duration.ts";
import type { Verdict } from "../../verdict/verdict.ts";
import { type EarlierDrills, isExercise, type LedgerEntry } from "../ledger.ts";
import type { Report } from "../report.ts";
import { rowsReadOf } from "../rows-read.ts";
import { chart, type Point } from "./trend-chart.ts";

/** One drill of the trend: of the ledger, or the report's own. */
type Told = Pick<
  LedgerEntry,
  "drillId" | "verdict" | "startedAt" | "rtoSeconds" | "rpoSeconds" | "sizeGib" | "rowsRead" | "leftovers" | "actualUsd"
>;

interface Measure {
  readonly name: string;
  readonly of: (drill: Told) => number | undefined;
  readonly describe: (value: number) => string;
  readonly objective: number | undefined;
}

/** Those that a drill is held beside: exercises of its kind and plan, or all drills of the database that were none. */
export function seriesOf({ plan, scorecard }: Report, { entries, warnings }: EarlierDrills): EarlierDrills {
  const isOfSeries = (entry: LedgerEntry): boolean =>
    scorecard === undefined ? !isExercise(entry) : entry.plan === plan && entry.scenario === scorecard.scenario;
  return { entries: entries.filter(isOfSeries), warnings };
}

/** Whether it gets slower, older, larger: past drills of its series, and what has changed since one last passed. */
export function trends(report: Report, { entries, warnings }: EarlierDrills): Markup {
  const drills: Told[] = [...entries, ownOf(report)];
  const pass = entries.findLast(({ verdict }) => verdict === "passed");
  const measures = measuresOf(report).filter(({ of }) => drills.some((drill) => of(drill) !== undefined));
  return section(
    "trend",
    "Over time",
    html`<p>${historyWords(report, entries, pass)}</p>`,
    ...(warnings.length === 0
      ? []
      : [
          html`<p>${count(warnings.length, "entry").replace(/entrys$/, "entries")} of the ledger can not be read, and ${warnings.length === 1 ? "is" : "are"} missing here. ${warnings[0]}</p>`,
        ]),
    ...(entries.length === 0
      ? []
      : [html`<div class="trends">${measures.map((measure) => figure(measure, drills, pass))}</div>`, legend()]),
    table(drills),
  );
}

const ownOf = (report: Report): Told => ({
  drillId: report.drillId,
  verdict: report.verdict.verdict,
  startedAt: report.drill?.startedAt ?? report.execution.startedAt,
  rtoSeconds: report.verdict.objectives.rto?.measuredSeconds,
  rpoSeconds: report.verdict.objectives.rpo?.measuredSeconds,
  sizeGib: report.drill?.recoveryPoint.sizeGib,
  rowsRead: rowsReadOf(report.checks),
  leftovers: report.leftovers.length,
  actualUsd: report.cost.actual.usd,
});

const measuresOf = ({ verdict: { objectives } }: Report): Measure[] => [
  {
    name: "RTO: time to recover",
    of: ({ rtoSeconds }) => rtoSeconds,
    describe: formatDuration,
    objective: objectives.rto?.objectiveSeconds,
  },
  {
    name: "RPO: data lost",
    of: ({ rpoSeconds }) => rpoSeconds,
    describe: formatDuration,
    objective: objectives.rpo?.objectiveSeconds,
  },
  {
    name: "Size of the backup",
    of: ({ sizeGib }) => sizeGib,
    describe: (gib) => `${gib.toLocaleString("en-US")} GiB`,
    objective: undefined,
  },
  {
    name: "Rows that came back",
    of: ({ rowsRead }) => rowsRead,
    describe: (rows) => rows.toLocaleString("en-US"),
    objective: undefined,
  },
];

function historyWords({ scorecard }: Report, entries: readonly LedgerEntry[], pass: LedgerEntry | undefined): string {
  const [oldest] = entries;
  const noun = scorecard === undefined ? "drill" : "exercise of this kind";
  if (oldest === undefined)
    return `This is the first ${noun} of this ${scorecard === undefined ? "database in its" : "plan in the"} ledger: there is nothing to compare it with yet.`;
  const counts = (Object.keys(VERDICT_WORDS) as Verdict["verdict"][]).flatMap((verdict) => {
    const such = entries.filter((entry) => entry.verdict === verdict).length;
    return such === 0 ? [] : [`${such} ${verdict}`];
  });
  const last =
    pass === undefined ? "None of them passed." : `The last pass before this drill was on ${day(pass.startedAt)}.`;
  return `${count(entries.length, `earlier ${scorecard === undefined ? "drill" : "exercise"}`)} since ${day(oldest.startedAt)}: ${counts.join(", ")}. ${last}`;
}

function figure(
  { name, of, describe, objective }: Measure,
  drills: readonly Told[],
  pass: LedgerEntry | undefined,
): Markup {
  const points: Point[] = drills.map((drill) => ({ verdict: drill.verdict, value: of(drill) }));
  const own = points.at(-1)?.value;
  const before = pass === undefined ? undefined : of(pass);
  const change =
    own === undefined || before === undefined || pass === undefined
      ? undefined
      : changeWords(own, before, describe, pass.startedAt);
  return html`<figure><figcaption><b>${name}</b><span class="big">${own === undefined ? "not measured" : describe(own)}</span><span class="muted small">${change}</span></figcaption>
${chart({ name, points, objective, describe, from: day(drills[0]?.startedAt ?? ""), to: day(drills.at(-1)?.startedAt ?? "") })}</figure>
`;
}

function changeWords(own: number, before: number, describe: (value: number) => string, at: string): string {
  const percent =
    before === 0 || own === before
      ? ""
      : ` (${signed(Math.round((own / before - 1) * 100), (value) => `${value.toLocaleString("en-US")} %`)})`;
  return own === before
    ? `as at the pass of ${day(at)}`
    : `${signed(own - before, describe)}${percent} since the pass of ${day(at)}`;
}

const legend = (): Markup =>
  html`<div class="legend">${(Object.keys(VERDICT_WORDS) as Verdict["verdict"][]).map((verdict) => html`<span class="${verdict}"><svg class="key mark" viewBox="-7 -7 14 14" aria-hidden="true"><use href="#mark-${verdict}"/></svg>${verdict}</span>`)}<span>the line is zero; below it: not measured</span><span>ringed: this drill</span></div>`;

function table(drills: readonly Told[]): Markup {
  return html`<details><summary>${drills.length === 1 ? "This drill as a table" : `These ${drills.length} drills as a table`}</summary><div class="scroll" role="region" aria-label="Drills of this database" tabindex="0"><table>
<caption>Newest first; the first is this drill.</caption>
<thead><tr><th scope="col">Began</th><th scope="col">Verdict</th><th scope="col" class="n">RTO</th><th scope="col" class="n">RPO</th><th scope="col" class="n">Size</th><th scope="col" class="n">Rows</th><th scope="col" class="n">Left behind</th><th scope="col" class="n">Cost at most</th></tr></thead>
<tbody>
${drills.toReversed().map(tableRow)}</tbody></table></div></details>`;
}

const tableRow = ({
  startedAt,
  verdict,
  rtoSeconds,
  rpoSeconds,
  sizeGib,
  rowsRead,
  leftovers,
  actualUsd,
}: Told): Markup =>
  html`<tr><td>${moment(startedAt)}</td><td>${sign(verdict)}${verdict}</td><td class="n">${known(rtoSeconds, formatDuration)}</td><td class="n">${known(rpoSeconds, formatDuration)}</td><td class="n">${known(sizeGib, (gib) => `${gib} GiB`)}</td><td class="n">${known(rowsRead, (rows) => rows.toLocaleString("en-US"))}</td><td class="n">${leftovers}</td><td class="n">${usd(actualUsd)}</td></tr>
`;

const known = (value: number | undefined, describe: (value: number) => string): string =>
  value === undefined ? "–" : describe(value);
