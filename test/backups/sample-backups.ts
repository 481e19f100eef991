import type { BackupHistory } from "../../src/backups/backup-history.ts";
import type { BackupFact, BackupFactName } from "../../src/backups/backup-survey.ts";
import { judgeBackups } from "../../src/backups/judge.ts";
import type { BackupsJudged } from "../../src/backups/judged.ts";
import type { BackupsSeen, SeenCluster, SeenPoint } from "../../src/backups/look-at-backups.ts";
import { SAMPLE_PLAN } from "../plan/sample-plan.ts";

export const NOW = new Date("2026-11-22T06:00:00.000Z");
export const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * 86_400_000);

/** Made so many days ago. */
export function point(days: number, changes: Partial<SeenPoint> = {}): SeenPoint {
  const id = `rds:orders-${days}`;
  return {
    id,
    arn: `arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:${changes.id ?? id}`,
    kind: "automated",
    status: "available",
    createdAt: daysAgo(days),
    sizeGib: 100,
    encryption: "sse-kms",
    ...changes,
  };
}
export const copy = (days: number, changes: Partial<SeenPoint> = {}): SeenPoint =>
  point(days, {
    kind: "manual",
    arn: `arn:aws:rds:eu-central-1:111122223333:cluster-snapshot:copy-${days}`,
    id: `copy-${days}`,
    ...changes,
  });

export const CLUSTER: SeenCluster = {
  status: "available",
  createdAt: daysAgo(400),
  retentionDays: 7,
  encryption: "sse-kms",
  isKeptByAwsBackup: false,
  backupWindow: "03:00-03:30",
  restorableAt: new Date(NOW.getTime() - 240_000),
};
/** One a day, at three in the morning. */
export const WEEK = [0.125, 1.125, 2.125, 3.125, 4.125, 5.125, 6.125].map((days) => point(days));

export const SEEN: BackupsSeen = {
  cluster: CLUSTER,
  points: WEEK,
  attempts: [],
  answered: ["eu-west-1"],
  failures: [],
};
export const HISTORY: BackupHistory = {
  schemaVersion: 1,
  points: WEEK.map(({ arn, createdAt }) => ({ arn, kind: "automated", createdAt: createdAt.toISOString() })),
  retention: [{ at: daysAgo(1).toISOString(), days: 7 }],
  sizes: [],
};

export const JUDGED: BackupsJudged = {
  at: NOW,
  policy: SAMPLE_PLAN.plan.backups,
  drilled: ["latest"],
  seen: SEEN,
  history: HISTORY,
  rowsOfDrills: [],
};

/** The one fact, where everything else is well. */
export function factOf(fact: BackupFactName, changes: Partial<BackupsJudged>): BackupFact | undefined {
  return judgeBackups({ ...JUDGED, ...changes }).find((each) => each.fact === fact);
}
