import { DescribeDBSubnetGroupsCommand, type RDSClient } from "@aws-sdk/client-rds";
import type { RecoveryPoint } from "../plan/drill.ts";
import type { Plan } from "../plan/plan.ts";
import { assertDataApi, findSource } from "./guards.ts";
import { chooseRecoveryPoint } from "./recovery-point.ts";

/** What of the source its sandbox has to know. */
interface Source {
  /** The owner, where that is not the stack's account. */
  readonly account?: string;
  readonly clusterArn: string;
  /** Where no sandbox may be; absent when RDS does not tell. */
  readonly vpcId?: string;
  /** The source's own, so that a version in extended support can be restored, and none is billed that the source does not use. */
  readonly engineLifecycleSupport?: string;
}

/** What a drill restores from. */
export interface Origin extends Source {
  readonly recoveryPoint: RecoveryPoint;
}

export interface Wanted {
  /** Of the plan, or of the request: `latest`, `automated`, `manual`, or a snapshot's identifier or ARN. */
  readonly recoveryPoint: string;
  /** Nothing newer than this is chosen. */
  readonly before: Date;
}

/**
 * The source and its recovery point, in the stack's own account.
 * Throws SourceNotFound, SourceUnsupported, PlanInvalid or NoRecoveryPoint.
 */
export async function ownOrigin(rds: (region: string) => RDSClient, plan: Plan, wanted: Wanted): Promise<Origin> {
  const { source } = plan;
  const found = await ownSource(rds(source.region), plan);
  const recoveryPoint = await chooseRecoveryPoint(rds(regionOf(wanted.recoveryPoint) ?? source.region), {
    cluster: source.cluster,
    region: source.region,
    wanted: wanted.recoveryPoint,
    before: wanted.before,
  });
  // A restore runs the snapshot's version: an old snapshot of an upgraded cluster is older than its source.
  assertDataApi(`The recovery point ${recoveryPoint.id} is of`, recoveryPoint.engineVersion);
  return { ...found, recoveryPoint };
}

/** The source, in the stack's own account. Throws SourceNotFound, SourceUnsupported or PlanInvalid. */
export async function ownSource(rds: RDSClient, { source }: Plan): Promise<Source> {
  const cluster = await findSource(rds, source);
  const vpcId = await vpcOf(rds, cluster.DBSubnetGroup);
  const { DBClusterArn: clusterArn = "", EngineLifecycleSupport: engineLifecycleSupport } = cluster;
  return {
    clusterArn,
    ...(vpcId === undefined ? {} : { vpcId }),
    ...(engineLifecycleSupport === undefined ? {} : { engineLifecycleSupport }),
  };
}

/** A snapshot that another account shares is always copied: what a sandbox is restored from is then under a key that its owner can not take back. */
export function isCopied({ account, recoveryPoint }: Origin, sandboxRegion: string): boolean {
  return account !== undefined || recoveryPoint.region !== sandboxRegion;
}

/** The region of a snapshot given by ARN. */
export function regionOf(recoveryPoint: string): string | undefined {
  return recoveryPoint.startsWith("arn:") ? recoveryPoint.split(":")[3] : undefined;
}

async function vpcOf(rds: RDSClient, subnetGroup: string | undefined): Promise<string | undefined> {
  if (subnetGroup === undefined) return undefined;
  const answer = await rds.send(new DescribeDBSubnetGroupsCommand({ DBSubnetGroupName: subnetGroup }));
  return answer.DBSubnetGroups?.[0]?.VpcId;
}
