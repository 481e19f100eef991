import {
  type DBCluster,
  type DBInstance,
  paginateDescribeDBClusters,
  paginateDescribeDBInstances,
  type RDSClient,
  type Tag,
} from "@aws-sdk/client-rds";
import { RDS_PAGE, readPages } from "../aws/pages.ts";
import { drillOf } from "../plan/names.ts";
import { isOwnedBy, isRestoreTest } from "../recovery/ownership.ts";
import type { FoundDatabase } from "./coverage.ts";

/** One that is there, with what decides where it belongs. */
export interface ListedDatabase {
  readonly database: FoundDatabase;
  readonly tags: readonly Tag[];
  /** Of which database it is a replica, by name or ARN. */
  readonly replicaOf?: string;
}

/**
 * Engines of clusters that are Neptune's and DocumentDB's, which RDS lists as well. What it may list in the future is seen, and not left out unnamed.
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusters.html
 */
const NOT_OF_RDS = new Set<string | undefined>(["neptune", "docdb"]);

export interface DatabaseListing {
  readonly listed: ListedDatabase[];
  /** There are more than are listed. */
  readonly isCutOff: boolean;
}

/**
 * Every database of the region, by its cluster, or by its instance where it has none. Left out are sandboxes of drills and of AWS Backup's restore
 * tests, by name and tags both. Throws what RDS answers.
 */
export async function listDatabases(rds: RDSClient, region: string): Promise<DatabaseListing> {
  const listing = { client: rds, pageSize: RDS_PAGE };
  const clusters = await readPages(paginateDescribeDBClusters(listing, {}), ({ DBClusters = [] }) =>
    DBClusters.flatMap((cluster) => clusterOf(cluster, region)),
  );
  const instances = await readPages(paginateDescribeDBInstances(listing, {}), ({ DBInstances = [] }) =>
    DBInstances.flatMap((instance) => instanceOf(instance, region)),
  );
  return {
    listed: [...clusters.found, ...instances.found].sort(byName),
    isCutOff: clusters.isCutOff || instances.isCutOff,
  };
}

function clusterOf(cluster: DBCluster, region: string): ListedDatabase[] {
  const { DBClusterIdentifier: name = "", Engine: engine, TagList: tags = [] } = cluster;
  if (NOT_OF_RDS.has(engine) || isTemporary(name, tags)) return [];
  const { EngineVersion: version, ClusterCreateTime: createdAt, ReplicationSourceIdentifier: source } = cluster;
  return [listedAs({ kind: "cluster", name, region, engine, version, createdAt }, tags, source)];
}

function instanceOf(instance: DBInstance, region: string): ListedDatabase[] {
  const {
    DBInstanceIdentifier: name = "",
    DBClusterIdentifier: cluster,
    Engine: engine,
    TagList: tags = [],
  } = instance;
  if (cluster !== undefined || NOT_OF_RDS.has(engine) || isTemporary(name, tags)) return [];
  const source = instance.ReadReplicaSourceDBInstanceIdentifier ?? instance.ReadReplicaSourceDBClusterIdentifier;
  const { EngineVersion: version, InstanceCreateTime: createdAt } = instance;
  return [listedAs({ kind: "instance", name, region, engine, version, createdAt }, tags, source)];
}

/** Somebody's drill made it, or AWS Backup did to have it tested: it will be gone. */
function isTemporary(id: string, tags: readonly Tag[]): boolean {
  const drillId = drillOf(id);
  return (drillId !== undefined && isOwnedBy(drillId, { id, tags })) || isRestoreTest({ id, tags });
}

interface Described extends Pick<FoundDatabase, "kind" | "name" | "region"> {
  readonly engine: string | undefined;
  readonly version: string | undefined;
  readonly createdAt: Date | undefined;
}

function listedAs(
  { engine = "unknown", version, createdAt, ...where }: Described,
  tags: readonly Tag[],
  source: string | undefined,
): ListedDatabase {
  const database = {
    ...where,
    engine,
    ...(version === undefined ? {} : { engineVersion: version }),
    ...(createdAt === undefined ? {} : { createdAt: createdAt.toISOString() }),
  };
  return { database, tags, ...(source === undefined || source === "" ? {} : { replicaOf: source }) };
}

const byName = ({ database: a }: ListedDatabase, { database: b }: ListedDatabase): number =>
  a.name < b.name ? -1 : Number(a.name > b.name);
