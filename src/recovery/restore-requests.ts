import {
  CreateDBInstanceCommand,
  DBClusterAlreadyExistsFault,
  DBInstanceAlreadyExistsFault,
  InvalidDBClusterStateFault,
  InvalidResourceStateFault,
  ModifyDBClusterCommand,
  type RDSClient,
  RestoreDBClusterFromSnapshotCommand,
  type ServerlessV2ScalingConfiguration,
} from "@aws-sdk/client-rds";
import type { Drill } from "../plan/drill.ts";
import { tagList } from "./ownership.ts";

/** RDS is at work on a request for minutes. What is refused for longer is not busy, and its sandbox costs money by the hour. */
const BUSY_SECONDS = 30 * 60;

/**
 * Every parameter that RDS would otherwise choose by itself is given: an omitted version is the region's default, an omitted network is
 * the default VPC, omitted tags may be production's.
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBClusterFromSnapshot.html
 */
export async function requestCluster(rds: RDSClient, drill: Drill, snapshotArn: string): Promise<void> {
  const { sandbox, recoveryPoint } = drill;
  const request = new RestoreDBClusterFromSnapshotCommand({
    DBClusterIdentifier: sandbox.cluster,
    SnapshotIdentifier: snapshotArn,
    Engine: recoveryPoint.engine,
    EngineVersion: recoveryPoint.engineVersion,
    DBSubnetGroupName: sandbox.subnetGroup,
    VpcSecurityGroupIds: [sandbox.securityGroup],
    DBClusterParameterGroupName: sandbox.parameterGroup,
    KmsKeyId: sandbox.kmsKeyArn,
    DeletionProtection: false,
    CopyTagsToSnapshot: false,
    Tags: tagList(drill.tags),
    ...(sandbox.engineLifecycleSupport === undefined ? {} : { EngineLifecycleSupport: sandbox.engineLifecycleSupport }),
    ...(sandbox.instanceClass === "db.serverless" ? { ServerlessV2ScalingConfiguration: capacityOf(sandbox) } : {}),
  });
  await createOnce(() => rds.send(request), DBClusterAlreadyExistsFault);
}

/** Of a cluster that was restored without one. `waitedSeconds`: see `unlessBusy`. */
export async function requestCapacity(rds: RDSClient, { sandbox }: Drill, waitedSeconds: number): Promise<void> {
  const request = new ModifyDBClusterCommand({
    DBClusterIdentifier: sandbox.cluster,
    ServerlessV2ScalingConfiguration: capacityOf(sandbox),
    ApplyImmediately: true,
  });
  await unlessBusy(() => rds.send(request), waitedSeconds);
}

const capacityOf = ({ minAcu, maxAcu }: Drill["sandbox"]): ServerlessV2ScalingConfiguration => ({
  MinCapacity: minAcu,
  MaxCapacity: maxAcu,
});

/** A restored Aurora cluster has no instance, and without one nothing can be asked. `waitedSeconds`: see `unlessBusy`. */
export async function requestWriter(rds: RDSClient, drill: Drill, waitedSeconds: number): Promise<void> {
  const { sandbox, recoveryPoint } = drill;
  const request = new CreateDBInstanceCommand({
    DBInstanceIdentifier: sandbox.writer,
    DBClusterIdentifier: sandbox.cluster,
    DBInstanceClass: sandbox.instanceClass,
    Engine: recoveryPoint.engine,
    PubliclyAccessible: false,
    AutoMinorVersionUpgrade: false,
    Tags: tagList(drill.tags),
  });
  await unlessBusy(() => createOnce(() => rds.send(request), DBInstanceAlreadyExistsFault), waitedSeconds);
}

/**
 * RDS's descriptions lag behind its states: what looks `available` may still be at work on the request before, made by this drill. That
 * refusal is a reason to look again, not an error, until the step has waited for 30 min to be let in.
 */
export async function unlessBusy(request: () => Promise<unknown>, waitedSeconds: number): Promise<void> {
  try {
    await request();
  } catch (error) {
    const isBusy = error instanceof InvalidDBClusterStateFault || error instanceof InvalidResourceStateFault;
    if (!isBusy || waitedSeconds > BUSY_SECONDS) throw error;
  }
}

/** RDS has no idempotency tokens. "Already exists" means that an earlier answer was lost; whose it is, is asked at the next look. */
async function createOnce(
  request: () => Promise<unknown>,
  AlreadyExists: abstract new (...args: never[]) => Error,
): Promise<void> {
  try {
    await request();
  } catch (error) {
    if (!(error instanceof AlreadyExists)) throw error;
  }
}
