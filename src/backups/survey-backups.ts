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
import { BACKUP_FACTS, type BackupSurvey, LATEST_SURVEY_KEY, problemsOf } from "./backup-survey.ts";
import { notKnown } from "./judged.ts";
import { reasonOf } from "./look-at-backups.ts";
import { publishDatabase, publishSurvey } from "./publish-backups.ts";
import { type BackupClients, RegionsAsked } from "./regions-asked.ts";
import { requestOf } from "./summary.ts";
import { type Looked, type Planned, subjectOf, surveyDatabase } from "./survey-database.ts";
import { NOTHING_TOLD, TOLD_KEY, Told } from "./told.ts";
import { isWorthTelling, type Summarised, toldWith } from "./troubled.ts";

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
  /** Whether people were told by this one. */
  readonly told: boolean;
}

/** Log messages that saved queries rely on. */
const LOG = { wrong: "survey.wrong", warning: "survey.warning" } as const;

/**
 * A database takes at most 9 calls one after the other (copies' two listings, cluster, two listings, jobs, history, ledger twice), of 150 ms each:
 * 1,000 of them, five at a time, are 4.5 min, at 30 calls a second, which RDS takes or throttles and the client repeats. The function has 14 min.
 */
const DATABASES_AT_A_TIME = 5;
/**
 * Kept for what is under way and what comes after it. The last five: a call that hangs takes 16 s (PATIENCE_FOR_SURVEY), the copies' region, the
 * database's own and AWS Backup hang once each, the evidence bucket 30 s: 78 s. Then 1,000 histories, ten at a time of 100 ms, 10 s; the survey, and
 * what was told, read and written twice, of 30 s each at most, 120 s; SNS, which is as patient as the survey's clients, 16 s: 224 s.
 */
const RESERVE_MS = 240_000;
const HISTORIES_AT_A_TIME = 10;
/** What one answer names: 100 names of 63 characters. */
const MAX_TOLD = 100;

/**
 * Holds the backups of every plan's source against what its plans want: publishes metrics of each as soon as it was looked at, leaves what it saw in
 * `surveys/`, and tells people once a day when something is wrong, or is no longer. A database that can not be looked at counts as wrong, and stops no
 * other; a region that does not answer is given up. Throws what SNS or the evidence bucket answer.
 */
export async function surveyBackups(services: SurveyServices): Promise<SurveyAnswer> {
  const { store, logger, metrics } = services;
  const at = services.now();
  const { plans, unreadPlans } = await readPlans(services.plans);
  const looks = await lookAtAll(services, inScope(plans, accountOf(services.topicArn)), at);
  const databases = looks.map(({ surveyed }) => surveyed);
  const survey: BackupSurvey = { schemaVersion: 1, at: at.toISOString(), databases, unreadPlans };

  publishSurvey(metrics, survey);
  const wrong = databases.filter((database) => problemsOf(database).length > 0);
  for (const database of wrong.slice(0, MAX_TOLD))
    logger.warn(LOG.wrong, { database: database.database, problems: problemsOf(database) });
  await writeHistories(store, looks);
  await store.put(LATEST_SURVEY_KEY, survey);
  return {
    at: survey.at,
    databases: databases.length,
    wrong: wrong.slice(0, MAX_TOLD).map(({ database }) => database),
    told: await tell(services, survey),
  };
}

async function writeHistories(store: JsonStore, looks: readonly Looked[]): Promise<void> {
  const seen = looks.flatMap(({ key, history }) => (history === undefined ? [] : [{ key, history }]));
  for (let first = 0; first < seen.length; first += HISTORIES_AT_A_TIME)
    await Promise.all(
      seen.slice(first, first + HISTORIES_AT_A_TIME).map(({ key, history }) => store.put(historyKeyOf(key), history)),
    );
}

/**
 * Last, when everything is written: what fails before it is tried again and tells nobody twice. That people are about to be told is written down
 * first, in the place of what was read, so that of two surveys that read the same one tells. What they were told is written when SNS has taken it:
 * where it does not, or the function is ended in between, the next survey tells. Ended after SNS took it, it tells again: better twice than never.
 */
async function tell({ store, sns, topicArn, logger }: SurveyServices, survey: BackupSurvey): Promise<boolean> {
  const told = await store.getVersioned(TOLD_KEY, Told).catch(async (error: unknown) => {
    unreadable(logger)(error);
    await store.put(TOLD_KEY, NOTHING_TOLD);
    return store.getVersioned(TOLD_KEY, Told);
  });
  const summarised: Summarised = { survey, told: told?.document, bucket: store.bucket };
  if (!isWorthTelling(summarised)) return false;
  const pending: Told = { ...(told?.document ?? NOTHING_TOLD), pending: survey.at };
  const isFirst = await store.replace(TOLD_KEY, pending, told?.version);
  if (!isFirst) return false;
  await sns.send(requestOf(topicArn, summarised));
  await store.put(TOLD_KEY, toldWith(summarised));
  return true;
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
  const asked = new RegionsAsked(services);
  const looking = { asked, store: services.store, unreadable: unreadable(services.logger) };
  for (let first = 0; first < planned.length; first += DATABASES_AT_A_TIME) {
    const some = planned.slice(first, first + DATABASES_AT_A_TIME);
    const isLate = services.remainingMs() < RESERVE_MS;
    const found = some.map(async (each) => {
      const look = isLate
        ? notLookedAt(each, "The survey ran out of time before it.")
        : await surveyDatabase(looking, each, at).catch((error: unknown) =>
            notLookedAt(each, `It can not be looked at: ${reasonOf(error)}.`),
          );
      publishDatabase(services.metrics, look.surveyed);
      return look;
    });
    looks.push(...(await Promise.all(found)));
  }
  return looks;
}

/** No fact of it is known, and each says why. */
const notLookedAt = (planned: Planned, failure: string): Looked => ({
  key: planned.key,
  surveyed: {
    ...subjectOf(planned),
    facts: BACKUP_FACTS.map((fact) => ({ fact, ...notKnown("as its plan wants it", failure) })),
    failures: [failure],
  },
  history: undefined,
});
