import type { DBClusterSnapshot } from "@aws-sdk/client-rds";
import { accountOf, drillOf } from "../plan/names.ts";
import type { SetAside } from "../plan/scenario.ts";
import { everySnapshot, isCopy } from "../recovery/recovery-point.ts";
import { momentIn, namedByItsOwner } from "../recovery/shared-origin.ts";
import type { Exercise } from "./scenario.ts";

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
  readonly isCopy: boolean;
  /** Whether `takenAt` is the data's own time. */
  readonly isDated: boolean;
}

export interface StandingSnapshots {
  readonly found: readonly Standing[];
  /** Of a cluster of the source's name, of which nothing says that it is the source. */
  readonly ofUnknownOrigin: readonly Standing[];
}

/**
 * What does not go with its cluster, in these regions: snapshots that people made, those of AWS Backup, and what the owner's account shares. A cluster
 * may have the source's name in another region or account: what stands there counts where it was copied from the source's region and account, or
 * where its cluster's resource id is known to be the source's. The source's own region comes first: what was made there tells that id too.
 */
export async function standingSnapshots(exercise: Exercise, regions: readonly string[]): Promise<StandingSnapshots> {
  const { source } = exercise.plan;
  const found: DBClusterSnapshot[] = [];
  for (const region of regions) found.push(...(await listed(exercise, region)));
  const named = found.filter(
    ({ DBClusterIdentifier: of, DBClusterSnapshotIdentifier: id = "", SnapshotCreateTime: createdAt }) =>
      of === source.cluster && createdAt !== undefined && drillOf(id) === undefined,
  );
  const originals = named.filter((snapshot) => isOriginal(snapshot, exercise));
  const ids = new Set([
    ...exercise.resourceIds,
    ...originals.flatMap(({ DbClusterResourceId: id }) => (id === undefined ? [] : [id])),
  ]);
  const isOfSource = (snapshot: DBClusterSnapshot): boolean =>
    originals.includes(snapshot) ||
    isFrom(snapshot.SourceDBClusterSnapshotArn ?? "", exercise) ||
    ids.has(snapshot.DbClusterResourceId ?? "");
  const standing = (snapshots: readonly DBClusterSnapshot[]) =>
    snapshots.map((snapshot) => standingOf(snapshot, exercise));
  return {
    found: standing(named.filter(isOfSource)),
    ofUnknownOrigin: standing(named.filter((snapshot) => !isOfSource(snapshot))),
  };
}

/** What goes with its cluster, unless somebody chose to retain it: the snapshots that RDS makes by itself. */
export async function automatedSnapshots(exercise: Exercise): Promise<Standing[]> {
  const { region, cluster } = exercise.plan.source;
  const asked = { SnapshotType: "automated" };
  const all = await everySnapshot(exercise.rds(region), `RDS has made in ${region}`, asked, MAX_PAGES);
  return all
    .filter(({ DBClusterIdentifier: of, SnapshotCreateTime: createdAt }) => of === cluster && createdAt !== undefined)
    .map((snapshot) => standingOf(snapshot, exercise));
}

async function listed({ rds, account }: Exercise, region: string): Promise<DBClusterSnapshot[]> {
  const there = rds(region);
  const own = [
    ...(await everySnapshot(there, `The account has in ${region}`, { SnapshotType: "manual" }, MAX_PAGES)),
    ...(await everySnapshot(there, `AWS Backup has in ${region}`, { SnapshotType: "awsbackup" }, MAX_PAGES)),
  ];
  if (account === undefined) return own;
  const shared = await everySnapshot(there, `Other accounts share in ${region}`, { SnapshotType: "shared" }, MAX_PAGES);
  return [
    ...own,
    ...shared.filter(({ DBClusterSnapshotArn: arn }) => accountOf(arn ?? "") === account).map(namedByItsOwner),
  ];
}

/** Whether what has this ARN is in the source's own region and account, where no other cluster has its name. */
const isFrom = (arn: string, { plan: { source }, account, ownAccount }: Exercise): boolean =>
  arn.split(":")[3] === source.region && accountOf(arn) === (account ?? ownAccount);

const isOriginal = (snapshot: DBClusterSnapshot, exercise: Exercise): boolean =>
  isFrom(snapshot.DBClusterSnapshotArn ?? "", exercise) && !isCopy(snapshot);

function standingOf(snapshot: DBClusterSnapshot, exercise: Exercise): Standing {
  const { DBClusterSnapshotArn: arn = "", SnapshotCreateTime: createdAt = exercise.moment } = snapshot;
  const moment = sourceMoment(snapshot);
  return {
    snapshot,
    region: arn.split(":")[3] ?? "",
    takenAt: moment ?? createdAt,
    isCopy: moment !== undefined || !isOriginal(snapshot, exercise),
    isDated: moment !== undefined || isOriginal(snapshot, exercise),
  };
}

/**
 * A copy tells the time of its copying. Where it was made of one of RDS's own snapshots, the name of that one says when it was taken; so does its own
 * name where another account made it to be shared, as that one's template does.
 */
function sourceMoment(snapshot: DBClusterSnapshot): Date | undefined {
  const { SourceDBClusterSnapshotArn: source = "", SnapshotCreateTime: copiedAt, SnapshotType: type } = snapshot;
  const [, id = type === "shared" ? snapshot.DBClusterSnapshotIdentifier : undefined] =
    /:cluster-snapshot:(rds:[^:]+)$/.exec(source) ?? [];
  const moment = id === undefined ? undefined : momentIn(id);
  return moment !== undefined && copiedAt !== undefined && moment <= copiedAt ? moment : undefined;
}

/** Of those that were there at that moment and can be restored, the one with the newest data; of equals, the original. */
export function newestBefore(found: readonly Standing[], before: Date): Standing | undefined {
  return found
    .filter(({ snapshot }) => snapshot.Status === "available")
    .filter(({ snapshot: { SnapshotCreateTime: createdAt } }) => createdAt !== undefined && createdAt <= before)
    .toSorted((a, b) => Number(b.takenAt) - Number(a.takenAt) || Number(a.isCopy) - Number(b.isCopy))[0];
}

/** Nothing where there are none. */
export function setAside(why: string, found: readonly Standing[]): SetAside[] {
  const newest = found.toSorted((a, b) => Number(b.takenAt) - Number(a.takenAt))[0];
  if (newest === undefined) return [];
  const { snapshot, region, takenAt } = newest;
  const id = snapshot.DBClusterSnapshotIdentifier ?? "";
  return [{ why, count: found.length, newest: { id, region, createdAt: takenAt.toISOString() } }];
}

export const ofUnknownOrigin = ({ ofUnknownOrigin: found }: StandingSnapshots): SetAside[] =>
  setAside("of a cluster of that name (origin not known)", found);

/** In a sentence for each, for whoever asks why there is no way back. */
export function describeSetAside(all: readonly SetAside[]): string {
  return all
    .map(
      ({ why, count, newest }) =>
        ` Not counted: ${count} ${count === 1 ? "snapshot" : "snapshots"} ${why}, the newest ${newest.id} of ${newest.createdAt} in ${newest.region}.`,
    )
    .join("");
}
