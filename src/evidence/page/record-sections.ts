/** The account of the drill: what it cost, who started it, what exactly was drilled, and the files that prove it. */

import { type Content, html, type Markup } from "../../page/markup.ts";
import { moment, section, usd } from "../../page/words.ts";
import { formatDuration } from "../../verdict/duration.ts";
import type { Manifest, Report } from "../report.ts";

export function costSection({ cost: { estimated, actual, basis } }: Report): Markup {
  const items = [...new Set([...estimated.items, ...actual.items].map(({ item }) => item))];
  if (items.length === 0)
    return section("cost", "What it cost", html`<p>Nothing is counted: the drill was not planned.</p>`);
  const rows = items.map((item) => {
    const [before, after] = [estimated, actual].map((cost) => cost.items.find((one) => one.item === item));
    return html`<tr><th scope="row">${item}</th><td class="n">${before === undefined ? "–" : usd(before.usd)}</td><td class="n">${quantity(after)}</td><td class="n">${after === undefined ? "–" : usd(after.usd)}</td></tr>
`;
  });
  return section(
    "cost",
    "What it cost",
    html`<table class="narrow"><caption>${basis}.</caption><thead><tr><th scope="col">Item</th><th scope="col" class="n">Estimated</th><th scope="col" class="n">Used</th><th scope="col" class="n">At most</th></tr></thead><tbody>
${rows}</tbody><tfoot><tr><th scope="row">Sum</th><td class="n">${usd(estimated.usd)}</td><td></td><td class="n">${usd(actual.usd)}</td></tr></tfoot></table>`,
  );
}

const quantity = (item: Report["cost"]["actual"]["items"][number] | undefined): string =>
  item === undefined ? "–" : `${item.quantity.toLocaleString("en-US", { maximumSignificantDigits: 3 })} ${item.unit}`;

export function drillSection(report: Report): Markup {
  const { drill, execution, endedAt, plan, drillId, schemaVersion, trigger } = report;
  const startedBy = drill?.trigger ?? trigger;
  const facts: (readonly [string, Content])[] = [
    ["Started by", startedBy === undefined ? "not known" : `${startedBy.kind}: ${startedBy.by}`],
    ["Execution", html`<span class="id">${execution.id}</span>`],
    ["Began, ended", html`${moment(drill?.startedAt ?? execution.startedAt)}, ${moment(endedAt)}`],
    ["Drill", html`<span class="id">${drillId}</span>`],
    [
      "Plan",
      drill === undefined ? plan : html`${plan}, SHA-256 of its JSON <span class="id">${drill.planSha256}</span>`,
    ],
    ...(drill === undefined ? [] : drilled(drill)),
    ["Form of the report", `version ${schemaVersion}`],
  ];
  return section(
    "drill",
    "Who started it, and what exactly was drilled",
    html`<dl class="facts">${facts.map(
      ([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>
`,
    )}</dl>`,
  );
}

function drilled({
  source,
  recoveryPoint,
  sandbox,
  copy,
  turn,
  failureMoment,
  references,
}: NonNullable<Report["drill"]>): (readonly [string, Content])[] {
  const { copiedFrom } = recoveryPoint;
  return [
    ["Source", html`<span class="id">${source.clusterArn}</span>, database ${source.database}`],
    [
      "Recovery point",
      html`<span class="id">${recoveryPoint.arn}</span>, ${recoveryPoint.kind}, ${recoveryPoint.sizeGib} GiB, encryption ${recoveryPoint.storageEncryption}${copiedFrom && html`, a copy of <span class="id">${copiedFrom}</span>`}`,
    ],
    ["Failure moment", moment(failureMoment)],
    ["Engine", `${recoveryPoint.engine} ${recoveryPoint.engineVersion}`],
    [
      "Copy",
      copy.needed
        ? html`<span class="id">${copy.snapshotId}</span> in ${sandbox.region}`
        : "not needed: the recovery point was in the drill's region",
    ],
    [
      "Sandbox",
      html`<span class="id">${sandbox.cluster}</span> in ${sandbox.region}, ${sandbox.instanceClass}${sandbox.instanceClass === "db.serverless" ? `, ${sandbox.minAcu} to ${sandbox.maxAcu} ACU` : ""}; key <span class="id">${sandbox.kmsKeyArn}</span>`,
    ],
    ["Waited for its turn", formatDuration(turn.waitedSeconds)],
    [
      "Held against",
      references.length === 0
        ? "nothing: there is no earlier time to compare with"
        : references.map(
            ({ kind, id, takenAt }) => html`<span>${kind} <span class="id">${id}</span> of ${moment(takenAt)} </span>`,
          ),
    ],
  ];
}

export function evidenceSection(files: Manifest["files"]): Markup {
  return section(
    "evidence",
    "The files behind this page",
    html`<table><caption>They lie beside this page. manifest.json holds these hashes and this page's own; its SHA-256 is in the drill's entry of the ledger, and in the manifest of the drill after it. restore-drill verify-evidence recomputes them.</caption><thead><tr><th scope="col">File</th><th scope="col" class="n">Bytes</th><th scope="col">SHA-256</th></tr></thead><tbody>
${files.map(
  ({
    file,
    sha256,
    bytes,
  }) => html`<tr><th scope="row"><a href="./${file}">${file}</a></th><td class="n">${bytes.toLocaleString("en-US")}</td><td class="id">${sha256}</td></tr>
`,
)}</tbody></table>`,
  );
}
