import { oneLine } from "../notify/plain-text.ts";
import type { Severity } from "../notify/severity.ts";
import { isSameDay } from "./backup-history.ts";
import type { BackupSurvey, SurveyedDatabase } from "./backup-survey.ts";
import type { ProblemName, Told } from "./told.ts";

export interface Summarised {
  readonly survey: BackupSurvey;
  /** What people were told last; absent where they never were. */
  readonly told: Told | undefined;
  /** Where the survey is. */
  readonly bucket: string;
}

/** One thing that is wrong with a database's backups. */
export interface Problem {
  /** What it is called from survey to survey. */
  readonly name: ProblemName;
  readonly sentence: string;
  /** People were not told of it yet. */
  readonly isNew: boolean;
  /** When they were told first: this survey's time, where it is new. */
  readonly since: string;
}

export interface Troubled {
  readonly database: SurveyedDatabase;
  readonly problems: readonly Problem[];
  /** Names of what people were told, and is not wrong any more. */
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

/**
 * Nothing is told where all is well and was: silence has an alarm of its own. Of one day, only what nobody was told yet: a survey that is tried again,
 * or a look by hand, repeats nothing.
 */
export function isWorthTelling(summarised: Summarised): boolean {
  const { survey, told } = summarised;
  const troubled = troubledOf(summarised);
  if (told !== undefined && isSameDay(told.at, survey.at)) return troubled.some(hasNew);
  return survey.unreadPlans.length > 0 || troubled.length > 0;
}

/** With something wrong now, or told and over, what is new first, then what is most. */
export function troubledOf({ survey, told }: Summarised): Troubled[] {
  const isToday = told !== undefined && isSameDay(told.at, survey.at);
  const known = (told?.problems ?? []).filter(({ name }) => name !== "deletions" || isToday);
  const toldOf = Map.groupBy(known, ({ database }) => database);
  return survey.databases
    .map((database): Troubled => {
      const were = toldOf.get(keyOf(database)) ?? [];
      const problems = [
        ...database.failures.map((sentence) => ({ name: "survey" as const, sentence })),
        ...database.facts.flatMap(({ fact, state, sentence }) => (state === "wrong" ? [{ name: fact, sentence }] : [])),
      ].map(({ name, sentence }) => {
        const short = oneLine(sentence, MAX_SENTENCE_CHARS);
        const since = were.find((each) => isTheSame(each, name, short))?.since;
        return {
          name,
          sentence: short,
          isNew: since === undefined,
          since: since ?? survey.at,
        };
      });
      return { database, problems, over: were.map(({ name }) => name).filter((name) => isOver(database, name)) };
    })
    .filter(({ problems, over }) => problems.length > 0 || over.length > 0)
    .sort(
      (a, b) => Number(hasNew(b)) - Number(hasNew(a)) || rankOf(a) - rankOf(b) || b.problems.length - a.problems.length,
    );
}

/** What was deleted is told once; what is deleted after it is something else. */
const isTheSame = (told: Told["problems"][number], name: ProblemName, sentence: string): boolean =>
  told.name === name && (name !== "deletions" || told.sentence === sentence);

/** What people know when they have been told this: also what was wrong, and nobody can say that it is over. */
export function toldWith(summarised: Summarised): Told {
  const { survey, told } = summarised;
  const now = troubledOf(summarised).flatMap(({ database, problems }) => {
    const each = new Map(problems.map((problem) => [problem.name, problem]));
    return [...each.values()].map(({ name, since, sentence }) => ({
      database: keyOf(database),
      name,
      since,
      ...(name === "deletions" ? { sentence } : {}),
    }));
  });
  const known = new Set(now.map(({ database, name }) => `${database} ${name}`));
  const databases = new Map(survey.databases.map((database) => [keyOf(database), database]));
  const unsettled = (told?.problems ?? []).filter(({ database: key, name }) => {
    const database = databases.get(key);
    if (database === undefined || name === "deletions" || known.has(`${key} ${name}`)) return false;
    return !isOver(database, name);
  });
  return { schemaVersion: 1, at: survey.at, problems: [...now, ...unsettled] };
}

const keyOf = ({ account = "", region, database }: SurveyedDatabase): string => `${account}/${region}/${database}`;

/** What nobody can say any more is not over, and what was deleted does not come back. */
function isOver({ facts, failures }: SurveyedDatabase, name: Problem["name"]): boolean {
  if (name === "survey") return failures.length === 0;
  if (name === "deletions") return false;
  return facts.some(({ fact, state }) => fact === name && (state === "ok" || state === "not-asked"));
}

export const hasNew = ({ problems }: Troubled): boolean => problems.some(({ isNew }) => isNew);
export const rankOfName = (name: Problem["name"]): number => MOST_URGENT_FIRST.indexOf(SEVERITY[name]);
const rankOf = ({ problems }: Troubled): number => Math.min(...problems.map(({ name }) => rankOfName(name)));

export function severityOf(troubled: readonly Troubled[], unreadPlans: number): Severity {
  const there = new Set(troubled.flatMap(({ problems }) => problems.map(({ name }) => SEVERITY[name])));
  if (unreadPlans > 0) there.add("error");
  return MOST_URGENT_FIRST.find((severity) => there.has(severity)) ?? "info";
}
