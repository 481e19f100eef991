import type { PublishCommandInput } from "@aws-sdk/client-sns";
import { PublishCommand } from "@aws-sdk/client-sns";
import { ascii, gsm, oneLine } from "../notify/plain-text.ts";
import type { Severity } from "../notify/severity.ts";
import { type BackupFactName, type BackupSurvey, LATEST_SURVEY_KEY, type SurveyedDatabase } from "./backup-survey.ts";

export interface Summarised {
  readonly survey: BackupSurvey;
  /** The survey before; absent at the first. */
  readonly before: BackupSurvey | undefined;
  /** Where both are. */
  readonly bucket: string;
}

/** One thing that is wrong with a database's backups. */
interface Problem {
  /** What it is called from survey to survey. */
  readonly name: BackupFactName | "survey";
  readonly sentence: string;
  readonly isNew: boolean;
}

interface Troubled {
  readonly database: SurveyedDatabase;
  readonly problems: readonly Problem[];
  /** Names of what was wrong in the survey before and is not any more. */
  readonly over: readonly Problem["name"][];
}

/** What each is called where there is no room for its sentence. */
const LABEL: Readonly<Record<Problem["name"], string>> = {
  newest: "too old",
  automated: "automated backups",
  retention: "retention",
  success: "missing backups",
  deletions: "DELETED",
  encryption: "encryption",
  copy: "no copy",
  size: "size",
  survey: "not seen",
};

/** What to do about the most urgent one. The runbook has the rest. */
const FIRST_STEP: Readonly<Record<Problem["name"], string>> = {
  newest: "take a snapshot of it by hand, then find out why none was made",
  automated: "take a snapshot of it by hand, then find out why it is not backed up",
  deletions: "find out in CloudTrail who deleted that, and whether it was meant to be",
  retention: "set its backup retention as its plan wants it",
  success: "look in its events, or in AWS Backup's jobs, why backups are missing",
  encryption: "find out who made what is not encrypted, and replace it",
  copy: "find out why nothing was copied to the other region, and copy a snapshot there",
  size: "find out whether it grew or shrank as somebody meant it to",
  survey: "read why it could not be seen",
};

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

/** SNS refuses longer subjects. */
const MAX_SUBJECT_CHARS = 100;
/** One SMS of GSM characters is 160; a sender's name and a carrier's prefix take the rest. */
const MAX_SMS_CHARS = 140;
/** Of SNS's 256 KiB, in which every sentence is twice: 25 databases of 9 sentences of 300 characters are 135 kB. */
const MAX_DATABASES = 25;
const MAX_SENTENCE_CHARS = 300;
/** The names of the others, of 63 characters. */
const MAX_NAMED = 100;

/** Nothing is told where all is well and was: silence has an alarm of its own. */
export function isWorthTelling(summarised: Summarised): boolean {
  return summarised.survey.unreadPlans.length > 0 || troubledOf(summarised).length > 0;
}

/** One message for all databases, with a text per channel; `summary` and `severity` are attributes for filter policies. */
export function requestOf(topicArn: string, summarised: Summarised): PublishCommand {
  const { subject, email, sms, json, severity } = composeSummary(summarised);
  const text = (StringValue: string) => ({ DataType: "String", StringValue });
  const request: PublishCommandInput = {
    TopicArn: topicArn,
    Subject: subject,
    MessageStructure: "json",
    Message: JSON.stringify({ default: JSON.stringify(json), email, sms }),
    MessageAttributes: { summary: text("backups"), severity: text(severity) },
  };
  return new PublishCommand(request);
}

export interface Summary {
  readonly subject: string;
  readonly email: string;
  readonly sms: string;
  readonly json: Readonly<Record<string, unknown>>;
  readonly severity: Severity;
}

/** What people are told of a survey. Sentences hold names of recovery points, and nothing out of a database. */
export function composeSummary(summarised: Summarised): Summary {
  const { survey } = summarised;
  const troubled = troubledOf(summarised);
  const wrong = troubled.filter(({ problems }) => problems.length > 0);
  const newly = wrong.filter(({ problems }) => problems.some(({ isNew }) => isNew)).length;
  const all = `${survey.databases.length} database${survey.databases.length === 1 ? "" : "s"}`;
  const unread = survey.unreadPlans.length;
  const headline =
    wrong.length > 0
      ? `${wrong.length} of ${all} ${wrong.length === 1 ? "needs" : "need"} attention${newly === 0 ? ", as before" : `, ${newly} newly`}`
      : unread > 0
        ? `${unread} plan${unread === 1 ? "" : "s"} could not be read`
        : `all well again, ${all}`;
  const severity = severityOf(troubled, unread);
  return {
    subject: ascii(`BACKUPS: ${headline}`, MAX_SUBJECT_CHARS),
    email: email(summarised, troubled, headline),
    sms: gsm(
      wrong.length > 0
        ? `Backups, ${wrong.length} of ${survey.databases.length} wrong: ${shortly(wrong)}`
        : `Backups: ${headline}${troubled.length === 0 ? "" : `: ${shortly(troubled)}`}`,
      MAX_SMS_CHARS,
    ),
    json: machineReadable(summarised, troubled, severity),
    severity,
  };
}

/** With something wrong now or in the survey before, what is new first, then what is most. */
function troubledOf({ survey, before }: Summarised): Troubled[] {
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
const rankOfName = (name: Problem["name"]): number => MOST_URGENT_FIRST.indexOf(SEVERITY[name]);
const rankOf = ({ problems }: Troubled): number => Math.min(...problems.map(({ name }) => rankOfName(name)));

function severityOf(troubled: readonly Troubled[], unreadPlans: number): Severity {
  const there = new Set(troubled.flatMap(({ problems }) => problems.map(({ name }) => SEVERITY[name])));
  if (unreadPlans > 0) there.add("error");
  return MOST_URGENT_FIRST.find((severity) => there.has(severity)) ?? "info";
}

/** `orders-production (too old, no copy), billing (size)`. */
const shortly = (troubled: readonly Troubled[]): string =>
  troubled
    .slice(0, MAX_NAMED)
    .map(({ database, problems }) => {
      const labels = [...new Set(problems.map(({ name }) => LABEL[name]))].join(", ");
      return labels === "" ? database.database : `${database.database} (${labels})`;
    })
    .join(", ");

function email({ survey, bucket }: Summarised, troubled: readonly Troubled[], headline: string): string {
  const wrong = troubled.filter(({ problems }) => problems.length > 0);
  const others = wrong.slice(MAX_DATABASES);
  const over = troubled.flatMap(({ database, over: names }) =>
    names.length === 0 ? [] : [`- ${database.database}: ${names.map((name) => LABEL[name]).join(", ")}`],
  );
  const unknown = unknownOf(survey);
  const sections = [
    [`BACKUPS: ${headline}.`],
    [`Do next: ${nextStep(wrong[0], survey.unreadPlans.length)}`],
    ...wrong
      .slice(0, MAX_DATABASES)
      .map(({ database, problems }) => [
        `${database.database} in ${database.region}${database.account === undefined ? "" : `, account ${database.account}`}:`,
        ...problems.map(({ sentence, isNew }) => `- ${isNew ? "NEW: " : ""}${sentence}`),
      ]),
    others.length === 0 ? [] : [`And ${others.length} more: ${shortly(others)}`],
    over.length === 0 ? [] : ["No longer wrong:", ...over.slice(0, MAX_NAMED)],
    survey.unreadPlans.length === 0
      ? []
      : [
          "Plans that could not be read, so that their databases may be missing here:",
          ...survey.unreadPlans
            .slice(0, MAX_DATABASES)
            .map(({ plan, reason }) => `- ${plan}: ${oneLine(reason, MAX_SENTENCE_CHARS)}`),
        ],
    [
      ...(unknown === "" ? [] : [`Not known, which is no "ok": ${unknown}. The survey says why.`]),
      `Survey: s3://${bucket}/${LATEST_SURVEY_KEY}, ${survey.at}`,
    ],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function nextStep(first: Troubled | undefined, unreadPlans: number): string {
  const urgent = first?.problems.toSorted((a, b) => rankOfName(a.name) - rankOfName(b.name))[0];
  if (first !== undefined && urgent !== undefined)
    return `begin with ${first.database.database}: ${FIRST_STEP[urgent.name]}. All of it: docs/runbook.md#backups.`;
  return unreadPlans > 0 ? "package and deploy the plans again." : "nothing.";
}

/** `size (12), copy (1)`: of how many databases each is. */
function unknownOf({ databases }: BackupSurvey): string {
  const facts = databases.flatMap((each) => each.facts.filter(({ state }) => state === "not-known"));
  return [...Map.groupBy(facts, ({ fact }) => fact)].map(([fact, of]) => `${fact} (${of.length})`).join(", ");
}

function machineReadable(
  { survey, bucket }: Summarised,
  troubled: readonly Troubled[],
  severity: Severity,
): Record<string, unknown> {
  return {
    schemaVersion: 1,
    summary: "backups",
    severity,
    at: survey.at,
    databases: survey.databases.length,
    wrong: troubled.filter(({ problems }) => problems.length > 0).length,
    // As many as the mail names, and for the same reason.
    troubled: troubled.slice(0, MAX_DATABASES).map(({ database, problems, over }) => ({
      database: database.database,
      region: database.region,
      account: database.account,
      plans: database.plans,
      problems,
      over,
    })),
    unreadPlans: survey.unreadPlans.slice(0, MAX_DATABASES).map(({ plan }) => plan),
    survey: `s3://${bucket}/${LATEST_SURVEY_KEY}`,
  };
}
