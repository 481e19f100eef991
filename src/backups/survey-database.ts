import type { JsonStore } from "../aws/json-store.ts";
import { earlierDrills, isExercise } from "../evidence/ledger.ts";
import type { Plan } from "../plan/plan.ts";
import { regionOf } from "../recovery/origin.ts";
import {
  BackupHistory,
  historyKeyOf,
  isSameDay,
  REMEMBERED_RETENTIONS,
  REMEMBERED_SIZES,
  type SeenBefore,
} from "./backup-history.ts";
import type { SurveyedDatabase } from "./backup-survey.ts";
import { judgeBackups } from "./judge.ts";
import { goneEarly } from "./judge-deletions.ts";
import { hasNoSize } from "./judge-size.ts";
import { type BackupsJudged, isOutOfSight, newestOf } from "./judged.ts";
import { type BackupAttempt, lookAtBackups, type SeenPoint } from "./look-at-backups.ts";
import { drilledBy, strictestOf } from "./policy.ts";
import type { RegionsAsked } from "./regions-asked.ts";

/** A database that plans are for. */
export interface Planned {
  /** As `databaseKey` has it. */
  readonly key: string;
  readonly plans: readonly [Plan, ...Plan[]];
  /** Its owner, where that is not the stack's account. */
  readonly account?: string;
}

export interface Looked {
  readonly key: string;
  readonly surveyed: SurveyedDatabase;
  /** For the next survey; absent where nothing was seen. */
  readonly history: BackupHistory | undefined;
}

interface DatabaseServices {
  readonly asked: RegionsAsked;
  readonly store: JsonStore;
  /** Takes what a damaged document throws, and says it. */
  readonly unreadable: (error: unknown) => undefined;
}

/** Drills that are looked at for how many rows came back: a median of five, and the last. */
const DRILLS = 6;
const DAY_MILLISECONDS = 86_400_000;

/** Looks at one database, and judges what is seen. Throws what RDS or the evidence bucket answer. */
export async function surveyDatabase(services: DatabaseServices, planned: Planned, at: Date): Promise<Looked> {
  const { store } = services;
  const { key, plans } = planned;
  const subject = subjectOf(planned);
  const policy = strictestOf(plans);
  const history = await store.get(historyKeyOf(key), BackupHistory).catch(services.unreadable);
  const seen = await lookAtBackups(
    services.asked,
    {
      cluster: subject.database,
      region: subject.region,
      ...(subject.account === undefined ? {} : { account: subject.account }),
      ...(policy.copyIn === undefined ? {} : { copyIn: policy.copyIn }),
      ...(history?.clusterResourceId === undefined ? {} : { knownResourceId: history.clusterResourceId }),
    },
    at,
  );
  const rowsOfDrills = hasNoSize(newestOf(seen)) ? await rowsThatCameBack(store, subject.database, at) : [];
  const judged = { at, policy, drilled: drilledBy(plans), seen, history, rowsOfDrills };
  return {
    key,
    surveyed: { ...subject, facts: judgeBackups(judged), failures: [...seen.failures] },
    history: historyOf(judged),
  };
}

export function subjectOf({ plans, account }: Planned): Omit<SurveyedDatabase, "facts" | "failures"> {
  const { cluster, region } = plans[0].source;
  return {
    database: cluster,
    region,
    ...(account === undefined ? {} : { account }),
    plans: plans.map(({ plan }) => plan),
  };
}

/**
 * Of the plan that was drilled last: another one reads other tables. A drill whose recovery point is no newer than those of the drills before was one
 * of a past moment, and its rows are those of that time; so may an exercise's be.
 */
async function rowsThatCameBack(store: JsonStore, database: string, at: Date): Promise<number[]> {
  const { entries } = await earlierDrills(store, database, at, DRILLS);
  let newestSoFar = 0;
  const counted = entries
    .filter((entry) => !isExercise(entry))
    .flatMap(({ plan, rowsRead, recoveryPointAt }) => {
      const time = recoveryPointAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(recoveryPointAt);
      if (time <= newestSoFar) return [];
      if (Number.isFinite(time)) newestSoFar = time;
      return rowsRead === undefined ? [] : [{ plan, rowsRead }];
    })
    .reverse();
  return counted.filter(({ plan }) => plan === counted[0]?.plan).map(({ rowsRead }) => rowsRead);
}

function historyOf(judged: BackupsJudged): BackupHistory {
  const { seen, history: before, at } = judged;
  const { cluster, points, copies = [], attempts = [], answered } = seen;
  const known = new Map((before?.points ?? []).map((point) => [point.arn, point]));
  const there = [...points, ...copies].filter(({ status }) => status === "available");
  const listed = new Set(there.map(({ arn }) => arn));
  // Where nobody answered, nobody knows what is gone.
  const elsewhere = (before?.points ?? []).filter(
    ({ arn }) => !listed.has(arn) && (isOutOfSight(seen) || !answered.includes(regionOf(arn) ?? "")),
  );
  const now = at.toISOString();
  const days = cluster === undefined ? [] : [{ at: now, days: cluster.retentionDays }];
  const retention = (before?.retention ?? []).filter(
    (then) => !(isSameDay(then.at, now) && then.days === cluster?.retentionDays),
  );
  const newest = newestOf(seen);
  const sizes = (before?.sizes ?? []).filter(({ arn }) => arn !== newest?.arn);
  const resourceId = cluster?.resourceId ?? before?.clusterResourceId;
  return {
    schemaVersion: 1,
    ...(resourceId === undefined ? {} : { clusterResourceId: resourceId }),
    points: [...there.map((point) => remembered(point, attempts, known.get(point.arn))), ...elsewhere],
    gone: goneEarly(judged).map((gone) => ({ ...gone, at: now })),
    retention: [...retention, ...days].slice(-REMEMBERED_RETENTIONS),
    sizes: [
      ...sizes,
      ...(newest === undefined || hasNoSize(newest)
        ? []
        : [{ arn: newest.arn, gib: newest.sizeGib, createdAt: newest.createdAt.toISOString() }]),
    ].slice(-REMEMBERED_SIZES),
  };
}

function remembered(
  { arn, kind, createdAt }: SeenPoint,
  attempts: readonly BackupAttempt[],
  known: SeenBefore | undefined,
): SeenBefore {
  const kept = attempts.find(({ recoveryPointArn }) => recoveryPointArn === arn)?.keptDays;
  const told = typeof kept === "number" ? new Date(createdAt.getTime() + kept * DAY_MILLISECONDS).toISOString() : kept;
  const until = told ?? known?.until;
  return { arn, kind, createdAt: createdAt.toISOString(), ...(until === undefined ? {} : { until }) };
}
