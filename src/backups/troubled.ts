import { oneLine } from "../notify/plain-text.ts";
import type { Severity } from "../notify/severity.ts";
import type { BackupFactName, BackupSurvey, SurveyedDatabase } from "./backup-survey.ts";

export interface Summarised {
  readonly survey: BackupSurvey;
  /** The survey before; absent at the first. */
  readonly before: BackupSurvey | undefined;
  /** Where both are. */
  readonly bucket: string;
}

/** One thing that is wrong with a database's backups. */
export interface Problem {
  /** What it is called from survey to survey. */
  readonly name: BackupFactName | "survey";
  readonly sentence: string;
  readonly isNew: boolean;
}

export interface Troubled {
  readonly database: SurveyedDatabase;
  readonly problems: readonly Problem[];
  /** Names of what was wrong in the survey before and is not any more. */
  readonly over: readonly Problem["name"][];
}

/** Without a way back, or with somebody who takes it, it is a matter of hours. */
const SEVERITY: Readonly<Record<Problem["name"], Severity>> = {
  newest: "critical",
  automated: "critical",
  deletions: "critical",
  retention: "error",
  success: "error",
  encryption: "error",
  copy: "error",
  size: "warning",
  survey: "error",
};
const MOST_URGENT_FIRST: readonly Severity[] = ["critical", "error", "warning", "info"];

/** An answer of AWS may be a page. */
export const MAX_SENTENCE_CHARS = 300;

/** Nothing is told where all is well and was: silence has an alarm of its own. */
export function isWorthTelling(summarised: Summarised): boolean {
  return summarised.survey.unreadPlans.length > 0 || troubledOf(summarised).length > 0;
}

/** With something wrong now or in the survey before, what is new first, then what is most. */
export function troubledOf({ survey, before }: Summarised): Troubled[] {
  const namesBefore = new Map((before?.databases ?? []).map((each) => [keyOf(each), namesOf(each)]));
  return survey.databases
    .map((database): Troubled => {
      const were = namesBefore.get(keyOf(database)) ?? [];
      const problems = [
        ...database.failures.map((sentence) => ({ name: "survey" as const, sentence })),
        ...database.facts.flatMap(({ fact, state, sentence }) => (state === "wrong" ? [{ name: fact, sentence }] : [])),
      ].map(({ name, sentence }) => ({
        name,
        sentence: oneLine(sentence, MAX_SENTENCE_CHARS),
        isNew: !were.includes(name),
      }));
      return { database, problems, over: were.filter((name) => isOver(database, name)) };
    })
    .filter(({ problems, over }) => problems.length > 0 || over.length > 0)
    .sort(
      (a, b) => Number(hasNew(b)) - Number(hasNew(a)) || rankOf(a) - rankOf(b) || b.problems.length - a.problems.length,
    );
}

const keyOf = ({ account = "", region, database }: SurveyedDatabase): string => `${account}/${region}/${database}`;

const namesOf = ({ failures, facts }: SurveyedDatabase): Problem["name"][] => [
  ...(failures.length === 0 ? [] : (["survey"] as const)),
  ...facts.flatMap(({ fact, state }) => (state === "wrong" ? [fact] : [])),
];

/** What nobody can say any more is not over, and what was deleted does not come back. */
function isOver({ facts, failures }: SurveyedDatabase, name: Problem["name"]): boolean {
  if (name === "survey") return failures.length === 0;
  if (name === "deletions") return false;
  return facts.some(({ fact, state }) => fact === name && (state === "ok" || state === "not-asked"));
}

const hasNew = ({ problems }: Troubled): boolean => problems.some(({ isNew }) => isNew);
export const rankOfName = (name: Problem["name"]): number => MOST_URGENT_FIRST.indexOf(SEVERITY[name]);
const rankOf = ({ problems }: Troubled): number => Math.min(...problems.map(({ name }) => rankOfName(name)));

export function severityOf(troubled: readonly Troubled[], unreadPlans: number): Severity {
  const there = new Set(troubled.flatMap(({ problems }) => problems.map(({ name }) => SEVERITY[name])));
  if (unreadPlans > 0) there.add("error");
  return MOST_URGENT_FIRST.find((severity) => there.has(severity)) ?? "info";
}
