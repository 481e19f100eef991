/** What was done with the sandbox: closed, ended, or kept. */

import { fitting, leftOut } from "../../page/fitting.ts";
import { html, type Markup } from "../../page/markup.ts";
import { count, moment, section, sign, usd } from "../../page/words.ts";
import type { IsolationAnswer } from "../../recovery/answers.ts";
import type { KeptSandbox } from "../kept-sandbox.ts";
import type { Report } from "../report.ts";

/** Of a page of 300 kB: facts are some 20 at 250 B, and what a drill makes three things. */
const MAX_FACTS_BYTES = 8_000;
const MAX_RESOURCES_BYTES = 8_000;

export function isolationSection({ network, isolation, drill }: Report): Markup | undefined {
  if (drill === undefined) return undefined;
  return section(
    "isolation",
    "Could anything reach in or out?",
    facts("The network, before anything was created in it", network),
    facts("The sandbox in it, before it was asked anything", isolation),
  );
}

function facts(title: string, answer: IsolationAnswer | undefined): Markup {
  if (answer === undefined)
    return html`<h3>${title}</h3><p class="inconclusive">${sign("inconclusive")}Not looked at: the drill ended before.</p>`;
  const broken = answer.facts.filter(({ holds }) => !holds);
  const holding = answer.facts.filter(({ holds }) => holds);
  return html`<h3>${title}</h3>
${broken.length === 0 ? html`<p class="passed">${sign("passed")}${count(holding.length, "fact")} of the account's own answers, all as they should be. ${moment(answer.at)}</p>` : html`<p class="failed">${sign("failed")}<span class="own">${count(broken.length, "fact")} of ${answer.facts.length.toLocaleString("en-US")} not as it should be.</span> ${moment(answer.at)}</p>${factTable(`${title}: what is not as it should be`, broken)}`}
${holding.length === 0 ? undefined : html`<details><summary>${holding.length.toLocaleString("en-US")} as they should be</summary>${factTable(`${title}: what is as it should be`, holding)}</details>`}`;
}

function factTable(caption: string, all: IsolationAnswer["facts"]): Markup {
  const rows = fitting(
    all,
    MAX_FACTS_BYTES,
    ({ fact, expected, observed }) => html`<tr><th scope="row">${fact}</th><td>${expected}</td><td>${observed}</td></tr>
`,
  );
  return html`<table><caption class="off">${caption}</caption><thead><tr><th scope="col">Fact</th><th scope="col">Should be</th><th scope="col">Is</th></tr></thead><tbody>
${rows.shown}</tbody></table>${leftOut(rows, "report.json")}`;
}

export function teardownSection(report: Report): Markup {
  const { teardown, leftovers, kept, drill, restoreTest } = report;
  return section(
    "teardown",
    "What became of the sandbox",
    leftovers.length === 0 ? html`` : leftBehind(leftovers),
    deleted(report),
    teardown?.notKept === undefined
      ? html``
      : html`<p>The sandbox was not kept, although the plan says so: ${teardown.notKept}.</p>`,
    kept === undefined ? html`` : keptSandbox(kept),
    drill?.restoreTest === undefined
      ? html``
      : html`<p>The cluster was restored by AWS Backup (restore job <span class="id">${drill.restoreTest.restoreJobId}</span>), which deletes it. ${restoreTest === undefined ? "What AWS Backup was told is not known." : `AWS Backup ${restoreTest.recorded ? "was told" : "was NOT told"} ${restoreTest.status ?? "anything"}. ${restoreTest.note ?? ""}`}</p>`,
  );
}

function leftBehind(leftovers: Report["leftovers"]): Markup {
  const items = fitting(
    leftovers,
    MAX_RESOURCES_BYTES,
    ({ kind, id, region, reason }) => html`<li>${kind} <span class="id">${id}</span> in ${region}: ${reason}</li>
`,
  );
  return html`<div class="alarm failed"><h3>${sign("failed")}${count(leftovers.length, "thing")} left behind</h3><p>It costs money by the hour and holds production data. Delete it by hand.</p><ul>
${items.shown}</ul>${leftOut(items, "report.json")}</div>`;
}

function deleted({ teardown, drill, leftovers, kept }: Report): Markup {
  if (drill === undefined) return html`<p>Nothing was created: the drill was not planned.</p>`;
  if (teardown === undefined)
    return html`<p>${leftovers.length === 0 ? "Nothing was torn down: there is no account of anything that was created." : "Teardown broke, and left no account of what it deleted."}</p>`;
  const items = fitting(
    teardown.deleted,
    MAX_RESOURCES_BYTES,
    ({ kind, id, region }) => html`<li>${kind} <span class="id">${id}</span> in ${region}</li>
`,
  );
  const isClean = leftovers.length === 0 && kept === undefined && teardown.finishedAt !== undefined;
  return html`<p class="${isClean ? "passed" : "inconclusive"}">${isClean ? html`${sign("passed")}Everything is gone. ` : undefined}${count(teardown.deleted.length, "thing")} deleted and confirmed gone${teardown.finishedAt === undefined ? html`; teardown did not end` : html` by ${moment(teardown.finishedAt)}`}.</p><ul class="small muted">
${items.shown}</ul>${leftOut(items, "report.json")}`;
}

function keptSandbox({ until, resources, usdPerHour, ask, end, candidate }: KeptSandbox): Markup {
  return html`<div class="alarm inconclusive"><h3>${sign("inconclusive")}${candidate === undefined ? "The sandbox was kept" : "Kept as a candidate for recovery"} until ${moment(until)}</h3>
<p>As the plan says, at ${usd(usdPerHour)} an hour at most; then it is deleted. ${resources.map(({ kind, id, region }) => html`${kind} <span class="id">${id}</span> in ${region}. `)}</p>
${candidate === undefined ? undefined : html`<p>It is the backup of ${moment(candidate.recoveryPoint.createdAt)} (<span class="id">${candidate.recoveryPoint.id}</span>); damage is taken to begin at ${moment(candidate.failureMoment)}.</p><p><b>Proven of it:</b> ${candidate.proven}</p>`}
<h4>Ask it, through the Data API: it is closed to every network</h4><pre><code>${ask}</code></pre>
${(candidate?.promote ?? []).map(
  ({ when, commands }) => html`<h4>Promote it. ${when}:</h4><pre><code>${commands.map(
    (command) => html`${command}
`,
  )}</code></pre>
`,
)}<h4>End it before its time</h4><pre><code>${end}</code></pre></div>`;
}
