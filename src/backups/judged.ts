import type { Backups } from "../plan/backups.ts";
import type { BackupHistory } from "./backup-history.ts";
import type { BackupFact } from "./backup-survey.ts";
import type { BackupsSeen, SeenCluster, SeenPoint } from "./look-at-backups.ts";

/** What a plan's drills look for, as its `recoveryPoint` says; one that names a snapshot looks for the latest in an incident. */
export type DrilledKind = "latest" | "automated" | "manual";

/** What the backups of one database are judged by. Nothing else is asked: the same answers make the same facts. */
export interface BackupsJudged {
  readonly at: Date;
  /** The strictest of its plans' wishes. */
  readonly policy: Backups;
  /** Of each plan, once. */
  readonly drilled: readonly DrilledKind[];
  readonly seen: BackupsSeen;
  /** What earlier surveys saw; absent at the first. */
  readonly history: BackupHistory | undefined;
  /** How many rows came back in drills of one plan that read every one, the newest first. */
  readonly rowsOfDrills: readonly number[];
}

/** What of a fact is not its name. */
export type Finding = Omit<BackupFact, "fact">;

/** In the region of the source: what can be restored, and is no copy of something older, if there is any such. */
export function newestOf({ points }: Pick<BackupsSeen, "points">): SeenPoint | undefined {
  const newest = newestFirst(points);
  return newest.find(({ copiedFrom }) => copiedFrom === undefined) ?? newest[0];
}

/** What drills find: AWS Backup's own is for those that name it. */
export const foundByDrills = (points: readonly SeenPoint[], wanted: DrilledKind): SeenPoint[] =>
  points.filter(({ kind, isListedApart }) => (wanted === "latest" ? isListedApart !== true : kind === wanted));

/** Under another name, or as nothing that is listed: then what is gone of it can not be told from what is only not seen. */
export const isOutOfSight = ({ account, cluster, renamedTo, points }: BackupsSeen): boolean =>
  account === undefined && cluster === undefined && (renamedTo !== undefined || points.length === 0);

export const newestFirst = (points: readonly SeenPoint[]): SeenPoint[] =>
  points.filter(({ status }) => status === "available").sort((a, b) => Number(b.createdAt) - Number(a.createdAt));

/** Why nothing is known of the cluster itself. */
export const withoutCluster = ({ account, renamedTo }: BackupsSeen): string =>
  account === undefined
    ? `The cluster is not there any more${renamedTo === undefined ? "" : `: it is ${renamedTo} now`}.`
    : `The cluster is in account ${account}, and only what that shares can be seen from here.`;

export const notKnown = (wanted: string, sentence: string): Finding => ({
  state: "not-known",
  observed: "not known",
  wanted,
  sentence,
});

export const hoursOf = (seconds: number): number => Math.round(seconds / 360) / 10;

/** A cluster that stands still is not backed up. */
export const standing = (cluster: SeenCluster | undefined): string =>
  cluster === undefined || cluster.status === "available" ? "" : `, and the cluster is ${cluster.status}`;
