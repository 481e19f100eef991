import type { Logger } from "@aws-lambda-powertools/logger";
import type { Metrics } from "@aws-lambda-powertools/metrics";
import type { SNSClient } from "@aws-sdk/client-sns";
import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { EvidenceUnreadable } from "../errors.ts";
import type { DeployedPlans } from "../plan/library.ts";
import { accountOf, databaseKey } from "../plan/names.ts";
import type { Plan } from "../plan/plan.ts";
import { historyKeyOf } from "./backup-history.ts";
import { BackupSurvey, LATEST_SURVEY_KEY, problemsOf } from "./backup-survey.ts";
import { type BackupClients, reasonOf } from "./look-at-backups.ts";
import { publishBackups } from "./publish-backups.ts";
import { requestOf } from "./summary.ts";
import { type Looked, type Planned, subjectOf, surveyDatabase } from "./survey-database.ts";
import { isWorthTelling, type Summarised } from "./troubled.ts";

/** Asked for nothing: it looks at the source of every deployed plan. */
export const SurveyBackupsInput = z.strictObject({});

export interface SurveyServices extends BackupClients {
  readonly store: JsonStore;
  readonly sns: SNSClient;
  /** Of outcomes. Its account is the stack's own. */
  readonly topicArn: string;
  readonly metrics: Metrics;
  readonly logger: Pick<Logger, "warn" | "error">;
  readonly now: () => Date;
  readonly remainingMs: () => number;
  readonly plans: DeployedPlans;
}

export interface SurveyAnswer {
  readonly at: string;
  readonly databases: number;
  /** Those with something wrong, by name. */
  readonly wrong: string[];
  /** Whether people were told. */
  readonly told: boolean;
}

/** Log messages that saved queries rely on. */
const LOG = { wrong: "survey.wrong", warning: "survey.warning" } as const;

/**
 * A database takes at most 8 calls one after the other (cluster, twice two listings, jobs, history, ledger), of 150 ms each: 1,000 of them, five at a
 * time, are 4 min, at 30 calls a second, which RDS takes or throttles and the client repeats. The function has 14 min.
 */
const DATABASES_AT_A_TIME = 5;
/** To publish, to tell and to write down what is known by then. */
const LAST_LOOK_MS = 120_000;
/** What one answer names: 100 names of 63 characters. */
const MAX_TOLD = 100;

/**
 * Holds the backups of every plan's source against what its plans want: publishes a metric of each fact, tells people once when something is wrong,
 * or is no longer, and leaves what it saw in `surveys/`. A database that can not be looked at counts as wrong, and stops no other. Throws what SNS or
 * the evidence bucket answer.
 */
export async function surveyBackups(services: SurveyServices): Promise<SurveyAnswer> {
  const { store, logger, metrics } = services;
  const at = services.now();
  const before = await store.get(LATEST_SURVEY_KEY, BackupSurvey).catch(unreadable(logger));
  const { plans, unreadPlans } = await readPlans(services.plans);
  const looks = await lookAtAll(services, inScope(plans, accountOf(services.topicArn)), at);
  const databases = looks.map(({ surveyed }) => surveyed);
  const survey: BackupSurvey = { schemaVersion: 1, at: at.toISOString(), databases, unreadPlans };

  publishBackups(metrics, survey);
  const wrong = databases.filter((database) => problemsOf(database).length > 0);
  for (const database of wrong.slice(0, MAX_TOLD))
    logger.warn(LOG.wrong, { database: database.database, problems: problemsOf(database) });
  const summarised: Summarised = { survey, before, bucket: store.bucket };
  const told = isWorthTelling(summarised);
  if (told) await services.sns.send(requestOf(services.topicArn, summarised));
  // Last: what was not told is found again by the next one.
  for (const { key, history } of looks) if (history !== undefined) await store.put(historyKeyOf(key), history);
  await store.put(LATEST_SURVEY_KEY, survey);
  return {
    at: survey.at,
    databases: databases.length,
    wrong: wrong.slice(0, MAX_TOLD).map(({ database }) => database),
    told,
  };
}

/** A document that is damaged is said, and replaced by this survey's. */
const unreadable =
  (logger: SurveyServices["logger"]) =>
  (error: unknown): undefined => {
    if (!(error instanceof EvidenceUnreadable)) throw error;
    logger.warn(LOG.warning, { warning: error.message });
  };

async function readPlans({
  names,
  read,
}: DeployedPlans): Promise<{ plans: Plan[] } & Pick<BackupSurvey, "unreadPlans">> {
  const plans: Plan[] = [];
  const unreadPlans: BackupSurvey["unreadPlans"] = [];
  for (const plan of (await names()).sort()) {
    try {
      plans.push((await read(plan)).plan);
    } catch (error) {
      unreadPlans.push({ plan, reason: reasonOf(error) });
    }
  }
  return { plans, unreadPlans };
}

/** Each database once, with all of its plans, by name. */
function inScope(plans: readonly Plan[], ownAccount: string | undefined): Planned[] {
  const planned: Planned[] = [];
  for (const [key, [first, ...others]] of Map.groupBy(plans, ({ source }) => databaseKey(source, ownAccount))) {
    if (first === undefined) continue;
    const { account } = first.source;
    planned.push({
      key,
      plans: [first, ...others],
      ...(account === undefined || account === ownAccount ? {} : { account }),
    });
  }
  return planned.sort(({ plans: [a] }, { plans: [b] }) => (a.source.cluster < b.source.cluster ? -1 : 1));
}

async function lookAtAll(services: SurveyServices, planned: readonly Planned[], at: Date): Promise<Looked[]> {
  const looks: Looked[] = [];
  const warn = unreadable(services.logger);
  for (let first = 0; first < planned.length; first += DATABASES_AT_A_TIME) {
    const some = planned.slice(first, first + DATABASES_AT_A_TIME);
    const isLate = services.remainingMs() < LAST_LOOK_MS;
    looks.push(
      ...(await Promise.all(
        some.map((each) =>
          isLate
            ? withoutFacts(each, "The survey ran out of time before it.")
            : surveyDatabase({ ...services, unreadable: warn }, each, at).catch((error: unknown) =>
                withoutFacts(each, `It can not be looked at: ${reasonOf(error)}.`),
              ),
        ),
      )),
    );
  }
  return looks;
}

const withoutFacts = (planned: Planned, failure: string): Looked => ({
  key: planned.key,
  surveyed: { ...subjectOf(planned), facts: [], failures: [failure] },
  history: undefined,
});
