/** What the plans do not say: databases without one, what the survey of backups saw, and evidence of databases that are gone. */
import { type BackupSurvey, LATEST_SURVEY_KEY, problemsOf } from "../../backups/backup-survey.ts";
import { COVERAGE_KEY, type Coverage } from "../../cadence/coverage.ts";
import { fitting, leftOut } from "../../page/fitting.ts";
import { html, type Markup } from "../../page/markup.ts";
import { count, moment, section, sign } from "../../page/words.ts";
import { staleDays } from "../open-questions.ts";
import type { Fleet } from "../read-fleet.ts";
import type { DatabaseRow } from "../rows.ts";
import { databaseLink, daysWords, lastDrillWords, marks } from "./words.ts";

/** What is left of a database whose plan is gone. */
const FORMER_MARKS = 6;

/** What is in the account and in no plan, and the other way round. */
export function accountSection({ coverage, isLocal, at }: Fleet, maxBytes: number): Markup | undefined {
  if (coverage === undefined)
    return isLocal
      ? undefined
      : section(
          "account",
          "Databases without a plan",
          html`<p>Not known: nobody has listed the account yet. The watchdog does it every day where it is deployed.</p>`,
        );
  const { uncovered, plansWithoutDatabase, unknown, exempt, replicas, regions } = coverage;
  const listed = html`<p>${uncovered.length === 0 ? "None." : `${count(uncovered.length, "database")} that no plan drills.`} The account was listed ${moment(coverage.at)} in ${regions.length === 0 ? "no region" : regions.join(", ")}.</p>${stale(coverage.at, at)}`;
  return section(
    "account",
    "Databases without a plan",
    listed,
    ...lists(
      [
        [
          "failed",
          uncovered.map(({ name, region, kind, engine, why }) => [name, `${kind} of ${engine} in ${region}. ${why}`]),
        ],
        [
          "failed",
          plansWithoutDatabase.map(({ plan, region, database }) => [
            database,
            `Not there any more, in ${region}: the plan ${plan} drills nothing.`,
          ]),
        ],
        ["inconclusive", unknown.map(({ region, plan, reason }) => [region ?? plan ?? "", reason])],
      ],
      maxBytes,
    ),
    ...folded(
      `${count(exempt.length + replicas.length, "database")} left out on purpose`,
      [
        ...exempt.map(({ name, region, reason }) => [name, `in ${region}: ${reason}`] as const),
        ...replicas.map(({ name, region, of }) => [name, `in ${region}: what is in it is that of ${of}`] as const),
      ],
      maxBytes,
    ),
  );
}

type Line = readonly [name: string, words: string];

const lists = (
  parts: readonly (readonly [like: "failed" | "inconclusive", lines: readonly Line[]])[],
  maxBytes: number,
): Markup[] =>
  parts.flatMap(([like, lines]) => {
    if (lines.length === 0) return [];
    const list = fitting(
      lines,
      maxBytes / 4,
      ([name, words]) => html`<li class="${like}">${sign(like)}<b>${name}</b> <span class="muted">${words}</span></li>
`,
    );
    return html`<ul class="lines">
${list.shown}</ul>${leftOut(list, COVERAGE_KEY)}`;
  });

function folded(title: string, lines: readonly Line[], maxBytes: number): Markup[] {
  if (lines.length === 0) return [];
  const list = fitting(
    lines,
    maxBytes / 4,
    ([name, words]) => html`<li><b>${name}</b> <span class="muted">${words}</span></li>
`,
  );
  return [
    html`<details><summary>${title}</summary><ul class="lines">${list.shown}</ul>${leftOut(list, COVERAGE_KEY)}</details>`,
  ];
}

function stale(then: Coverage["at"], at: Date): Markup | undefined {
  const days = staleDays(then, at);
  if (days === undefined) return undefined;
  return html`<p class="inconclusive">${sign("inconclusive")}That is ${daysWords(days)} ago, and it is done every day.</p>`;
}

const unknownFacts = ({ databases }: BackupSurvey): number =>
  databases.flatMap(({ facts }) => facts.filter(({ state }) => state === "not-known")).length;

/** What the daily survey of all backups found. */
export function backupsSection({ survey, isLocal, at }: Fleet, maxBytes: number): Markup | undefined {
  if (survey === undefined)
    return isLocal
      ? undefined
      : section(
          "backups",
          "What the survey of backups found",
          html`<p>Not known: nobody has surveyed the backups yet. It is done every day where restore-drill is deployed.</p>`,
        );
  const wrong = survey.databases.flatMap((surveyed): Line[] =>
    problemsOf(surveyed).map((problem) => [surveyed.database, problem]),
  );
  const lines = [...wrong, ...survey.unreadPlans.map(({ plan, reason }): Line => [plan, reason])];
  const list = fitting(
    lines,
    maxBytes,
    ([name, words]) => html`<li class="failed">${sign("failed")}<b>${name}</b> <span class="muted">${words}</span></li>
`,
  );
  const asked = count(survey.databases.length, "database");
  const unknown = unknownFacts(survey);
  const like = unknown === 0 ? "passed" : "inconclusive";
  const found =
    lines.length === 0
      ? html`<span class="${like}">${sign(like)}</span>Nothing wrong with the backups of ${asked}`
      : `${count(lines.length, "problem")} in the backups of ${asked}`;
  return section(
    "backups",
    "What the survey of backups found",
    html`<p>${found}${unknown > 0 ? `; ${count(unknown, "fact")} not known` : ""}. Surveyed ${moment(survey.at)}.</p>${stale(survey.at, at)}`,
    html`${
      lines.length === 0
        ? undefined
        : html`<ul class="lines">
${list.shown}</ul>`
    }${leftOut(list, LATEST_SURVEY_KEY)}`,
  );
}

/** Evidence stays when a plan goes. */
export function formerSection(former: readonly DatabaseRow[], maxBytes: number): Markup | undefined {
  if (former.length === 0) return undefined;
  const list = fitting(
    former,
    maxBytes,
    (
      row,
    ) => html`<li><b>${databaseLink(row)}</b> <span class="muted">last drill:</span> ${lastDrillWords(row.drills.at(-1))}${marks(row.database, row.drills, FORMER_MARKS)}</li>
`,
  );
  return section(
    "former",
    "Drilled before, and in no plan now",
    html`<details><summary>${count(former.length, "database")}</summary><ul class="lines">
${list.shown}</ul>${leftOut(list, "index.json")}</details>`,
  );
}
