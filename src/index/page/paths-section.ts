import type { PastDrill } from "../../evidence/history.ts";
import { fitting, leftOut } from "../../page/fitting.ts";
import { html, type Markup } from "../../page/markup.ts";
import { day, section, sign } from "../../page/words.ts";
import { type Matrix, matrixOf, type PathCell, type PathColumn } from "../paths.ts";
import type { DatabaseRow } from "../rows.ts";
import { databaseLink, reportPath } from "./words.ts";

/** More columns than this are no table any more: what is less used is told in the last one. */
const MAX_COLUMNS = 6;
const FOLDED_FROM = 30;

const LIKE = { proven: "passed", lapsed: "inconclusive", never: "failed" } as const;
const likeOf = ({ state, lastDrill }: PathCell): PastDrill["verdict"] =>
  state === "in-doubt" ? lastDrill.verdict : LIKE[state];

/** Database by recovery path: when each was last proven. */
export function pathsSection(rows: readonly DatabaseRow[], at: Date, maxBytes: number): Markup | undefined {
  if (rows.length === 0) return undefined;
  const matrix = matrixOf(rows, at);
  const shown = matrix.columns.slice(0, MAX_COLUMNS);
  const rest = matrix.columns.slice(MAX_COLUMNS);
  if (shown.length === 0)
    return section("paths", "Ways back", html`<p>No drill has got as far as choosing a recovery point.</p>`);
  const list = fitting(rows, maxBytes, (row) => matrixRow(row, matrix, shown, rest));
  const table = html`<p class="muted small">When each way was last proven: by a pass within what the plan promises, by an older one, or never; and how the last drill went, where it did not pass. A dash: no drill has gone it.</p>
<div class="scroll" role="region" aria-label="Databases by way back" tabindex="0"><table class="matrix">
<caption class="off">When each database was last proven on each way</caption>
<thead><tr><th scope="col">Database</th>${shown.map(({ what, where }) => html`<th scope="col"><b>${what}</b><br>${where.split(" ").map((word) => html`<span class="whole">${word}</span> `)}</th>`)}${rest.length === 0 ? undefined : html`<th scope="col">Other ways</th>`}</tr></thead><tbody>
${list.shown}</tbody></table></div>${leftOut(list, "index.json")}
`;
  return section(
    "paths",
    "Ways back",
    rows.length < FOLDED_FROM
      ? table
      : html`<details class="fold"><summary>${rows.length.toLocaleString("en-US")} databases as a table</summary>${table}</details>`,
  );
}

function matrixRow(
  row: DatabaseRow,
  { cells }: Matrix,
  shown: readonly PathColumn[],
  rest: readonly PathColumn[],
): Markup {
  const own = cells.get(row.database);
  const others = rest.flatMap((column) => {
    const cell = own?.get(column.key);
    return cell === undefined
      ? []
      : [
          html`<div>${cellWords(row.database, cell)} <small class="muted">${column.what}, ${column.where}</small></div>`,
        ];
  });
  return html`<tr><th scope="row">${databaseLink(row)}</th>${shown.map((column) => {
    const cell = own?.get(column.key);
    return cell === undefined ? html`<td class="muted">–</td>` : html`<td>${cellWords(row.database, cell)}</td>`;
  })}${rest.length === 0 ? undefined : html`<td>${others.length === 0 ? "–" : others}</td>`}</tr>
`;
}

function cellWords(database: string, cell: PathCell): Markup {
  const { lastDrill, lastPass } = cell;
  const link = (drill: typeof lastDrill): Markup =>
    html`<a href="./${reportPath(database, drill)}">${day(drill.endedAt)}</a>`;
  const words =
    lastPass === undefined
      ? html`never, ${lastDrill.verdict} ${link(lastDrill)}`
      : lastPass.drillId === lastDrill.drillId
        ? link(lastPass)
        : html`${link(lastPass)}, <span class="then">${lastPass.drillId < lastDrill.drillId ? "then" : "but before"} ${lastDrill.verdict} ${link(lastDrill)}</span>`;
  return html`<span class="${likeOf(cell)}">${sign(likeOf(cell))}</span>${words}`;
}
