import {
  type BackupClient,
  DescribeRestoreJobCommand,
  type DescribeRestoreJobOutput,
  ResourceNotFoundException,
} from "@aws-sdk/client-backup";
import type { DBCluster, DBClusterSnapshot, RDSClient } from "@aws-sdk/client-rds";
import { RestoreTestMisplaced, RestoreTestRefused, SourceUnsupported } from "../errors.ts";
import type { RecoveryPoint, RestoreTest } from "../plan/drill.ts";
import type { Plan } from "../plan/plan.ts";
import { isSourceArn } from "../plan/source-arn.ts";
import { findCluster } from "./describe.ts";
import { assertDataApi } from "./guards.ts";
import { securityGroupsOf } from "./isolation-fact.ts";
import { looksLikeProduction } from "./looks-like-production.ts";
import { assertNobodyElseTests, isRestoreTest } from "./ownership.ts";
import { encryptionOf, snapshotNamed } from "./recovery-point.ts";

/** A cluster that is taken over: where it stands is decided already. */
export interface TakenOver {
  readonly restoreTest: RestoreTest;
  readonly recoveryPoint: RecoveryPoint;
  /** As it is known where it is another account's. */
  readonly source: { readonly clusterArn: string; readonly vpcId: string | undefined };
  readonly sandbox: {
    readonly cluster: string;
    readonly subnetGroup: string;
    readonly securityGroup: string;
    readonly parameterGroup: string;
    readonly kmsKeyArn: string;
  };
  readonly engineLifecycleSupport?: string;
}

interface Services {
  readonly backup: (region: string) => BackupClient;
  readonly rds: (region: string) => RDSClient;
}

/** What AWS Backup says of a restore job that a drill can take over. */
type TestedJob = Pick<RestoreTest, "restoreJobId" | "clusterArn"> & {
  readonly sourceArn: string;
  readonly recoveryPointArn: string;
  readonly backedUpAt: Date;
  readonly requestedAt: Date;
  readonly restoredAt: Date;
  readonly bytes: number;
};

const GIB = 1024 ** 3;

/**
 * What AWS Backup restored of the plan's source to have it tested, by its own word and by the cluster's name and tag. Nothing that a request says is
 * believed but the job's id: a take-over must never reach a cluster that is anybody's.
 * Throws RestoreTestRefused for what is not this plan's to test. What is, and still can not be drilled, comes after: SourceUnsupported for an engine or
 * a version that can not be asked, RestoreTestMisplaced for a place that is open. Of those AWS Backup is told (answer-restore-test.ts).
 */
export async function restoredForTest(
  { backup, rds }: Services,
  plan: Plan,
  { restoreJobId, failureMoment }: { restoreJobId: string; failureMoment?: string | undefined },
): Promise<TakenOver> {
  const { region } = plan.sandbox;
  if (!plan.restoreTests)
    throw new RestoreTestRefused(
      `The plan ${plan.plan} takes over no restore tests of AWS Backup, and the restore job ${restoreJobId} was left alone. Write restoreTests: true into the plan and deploy it, unless another stack answers the tests of ${plan.source.cluster}.`,
    );
  const job = testedJob(plan, restoreJobId, await describeJob(backup(region), restoreJobId, region));
  const { clusterArn, requestedAt, restoredAt } = job;
  const id = clusterArn.split(":").at(-1) ?? "";
  const there = rds(region);
  const cluster = restoredCluster(await findCluster(there, id), job);
  // Recovery began when AWS Backup was asked, and by default the data was lost then.
  const lostAt = failureMoment === undefined ? requestedAt : new Date(failureMoment);
  const lifecycle = cluster.EngineLifecycleSupport;
  const snapshot = await snapshotOf(there, job);
  return {
    restoreTest: {
      restoreJobId,
      clusterArn,
      requestedAt: requestedAt.toISOString(),
      restoredAt: restoredAt.toISOString(),
    },
    recoveryPoint: {
      ...identityOf(job, snapshot),
      kind: "awsbackup",
      region,
      createdAt: job.backedUpAt.toISOString(),
      ageSeconds: (lostAt.getTime() - job.backedUpAt.getTime()) / 1000,
      engine: cluster.Engine ?? "",
      engineVersion: cluster.EngineVersion ?? "",
      sizeGib: Math.max(Math.ceil(job.bytes / GIB), cluster.AllocatedStorage ?? 0),
      storageEncryption: encryptionOf(cluster),
    },
    source: { clusterArn: job.sourceArn, vpcId: snapshot?.VpcId },
    sandbox: { cluster: id, ...placeOf(cluster), kmsKeyArn: cluster.KmsKeyId ?? "" },
    ...(lifecycle === undefined ? {} : { engineLifecycleSupport: lifecycle }),
  };
}

async function describeJob(backup: BackupClient, id: string, region: string): Promise<DescribeRestoreJobOutput> {
  try {
    return await backup.send(new DescribeRestoreJobCommand({ RestoreJobId: id }));
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    throw new RestoreTestRefused(
      `AWS Backup knows no restore job ${id} in ${region}, which the plan names as sandbox.region. Restore tests are drilled where they are restored: compare the region of the restore testing plan.`,
      { cause: error },
    );
  }
}

/** Throws RestoreTestRefused for a job that restored anything but a test of this database, and for one whose test is over. */
function testedJob({ source, sandbox }: Plan, restoreJobId: string, job: DescribeRestoreJobOutput): TestedJob {
  const refuse = (why: string): never => {
    throw new RestoreTestRefused(`The restore job ${restoreJobId} can not be drilled: ${why}. Nothing was touched.`);
  };
  const { CreatedResourceArn: clusterArn = "", SourceResourceArn: sourceArn = "" } = job;
  if (job.CreatedBy?.RestoreTestingPlanArn === undefined)
    refuse("it is of no restore testing plan, so what it restored is somebody's to keep");
  if (job.Status !== "COMPLETED") refuse(`it is ${job.Status} (${job.StatusMessage ?? "AWS Backup does not say why"})`);
  const [, , service, region, account = "", kind] = clusterArn.split(":");
  if (service !== "rds" || kind !== "cluster" || region !== sandbox.region)
    refuse(`it restored "${clusterArn}", which is no cluster in ${sandbox.region} (sandbox.region of the plan)`);
  if (!isSourceArn(sourceArn, source, account))
    refuse(`it restored a backup of "${sourceArn}", and the plan's source is ${source.cluster} in ${source.region}`);
  if (job.ValidationStatus !== undefined && job.ValidationStatus !== "VALIDATING")
    refuse(`its validation is over (${job.ValidationStatus}), and AWS Backup takes one result`);
  const { CreationDate, CompletionDate, RecoveryPointCreationDate, RecoveryPointArn: recoveryPointArn = "" } = job;
  if (CreationDate === undefined || CompletionDate === undefined || RecoveryPointCreationDate === undefined)
    return refuse("AWS Backup does not say when it began, when it ended or of when its recovery point is");
  return {
    restoreJobId,
    clusterArn,
    sourceArn,
    recoveryPointArn,
    backedUpAt: RecoveryPointCreationDate,
    requestedAt: CreationDate,
    restoredAt: CompletionDate,
    bytes: job.BackupSizeInBytes ?? 0,
  };
}

/** Throws RestoreTestRefused unless the cluster itself says too that it is a test, and one that nobody has begun. */
function restoredCluster(cluster: DBCluster | undefined, { restoreJobId, clusterArn }: TestedJob): DBCluster {
  if (cluster === undefined)
    throw new RestoreTestRefused(
      `${clusterArn}, which job ${restoreJobId} restored, is not there any more. AWS Backup deletes it when the validation window is over, and at once without one: give the restore testing selection a window (ValidationWindowHours) that is longer than limits.time of the plan with its teardown.`,
    );
  const { DBClusterIdentifier: id = "", TagList: tags, DBClusterArn: arn, Engine: engine } = cluster;
  if (arn !== clusterArn || !isRestoreTest({ id, tags }))
    throw new RestoreTestRefused(
      `${clusterArn}, which job ${restoreJobId} restored, has not the name and the tag that AWS Backup gives what is to be tested. Nothing was touched. Find out who changed them: without its tag AWS Backup does not delete it.`,
    );
  assertNobodyElseTests(cluster);
  if (engine !== "aurora-postgresql")
    throw new SourceUnsupported(`${id} runs ${engine}; this version drills aurora-postgresql only.`);
  assertDataApi(`${id} runs`, cluster.EngineVersion);
  return cluster;
}

/** Throws RestoreTestMisplaced for a place that a sandbox of a drill's own would be refused for by its name. */
function placeOf(cluster: DBCluster): Omit<TakenOver["sandbox"], "cluster" | "kmsKeyArn"> {
  const { DBClusterIdentifier: id, DBSubnetGroup: subnetGroup = "", DBClusterParameterGroup = "" } = cluster;
  const groups = securityGroupsOf(cluster);
  const [securityGroup] = groups;
  const advice = "Name those of the sandbox in the metadata of the restore testing selection";
  if (securityGroup === undefined || groups.length > 1)
    throw new RestoreTestMisplaced(
      `${id} was restored with the security groups ${groups.join(", ") || "(none)"}, and a sandbox has exactly one, without rules. ${advice} (vpcSecurityGroupIds).`,
    );
  if (looksLikeProduction(subnetGroup))
    throw new RestoreTestMisplaced(
      `${id} was restored into the subnet group "${subnetGroup}", which is called like production's. ${advice} (dbSubnetGroupName).`,
    );
  return { subnetGroup, securityGroup, parameterGroup: DBClusterParameterGroup };
}

/** A continuous backup was begun at that time, and restored to a later one that AWS Backup does not tell. */
export const isContinuous = (recoveryPointArn: string): boolean =>
  recoveryPointArn.includes(":recovery-point:continuous:");

/** RDS knows more of a recovery point that is a snapshot, while that is there. */
async function snapshotOf(
  rds: RDSClient,
  { recoveryPointArn: arn }: TestedJob,
): Promise<DBClusterSnapshot | undefined> {
  return arn.split(":")[2] === "rds" ? (await snapshotNamed(rds, { wanted: arn }))[0] : undefined;
}

function identityOf(
  { recoveryPointArn: arn }: TestedJob,
  snapshot: DBClusterSnapshot = {},
): Pick<RecoveryPoint, "arn" | "id" | "copiedFrom" | "clusterResourceId"> {
  const { SourceDBClusterSnapshotArn = "", DbClusterResourceId: clusterResourceId } = snapshot;
  const copiedFrom = isContinuous(arn) ? arn : SourceDBClusterSnapshotArn;
  return {
    arn,
    id: arn.split(":").slice(6).join(":"),
    ...(copiedFrom === "" ? {} : { copiedFrom }),
    ...(clusterResourceId === undefined ? {} : { clusterResourceId }),
  };
}
