import type { DBClusterSnapshot, RDSClient } from "@aws-sdk/client-rds";
import { accountOf, drillOf } from "../plan/names.ts";
import type { SetAside } from "../plan/scenario.ts";
import { everySnapshot, isCopy } from "../recovery/recovery-point.ts";
import { asItsOwnerSees, momentIn } from "../recovery/shared-origin.ts";

/**
 * RDS takes the identifier in a request for that of a cluster that exists in the region, so everything of the account is listed: 3,000 snapshots of a
 * kind at 100 a page. Four such listings are 120 calls, some 24 s of the function's 100 s.
 */
const MAX_PAGES = 30;

/** A snapshot, and where it was found. */
export interface Standing {
  readonly snapshot: DBClusterSnapshot;
  readonly region: string;
  /** When its data was taken; of a copy, as far as that is known, else the time of copying. */
  readonly takenAt: Date;
}

export interface Wanted {
  readonly cluster: string;
  /** The owner of the source, where that is not the stack's account. */
  readonly account: string | undefined;
}

/** What does not go with its cluster: snapshots that people made, those of AWS Backup, and what the owner's account shares. */
export async function standingSnapshots(rds: RDSClient, region: string, wanted: Wanted): Promise<Standing[]> {
  const own = [
    ...(await everySnapshot(rds, `The account has in ${region}`, { SnapshotType: "manual" }, MAX_PAGES)),
    ...(await everySnapshot(rds, `AWS Backup has in ${region}`, { SnapshotType: "awsbackup" }, MAX_PAGES)),
  ];
  const shared =
    wanted.account === undefined
      ? []
      : (await everySnapshot(rds, `Other accounts share in ${region}`, { SnapshotType: "shared" }, MAX_PAGES))
          .filter(({ DBClusterSnapshotArn: arn }) => accountOf(arn ?? "") === wanted.account)
          .map(asItsOwnerSees);
  return [...own, ...shared].flatMap((snapshot) => standing(snapshot, region, wanted.cluster));
}

/** What goes with its cluster, unless somebody chose to retain it: the snapshots that RDS makes by itself. */
export async function automatedSnapshots(rds: RDSClient, region: string, cluster: string): Promise<Standing[]> {
  const all = await everySnapshot(rds, `RDS has made in ${region}`, { SnapshotType: "automated" }, MAX_PAGES);
  return all.flatMap((snapshot) => standing(snapshot, region, cluster));
}

function standing(snapshot: DBClusterSnapshot, region: string, cluster: string): Standing[] {
  const { DBClusterIdentifier: of, DBClusterSnapshotIdentifier: id = "", SnapshotCreateTime: createdAt } = snapshot;
  if (of !== cluster || createdAt === undefined || drillOf(id) !== undefined) return [];
  return [{ snapshot, region, takenAt: sourceMoment(snapshot) ?? createdAt }];
}

/** A copy tells the time of its copying. Where it was made of one of RDS's own snapshots, the name of that one says when it was taken. */
export function sourceMoment(snapshot: DBClusterSnapshot): Date | undefined {
  const { SourceDBClusterSnapshotArn: source = "", SnapshotCreateTime: copiedAt } = snapshot;
  const [, id] = /:cluster-snapshot:(rds:[^:]+)$/.exec(source) ?? [];
  const moment = id === undefined ? undefined : momentIn(id);
  return moment !== undefined && copiedAt !== undefined && moment <= copiedAt ? moment : undefined;
}

/** Of those that were there at that moment and can be restored, the one with the newest data; of equals, the original. */
export function newestBefore(found: readonly Standing[], before: Date): Standing | undefined {
  return found
    .filter(({ snapshot }) => snapshot.Status === "available")
    .filter(({ snapshot: { SnapshotCreateTime: createdAt } }) => createdAt !== undefined && createdAt <= before)
    .toSorted(
      (a, b) => Number(b.takenAt) - Number(a.takenAt) || Number(isCopy(a.snapshot)) - Number(isCopy(b.snapshot)),
    )[0];
}

/** Nothing where there are none. */
export function setAside(why: string, found: readonly Standing[]): SetAside[] {
  const newest = found.toSorted((a, b) => Number(b.takenAt) - Number(a.takenAt))[0];
  if (newest === undefined) return [];
  const { snapshot, region, takenAt } = newest;
  const id = snapshot.DBClusterSnapshotIdentifier ?? "";
  return [{ why, count: found.length, newest: { id, region, createdAt: takenAt.toISOString() } }];
}

/** In a sentence for each, for whoever asks why there is no way back. */
export function describeSetAside(all: readonly SetAside[]): string {
  return all
    .map(
      ({ why, count, newest }) =>
        ` Not counted: ${count} ${count === 1 ? "snapshot" : "snapshots"} ${why}, the newest ${newest.id} of ${newest.createdAt} in ${newest.region}.`,
    )
    .join("");
}
