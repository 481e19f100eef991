import type { PublishCommandInput } from "@aws-sdk/client-sns";
import { PublishCommand } from "@aws-sdk/client-sns";
import { ascii, gsm, oneLine } from "../notify/plain-text.ts";
import type { Severity } from "../notify/severity.ts";
import { type BackupSurvey, LATEST_SURVEY_KEY, type SurveyedDatabase } from "./backup-survey.ts";
import { summaryChat } from "./summary-chat.ts";
import {
  hasNew,
  MAX_SENTENCE_CHARS,
  type Problem,
  rankOfName,
  type Summarised,
  severityOf,
  type Troubled,
  troubledOf,
} from "./troubled.ts";

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

/** SNS refuses longer subjects. */
const MAX_SUBJECT_CHARS = 100;
/** One SMS of GSM characters is 160; a sender's name and a carrier's prefix take the rest. */
const MAX_SMS_CHARS = 140;
/** Of SNS's 256 KiB, in which every sentence is twice: 25 databases of 9 sentences of 300 characters are 135 kB. */
const MAX_DATABASES = 25;
/** What is as before is a line each, of 150 characters and 30 for each problem. */
const MAX_REPEATED = 50;
/** The names of the others, of 63 characters. */
const MAX_NAMED = 100;

/** One message for all databases, with a text per channel; `summary` and `severity` are attributes for filter policies. */
export function requestOf(topicArn: string, summarised: Summarised): PublishCommand {
  const { subject, email, sms, chat, json, severity } = composeSummary(summarised);
  const text = (StringValue: string) => ({ DataType: "String", StringValue });
  const request: PublishCommandInput = {
    TopicArn: topicArn,
    Subject: subject,
    MessageStructure: "json",
    Message: JSON.stringify({ default: JSON.stringify(json), email, sms, http: chat, https: chat }),
    MessageAttributes: { summary: text("backups"), severity: text(severity) },
  };
  return new PublishCommand(request);
}

export interface Summary {
  readonly subject: string;
  readonly email: string;
  readonly sms: string;
  /** What Amazon Q Developer in chat applications shows. */
  readonly chat: string;
  readonly json: Readonly<Record<string, unknown>>;
  readonly severity: Severity;
}

/** What people are told of a survey. Sentences hold names of recovery points, and nothing out of a database. */
export function composeSummary(summarised: Summarised): Summary {
  const { survey } = summarised;
  const troubled = troubledOf(summarised);
  const wrong = troubled.filter(({ problems }) => problems.length > 0);
  const newly = wrong.filter(hasNew).length;
  const all = `${survey.databases.length} database${survey.databases.length === 1 ? "" : "s"}`;
  const unread = survey.unreadPlans.length;
  const headline =
    wrong.length > 0
      ? `${wrong.length} of ${all} ${wrong.length === 1 ? "needs" : "need"} attention${newly === 0 ? ", as before" : `, ${newly} newly`}`
      : unread > 0
        ? `${unread} plan${unread === 1 ? "" : "s"} could not be read`
        : `nothing wrong any more, ${all}`;
  const severity = severityOf(troubled, unread);
  const text = email(summarised, troubled, headline);
  return {
    subject: ascii(`BACKUPS: ${headline}`, MAX_SUBJECT_CHARS),
    email: text,
    chat: JSON.stringify(
      summaryChat({ headline, text, severity, databases: wrong.map((each) => each.database.database) }),
    ),
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
  const newly = wrong.filter(hasNew);
  const asBefore = wrong.filter((each) => !hasNew(each));
  const others = [...newly.slice(MAX_DATABASES), ...asBefore.slice(MAX_REPEATED)];
  const over = troubled.flatMap(({ database, over: names }) =>
    names.length === 0 ? [] : [`- ${database.database}: ${names.map((name) => LABEL[name]).join(", ")}`],
  );
  const unknown = unknownOf(survey);
  const sections = [
    [`BACKUPS: ${headline}.`],
    [`Do next: ${nextStep(wrong[0], survey.unreadPlans.length)}`],
    ...newly
      .slice(0, MAX_DATABASES)
      .map(({ database, problems }) => [
        `${placeOf(database)}:`,
        ...problems.filter(({ isNew }) => isNew).map(({ sentence }) => `- NEW: ${sentence}`),
        ...problems.filter(({ isNew }) => !isNew).map((problem) => `- As before: ${repeated(problem)}`),
      ]),
    asBefore.length === 0
      ? []
      : [
          "As before, and said every day until it is over:",
          ...asBefore
            .slice(0, MAX_REPEATED)
            .map(({ database, problems }) => `- ${placeOf(database)}: ${problems.map(repeated).join(", ")}`),
        ],
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

const placeOf = ({ database, region, account }: SurveyedDatabase): string =>
  `${database} in ${region}${account === undefined ? "" : `, account ${account}`}`;

/** People have read its sentence, and the survey has it. */
const repeated = ({ name, since }: Problem): string => `${LABEL[name]} since ${DAY.format(new Date(since))}`;
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

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
