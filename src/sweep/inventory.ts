import {
  paginateDescribeDBClusterSnapshots,
  paginateDescribeDBClusters,
  paginateDescribeDBInstances,
  type RDSClient,
  type Tag,
} from "@aws-sdk/client-rds";
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

/** RDS lists 100 at most. */
const PAGE = 100;
/** 5,000 of each kind: a hundred times what an account may have before its quotas are raised (40 instances, 40 clusters, 100 snapshots). */
const MAX_PAGES = 50;

export interface Inventory {
  readonly resources: NamedResource[];
  /** Kinds of which there are more than are listed. */
  readonly cutOff: Remaining["kind"][];
}

/** Everything in the region that a drill could have given its name to. Throws what RDS answers. */
export async function drillResources(rds: RDSClient, region: string): Promise<Inventory> {
  const listing = { client: rds, pageSize: PAGE };
  const instances = await read(paginateDescribeDBInstances(listing, {}), ({ DBInstances = [] }) =>
    DBInstances.map((each) =>
      named("instance", region, each.DBInstanceIdentifier, each.TagList, each.InstanceCreateTime),
    ),
  );
  const clusters = await read(paginateDescribeDBClusters(listing, {}), ({ DBClusters = [] }) =>
    DBClusters.map((each) => named("cluster", region, each.DBClusterIdentifier, each.TagList, each.ClusterCreateTime)),
  );
  // A copy is manual, whatever it is a copy of.
  const snapshots = await read(
    paginateDescribeDBClusterSnapshots(listing, { SnapshotType: "manual" }),
    ({ DBClusterSnapshots = [] }) =>
      DBClusterSnapshots.map((each) =>
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

async function read<Page>(
  pages: AsyncIterable<Page>,
  namedIn: (page: Page) => NamedResource[][],
): Promise<{ found: NamedResource[]; isCutOff: boolean }> {
  const found: NamedResource[] = [];
  let count = 0;
  for await (const page of pages) {
    if (count === MAX_PAGES) return { found, isCutOff: true };
    found.push(...namedIn(page).flat());
    count += 1;
  }
  return { found, isCutOff: false };
}
