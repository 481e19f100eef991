import type { DBClusterSnapshot, RDSClient } from "@aws-sdk/client-rds";
import { NoRecoveryPoint, SourceUnsupported } from "../errors.ts";
import { accountOf } from "../plan/names.ts";
import type { Plan } from "../plan/plan.ts";
import { didYouMean } from "../plan/suggest.ts";
import { assertDataApi } from "./guards.ts";
import { type Origin, regionOf, type Wanted } from "./origin.ts";
import { everySnapshot, isKind, newestUsable } from "./recovery-point.ts";

/**
 * The source and its recovery point where another account owns both and shares the snapshot. RDS tells nothing of the cluster itself across
 * accounts: what there is to know of it comes from the snapshot.
 * Throws NoRecoveryPoint saying what to do in the source's account, SourceUnsupported or PlanInvalid.
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-share-snapshot.html
 */
export async function sharedOrigin(
  rds: (region: string) => RDSClient,
  { source: { cluster, region: sourceRegion } }: Plan,
  wanted: Wanted & { readonly account: string },
): Promise<Origin> {
  const { account, before, recoveryPoint } = wanted;
  const region = regionOf(recoveryPoint) ?? sourceRegion;
  const shared = await snapshotsSharedBy(rds(region), account, region);
  const found = isKind(recoveryPoint)
    ? shared.filter(({ DBClusterIdentifier: of }) => of === cluster)
    : shared.filter(({ DBClusterSnapshotIdentifier: id, DBClusterSnapshotArn: arn }) =>
        [id, arn].includes(recoveryPoint),
      );
  if (found.length === 0) throw new NoRecoveryPoint(explainNotShared({ ...wanted, cluster, region }, shared));
  const chosen = newestUsable(found, { cluster, region, wanted: recoveryPoint, before });
  if (chosen.engine !== "aurora-postgresql")
    throw new SourceUnsupported(
      `${cluster} in account ${account} runs ${chosen.engine}; this version drills aurora-postgresql only.`,
    );
  assertDataApi(`The recovery point ${chosen.id} is of`, chosen.engineVersion);
  const vpcId = found.find(({ DBClusterSnapshotArn: arn }) => arn === chosen.arn)?.VpcId;
  return {
    account,
    clusterArn: chosen.arn.replace(/:cluster-snapshot:.*$/, `:cluster:${cluster}`),
    ...(vpcId === undefined ? {} : { vpcId }),
    recoveryPoint: chosen,
  };
}

/** What that account shares in the region, of all of its clusters, as it sees it itself. Throws SourceUnsupported when it is too much to list. */
export async function snapshotsSharedBy(rds: RDSClient, account: string, region: string): Promise<DBClusterSnapshot[]> {
  // Not filtered by the cluster: RDS takes an identifier for that of a cluster of this account.
  const shared = await everySnapshot(rds, `Other accounts share in ${region}`, { SnapshotType: "shared" });
  return shared.flatMap((snapshot) =>
    accountOf(snapshot.DBClusterSnapshotArn ?? "") === account ? [asItsOwnerSees(snapshot)] : [],
  );
}

/** To others, RDS gives a shared snapshot's ARN as its identifier. */
export const namedByItsOwner = (snapshot: DBClusterSnapshot): DBClusterSnapshot => ({
  ...snapshot,
  DBClusterSnapshotIdentifier: snapshot.DBClusterSnapshotArn?.split(":").slice(6).join(":") ?? "",
});

function asItsOwnerSees(snapshot: DBClusterSnapshot): DBClusterSnapshot {
  const { SourceDBClusterSnapshotArn, ...original } = namedByItsOwner(snapshot);
  const backedUpAt = momentIn(original.DBClusterSnapshotIdentifier ?? "");
  const { SnapshotCreateTime: copiedAt } = snapshot;
  const isKnown = backedUpAt !== undefined && copiedAt !== undefined && backedUpAt <= copiedAt;
  return isKnown
    ? { ...original, SnapshotCreateTime: backedUpAt }
    : { ...original, ...(SourceDBClusterSnapshotArn === undefined ? {} : { SourceDBClusterSnapshotArn }) };
}

/**
 * When the automated snapshot was taken that was copied to be shared: RDS ends such names with the minute in UTC, and the source account's
 * template keeps it. The copy's own time is that of copying, which is later.
 */
export function momentIn(id: string): Date | undefined {
  const [found, date, hour, minute] = /-(\d{4}-\d\d-\d\d)-(\d\d)-(\d\d)$/.exec(id) ?? [];
  if (found === undefined) return undefined;
  const text = `${date}T${hour}:${minute}:00.000Z`;
  const moment = new Date(text);
  // Date takes some texts that are no moments, such as February 30, for others.
  return Number.isNaN(moment.getTime()) || moment.toISOString() !== text ? undefined : moment;
}

function explainNotShared(
  asked: { account: string; cluster: string; region: string; recoveryPoint: string },
  shared: readonly DBClusterSnapshot[],
): string {
  const { account, cluster, region, recoveryPoint } = asked;
  const what = isKind(recoveryPoint) ? `no cluster snapshot of ${cluster}` : `no cluster snapshot ${recoveryPoint}`;
  const others = [...new Set(shared.flatMap(({ DBClusterIdentifier: id }) => (id === undefined ? [] : [id])))];
  const seen =
    others.length === 0
      ? "It shares none at all there."
      : `It shares snapshots of: ${others.slice(0, 10).join(", ")}.${didYouMean(cluster, others)}`;
  return `Account ${account} shares ${what} in ${region} with this account, so there is nothing here to recover it from. ${seen} In account ${account}, deploy source-account/template.yml in ${region}, or look why its last run failed; or copy a snapshot of the cluster under a key that this account may use, and share the copy. See docs/cross-account.md.`;
}
