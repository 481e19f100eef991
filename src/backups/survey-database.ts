import type { JsonStore } from "../aws/json-store.ts";
import { earlierDrills } from "../evidence/ledger.ts";
import type { Plan } from "../plan/plan.ts";
import {
  BackupHistory,
  historyKeyOf,
  REMEMBERED_RETENTIONS,
  REMEMBERED_SIZES,
  type SeenBefore,
} from "./backup-history.ts";
import type { SurveyedDatabase } from "./backup-survey.ts";
import { judgeBackups } from "./judge.ts";
import { hasNoSize } from "./judge-size.ts";
import { newestOf } from "./judged.ts";
import {
  type BackupAttempt,
  type BackupClients,
  type BackupsSeen,
  lookAtBackups,
  type SeenPoint,
} from "./look-at-backups.ts";
import { strictestOf } from "./policy.ts";

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

interface DatabaseServices extends BackupClients {
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
    services,
    {
      cluster: subject.database,
      region: subject.region,
      ...(subject.account === undefined ? {} : { account: subject.account }),
      ...(policy.copyIn === undefined ? {} : { copyIn: policy.copyIn }),
    },
    at,
  );
  const rowsOfDrills = hasNoSize(newestOf(seen)) ? await rowsThatCameBack(store, subject.database, at) : [];
  const facts = judgeBackups({ at, policy, seen, history, rowsOfDrills });
  return {
    key,
    surveyed: { ...subject, facts, failures: [...seen.failures] },
    history: historyOf(seen, history, at),
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

/** Of the plan that was drilled last: another one reads other tables. */
async function rowsThatCameBack(store: JsonStore, database: string, at: Date): Promise<number[]> {
  const { entries } = await earlierDrills(store, database, at, DRILLS);
  const counted = entries
    .flatMap(({ plan, rowsRead }) => (rowsRead === undefined ? [] : [{ plan, rowsRead }]))
    .reverse();
  return counted.filter(({ plan }) => plan === counted[0]?.plan).map(({ rowsRead }) => rowsRead);
}

function historyOf(seen: BackupsSeen, before: BackupHistory | undefined, at: Date): BackupHistory {
  const { cluster, points, copies = [], attempts = [], answered } = seen;
  const known = new Map((before?.points ?? []).map((point) => [point.arn, point]));
  const there = [...points, ...copies].filter(({ status }) => status === "available");
  // Where nobody answered, nobody knows what is gone.
  const elsewhere = (before?.points ?? []).filter(({ arn }) => !answered.includes(arn.split(":")[3] ?? ""));
  const days = cluster === undefined ? [] : [{ at: at.toISOString(), days: cluster.retentionDays }];
  const newest = newestOf(seen);
  const sizes = (before?.sizes ?? []).filter(({ arn }) => arn !== newest?.arn);
  return {
    schemaVersion: 1,
    points: [...there.map((point) => remembered(point, attempts, known.get(point.arn))), ...elsewhere],
    retention: [...(before?.retention ?? []), ...days].slice(-REMEMBERED_RETENTIONS),
    sizes: [
      ...sizes,
      ...(newest === undefined || hasNoSize(newest) ? [] : [{ arn: newest.arn, gib: newest.sizeGib }]),
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
