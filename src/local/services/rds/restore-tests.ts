import { randomUUID } from "node:crypto";
import { setTimeout as pauseFor } from "node:timers/promises";
import { deleteCluster } from "./clusters.ts";
import { type RdsCore, regionOf, requireCluster, requireSnapshot } from "./core.ts";
import { parseRdsArn } from "./identifiers.ts";
import type { Cluster } from "./resources.ts";
import { restoreCluster } from "./restores.ts";

/** What AWS Backup is told to restore, and where to; without a place it is the default VPC. */
export interface TestedRestore {
  readonly region: string;
  readonly snapshotId: string;
  /** `RestoreMetadataOverrides` of the restore testing selection. */
  readonly subnetGroup?: string;
  readonly securityGroup?: string;
}

/** Also the key of its tag, without which AWS Backup does not delete it. */
const RESTORE_TEST = "awsbackup-restore-test";
const LOOK_MS = 5;

/**
 * A cluster without an instance, named and tagged as AWS Backup does it: no drill answers for it. Resolves to it once it is available.
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing-inferred-metadata.html
 */
export async function restoreForTest(core: RdsCore, test: TestedRestore): Promise<Cluster> {
  const region = regionOf(core, test.region);
  const id = `${RESTORE_TEST}-${randomUUID().slice(0, 13)}`;
  restoreCluster(
    core,
    test.region,
    {
      DBClusterIdentifier: id,
      SnapshotIdentifier: test.snapshotId,
      Engine: "aurora-postgresql",
      EngineVersion: requireSnapshot(region, test.snapshotId).facts.engineVersion,
      Tags: [{ Key: RESTORE_TEST, Value: randomUUID() }],
      DBSubnetGroupName: test.subnetGroup,
      ...(test.securityGroup === undefined ? {} : { VpcSecurityGroupIds: [test.securityGroup] }),
    },
    "administration",
  );
  const cluster = requireCluster(region, id);
  await over(cluster.creation);
  return cluster;
}

/** As AWS Backup deletes what it restored, by RDS's rules: throws what RDS refuses. Resolves when it is gone. */
export async function deleteRestored(core: RdsCore, arn: string): Promise<void> {
  const { region = "", id = "" } = parseRdsArn(arn) ?? {};
  const cluster = requireCluster(regionOf(core, region), id);
  deleteCluster(core, region, { DBClusterIdentifier: id, SkipFinalSnapshot: true });
  await over(cluster.deletion);
}

/** Real work and modelled time. */
async function over(progress: Cluster["deletion"]): Promise<void> {
  await progress?.settled;
  while (progress?.isOver === false) await pauseFor(LOOK_MS);
}
