import {
  paginateDescribeDBClusterSnapshots,
  paginateDescribeDBClusters,
  paginateDescribeDBInstances,
  type RDSClient,
  type Tag,
} from "@aws-sdk/client-rds";
import { RDS_PAGE, readPages } from "../aws/pages.ts";
import { drillOf } from "../plan/names.ts";
import type { Remaining } from "../recovery/answers.ts";

/** What has the name of a drill's resource. Whose it is, its tags have to say too. */
export interface NamedResource {
  readonly kind: Remaining["kind"];
  readonly id: string;
  readonly region: string;
  readonly drillId: string;
  readonly tags: readonly Tag[];
  /** Absent of an instance that was never up. */
  readonly createdAt: Date | undefined;
}

export interface Inventory {
  readonly resources: NamedResource[];
  /** Kinds of which there are more than are listed. */
  readonly cutOff: Remaining["kind"][];
}

/** Everything in the region that a drill could have given its name to. Throws what RDS answers. */
export async function drillResources(rds: RDSClient, region: string): Promise<Inventory> {
  const listing = { client: rds, pageSize: RDS_PAGE };
  const instances = await readPages(paginateDescribeDBInstances(listing, {}), ({ DBInstances = [] }) =>
    DBInstances.flatMap((each) =>
      named("instance", region, each.DBInstanceIdentifier, each.TagList, each.InstanceCreateTime),
    ),
  );
  const clusters = await readPages(paginateDescribeDBClusters(listing, {}), ({ DBClusters = [] }) =>
    DBClusters.flatMap((each) =>
      named("cluster", region, each.DBClusterIdentifier, each.TagList, each.ClusterCreateTime),
    ),
  );
  // A copy is manual, whatever it is a copy of.
  const snapshots = await readPages(
    paginateDescribeDBClusterSnapshots(listing, { SnapshotType: "manual" }),
    ({ DBClusterSnapshots = [] }) =>
      DBClusterSnapshots.flatMap((each) =>
        named("snapshot", region, each.DBClusterSnapshotIdentifier, each.TagList, each.SnapshotCreateTime),
      ),
  );
  const listings = { instance: instances, cluster: clusters, snapshot: snapshots };
  return {
    resources: [...instances.found, ...clusters.found, ...snapshots.found],
    cutOff: (["instance", "cluster", "snapshot"] as const).filter((kind) => listings[kind].isCutOff),
  };
}

function named(
  kind: NamedResource["kind"],
  region: string,
  id: string | undefined,
  tags: readonly Tag[] | undefined,
  createdAt: Date | undefined,
): NamedResource[] {
  const drillId = id === undefined ? undefined : drillOf(id);
  return id === undefined || drillId === undefined ? [] : [{ kind, id, region, drillId, tags: tags ?? [], createdAt }];
}
