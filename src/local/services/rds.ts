/** RDS and its Data API, as far as a drill of Aurora PostgreSQL sees them, on real PostgreSQL servers. */
import type * as Rds from "@aws-sdk/client-rds";
import * as rds from "@aws-sdk/client-rds";
import type { PostgresHost } from "../postgres/postgres-host.ts";
import type { CallContext, Operation, Service } from "../wire/service.ts";
import { RdsAdministration } from "./rds/administration.ts";
import { deleteCluster, describeClusters, modifyCluster } from "./rds/clusters.ts";
import { type Keys, type RdsCore, regionOf, type Vpcs } from "./rds/core.ts";
import type { Durations } from "./rds/durations.ts";
import { disableHttpEndpoint, enableHttpEndpoint } from "./rds/endpoints.ts";
import type { RdsFaults } from "./rds/faults.ts";
import { createInstance, deleteInstance, describeInstances } from "./rds/instances.ts";
import { describeParameterGroups, describeSubnetGroups } from "./rds/networks.ts";
import { restoreCluster } from "./rds/restores.ts";
import { describeSnapshotAttributes, modifySnapshotAttribute } from "./rds/snapshot-attributes.ts";
import { copySnapshot } from "./rds/snapshot-copies.ts";
import { createSnapshot, deleteSnapshot, describeSnapshots } from "./rds/snapshots.ts";
import { startCluster, stopCluster } from "./rds/stops.ts";
import { addTags, listTags } from "./rds/tags.ts";
import { throttled } from "./rds/throttle.ts";
import { type IntervalListener, Timeline } from "./rds/timeline.ts";
import { type DataApiLimits, type DataService, rdsDataService } from "./rds-data.ts";

export interface RdsOptions {
  readonly accountId: string;
  readonly host: PostgresHost;
  /** Below the host's root: restored data directories and snapshots are made here and removed again. */
  readonly directory: string;
  readonly keys: Keys;
  readonly vpcs: Vpcs;
  /** Modelled seconds, where they differ from the table in durations.ts. */
  readonly durations?: Partial<Durations>;
  /** Real seconds per modelled second. */
  readonly timeScale?: number;
  readonly faults?: RdsFaults;
  readonly onInterval?: IntervalListener;
  /** Control-plane calls per second and region; Infinity for no limit. */
  readonly callsPerSecond?: number;
  readonly dataApiLimits?: Partial<DataApiLimits>;
  /** Milliseconds. */
  readonly now?: () => number;
}

export interface LocalRds {
  readonly service: Service;
  readonly dataService: Service;
  readonly administration: RdsAdministration;
  /** Ends Data API sessions and waits for background work; the servers are the host's to stop. */
  close(): Promise<void>;
}

/** A drill makes a call or two a second; a loop without a wait is what this is for. */
const CALLS_PER_SECOND = 20;

export function rdsService(options: RdsOptions): LocalRds {
  const core = coreOf(options);
  const administration = new RdsAdministration(core);
  const data: DataService = rdsDataService(core, options.dataApiLimits);
  const limit = options.callsPerSecond ?? CALLS_PER_SECOND;
  return {
    service: { name: "rds", sdk: rds, operations: throttled(operationsOf(core), limit, core.timeline.now) },
    dataService: data.service,
    administration,
    async close() {
      await data.close();
      await administration.settled();
    },
  };
}

function coreOf(options: RdsOptions): RdsCore {
  const faults = options.faults ?? {};
  const { accountId, host, directory, keys, vpcs, durations, timeScale, onInterval } = options;
  const timeline = new Timeline({
    now: options.now ?? Date.now,
    faults,
    ...(durations && { durations }),
    ...(timeScale !== undefined && { timeScale }),
    ...(onInterval && { onInterval }),
  });
  return {
    accountId,
    host,
    directory,
    keys,
    grantedKeys: new Set(),
    vpcs,
    timeline,
    faults,
    defaultEngineVersion: nextMinor(host.version),
    restoreHooks: [],
    regions: new Map(),
  };
}

/** A region's default moves ahead of what is in production: a restore that does not name its version gets another. */
function nextMinor(version: string): string {
  const [major = "18", minor = "0"] = version.split(".");
  return `${major}.${Number(minor) + 1}`;
}

function operationsOf(core: RdsCore): Record<string, Operation> {
  const on =
    <I>(operation: (core: RdsCore, region: string, input: I) => object): Operation =>
    (input: I, context: CallContext) =>
      operation(core, context.region, input);
  return {
    DescribeDBClusters: on(describeClusters),
    ModifyDBCluster: on(modifyCluster),
    DeleteDBCluster: on(deleteCluster),
    StopDBCluster: on(stopCluster),
    StartDBCluster: on(startCluster),
    RestoreDBClusterFromSnapshot: on(restoreCluster),
    DescribeDBInstances: on(describeInstances),
    CreateDBInstance: on(createInstance),
    DeleteDBInstance: on(deleteInstance),
    DescribeDBClusterSnapshots: on(describeSnapshots),
    CreateDBClusterSnapshot: on(createSnapshot),
    CopyDBClusterSnapshot: on(copySnapshot),
    DeleteDBClusterSnapshot: on(deleteSnapshot),
    ModifyDBClusterSnapshotAttribute: on(modifySnapshotAttribute),
    DescribeDBClusterSnapshotAttributes: on(describeSnapshotAttributes),
    EnableHttpEndpoint: on(enableHttpEndpoint),
    DisableHttpEndpoint: on(disableHttpEndpoint),
    DescribeDBSubnetGroups: on((shared, region, input: Rds.DescribeDBSubnetGroupsMessage) =>
      describeSubnetGroups(shared, regionOf(shared, region), input),
    ),
    DescribeDBClusterParameterGroups: on(describeParameterGroups),
    ListTagsForResource: on(listTags),
    AddTagsToResource: on(addTags),
  };
}
