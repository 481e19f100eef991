import { DescribeRegionsCommand, type EC2Client } from "@aws-sdk/client-ec2";
import { DescribeKeyCommand, type KMSClient, NotFoundException } from "@aws-sdk/client-kms";
import {
  type DBCluster,
  DBParameterGroupNotFoundFault,
  DBSubnetGroupNotFoundFault,
  DescribeDBClusterParameterGroupsCommand,
  DescribeDBClustersCommand,
  DescribeDBSubnetGroupsCommand,
  type RDSClient,
} from "@aws-sdk/client-rds";
import { PlanInvalid, SandboxRefused, SourceNotFound, SourceUnsupported } from "../errors.ts";
import { drillOf, TAG } from "../plan/names.ts";
import { didYouMean } from "../plan/suggest.ts";
import { findCluster } from "./describe.ts";
import { DRILLED_ENGINE, whyUnsupported } from "./drillable.ts";

/** Throws PlanInvalid for a region that does not exist and SandboxRefused for one the account has not opted in to. */
export async function assertRegions(ec2: EC2Client, regions: Readonly<Record<string, string>>): Promise<void> {
  const answer = await ec2.send(new DescribeRegionsCommand({ AllRegions: true }));
  const known = (answer.Regions ?? []).flatMap(({ RegionName }) => (RegionName === undefined ? [] : [RegionName]));
  for (const [field, region] of Object.entries(regions)) {
    const found = answer.Regions?.find(({ RegionName }) => RegionName === region);
    if (found === undefined)
      throw new PlanInvalid(`${field} is "${region}", which is not an AWS region.${didYouMean(region, known)}`);
    if (found.OptInStatus === "not-opted-in")
      throw new SandboxRefused(
        `${field} is ${region}, which this account has not opted in to. Enable the region or choose another.`,
      );
  }
}

/** The source cluster. Throws SourceNotFound naming the clusters there are, PlanInvalid for a drill's sandbox, or SourceUnsupported. */
export async function findSource(rds: RDSClient, source: { cluster: string; region: string }): Promise<DBCluster> {
  refuseSandbox(source.cluster, drillOf(source.cluster));
  const cluster = await findCluster(rds, source.cluster);
  if (cluster === undefined) {
    const answer = await rds.send(new DescribeDBClustersCommand({}));
    const known = (answer.DBClusters ?? []).flatMap(({ DBClusterIdentifier: id }) => (id === undefined ? [] : [id]));
    const there = known.length === 0 ? "No cluster is there." : `There are: ${known.slice(0, 10).join(", ")}.`;
    throw new SourceNotFound(
      `source.cluster is "${source.cluster}", which is not in ${source.region}.${didYouMean(source.cluster, known)} ${there}`,
    );
  }
  refuseSandbox(source.cluster, cluster.TagList?.find(({ Key }) => Key === TAG.drill)?.Value);
  const why = whyUnsupported(cluster.Engine, cluster.EngineVersion);
  if (why !== undefined) throw new SourceUnsupported(`${source.cluster} runs ${why}`);
  return cluster;
}

function refuseSandbox(cluster: string, drillId: string | undefined): void {
  if (drillId === undefined) return;
  throw new PlanInvalid(
    `source.cluster is "${cluster}", which drill ${drillId} made as its own sandbox: it will be torn down, and proves nothing of production. Name the database whose backups are to be proven, or take the tag ${TAG.drill} off it if it has become one.`,
  );
}

/** Throws SourceUnsupported for a version whose restore could not be asked anything. `what` begins the message: "orders runs". */
export function assertDataApi(what: string, version: string | undefined): void {
  const why = whyUnsupported(DRILLED_ENGINE, version);
  if (why !== undefined) throw new SourceUnsupported(`${what} ${why}`);
}

/** The ARN of a key that can encrypt in that region. Throws SandboxRefused when it is not there or not enabled. */
export async function usableKey(kms: KMSClient, key: string, region: string): Promise<string> {
  try {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: key }));
    if (KeyMetadata?.Arn !== undefined && KeyMetadata.Enabled === true) return KeyMetadata.Arn;
    throw new SandboxRefused(
      `The drill region's key ${key} in ${region} is ${KeyMetadata?.KeyState ?? "unknown"}. Enable it, or name another in sandbox.kmsKey.`,
    );
  } catch (error) {
    if (error instanceof NotFoundException)
      throw new SandboxRefused(
        `There is no key ${key} in ${region}. Create it there, or name another in sandbox.kmsKey.`,
        { cause: error },
      );
    throw error;
  }
}

/** Throws SandboxRefused when the subnet group is not in the drill region, or lies in the VPC of the source. */
export async function assertSubnetGroup(
  rds: RDSClient,
  group: string,
  sandboxRegion: string,
  source: { region: string; vpcId: string | undefined },
): Promise<void> {
  try {
    const answer = await rds.send(new DescribeDBSubnetGroupsCommand({ DBSubnetGroupName: group }));
    const vpcId = answer.DBSubnetGroups?.[0]?.VpcId;
    if (sandboxRegion === source.region && vpcId !== undefined && vpcId === source.vpcId)
      throw new SandboxRefused(
        `The subnet group ${group} lies in ${vpcId}, the VPC of the source. Name one in an isolated VPC in sandbox.subnetGroup.`,
      );
  } catch (error) {
    if (error instanceof DBSubnetGroupNotFoundFault)
      throw new SandboxRefused(
        `There is no DB subnet group ${group} in ${sandboxRegion}. Create it, or name another in sandbox.subnetGroup.`,
        { cause: error },
      );
    throw error;
  }
}

/**
 * Throws SandboxRefused when the DB cluster parameter group is not in the drill region, or is of another major version than what is restored:
 * RDS says so only once the copy is there and paid for.
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusterParameterGroups.html
 */
export async function assertParameterGroup(
  rds: RDSClient,
  group: string,
  sandboxRegion: string,
  engineVersion: string,
): Promise<void> {
  const wanted = `aurora-postgresql${engineVersion.split(".")[0]}`;
  const what = `the recovery point is of Aurora PostgreSQL ${engineVersion}`;
  const mend = `Name one of the family ${wanted} in sandbox.parameterGroup; where the stack makes them, it has those from 14 to its newestEngineMajor.`;
  try {
    const request = new DescribeDBClusterParameterGroupsCommand({ DBClusterParameterGroupName: group });
    const family = (await rds.send(request)).DBClusterParameterGroups?.[0]?.DBParameterGroupFamily;
    if (family !== wanted)
      throw new SandboxRefused(
        `The DB cluster parameter group ${group} in ${sandboxRegion} is of the family ${family ?? "unknown"}, and ${what}. ${mend}`,
      );
  } catch (error) {
    // RDS makes its own default groups with the first cluster that asks for one.
    if (error instanceof DBParameterGroupNotFoundFault && group === `default.${wanted}`) return;
    if (error instanceof DBParameterGroupNotFoundFault)
      throw new SandboxRefused(
        `There is no DB cluster parameter group ${group} in ${sandboxRegion}; ${what}. ${mend}`,
        { cause: error },
      );
    throw error;
  }
}
