import type {
  DBClusterParameterGroup,
  DBSubnetGroup,
  DescribeDBClusterParameterGroupsMessage,
  DescribeDBSubnetGroupsMessage,
} from "@aws-sdk/client-rds";
import { ServiceError } from "../../wire/service.ts";
import { type RdsCore, regionOf } from "./core.ts";
import { rdsArn } from "./identifiers.ts";
import { pageOf } from "./paging.ts";
import { ENGINE, type ParameterGroup, type Region, type SubnetGroup } from "./resources.ts";

const DEFAULT = "default";

/** Aurora PostgreSQL's parameter group family of a version: `aurora-postgresql18`. */
function familyOf(engineVersion: string): string {
  return `${ENGINE}${engineVersion.split(".")[0]}`;
}

// "DB subnets in the DB subnet group should be in at least two different Availability Zones unless there is only one Availability Zone."
const LEAST_ZONES = 2;

/** Throws `DBSubnetGroupDoesNotCoverEnoughAZs`. */
export function requireZones({ name, subnets }: SubnetGroup): void {
  const zones = [...new Set(subnets.map(({ availabilityZone }) => availabilityZone))];
  if (zones.length >= LEAST_ZONES) return;
  throw new ServiceError(
    "DBSubnetGroupDoesNotCoverEnoughAZs",
    `The DB subnet group ${name} doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: ${zones.join(", ")}. Add subnets to cover at least ${LEAST_ZONES} AZs.`,
  );
}

/** The named group, or for no name the default one, which stands in the region's default VPC. Throws `DBSubnetGroupNotFoundFault`. */
export function requireSubnetGroup(core: RdsCore, region: Region, name: string | undefined): SubnetGroup {
  const wanted = (name ?? DEFAULT).toLowerCase();
  const found = subnetGroups(core, region).find((group) => group.name === wanted);
  if (found) return found;
  throw new ServiceError("DBSubnetGroupNotFoundFault", `DB subnet group '${wanted}' does not exist.`);
}

/** The groups given, or for none the VPC's default group. Throws `InvalidParameterValue`, `InvalidVPCNetworkStateFault`. */
export function requireSecurityGroups(
  core: RdsCore,
  region: Region,
  vpcId: string,
  ids: readonly string[] | undefined,
): string[] {
  if (!ids?.length) return [core.vpcs.defaultVpc(region.name).securityGroupId];
  for (const id of ids) {
    const vpc = core.vpcs.vpcOfSecurityGroup(region.name, id);
    if (vpc === undefined) {
      throw new ServiceError("InvalidParameterValue", `Invalid security group , groupId= ${id}, groupName=.`);
    }
    if (vpc !== vpcId) {
      throw new ServiceError(
        "InvalidVPCNetworkStateFault",
        `The DB instance and EC2 security group are in different VPCs. The DB instance is in ${vpcId} and the EC2 security group is in ${vpc}`,
      );
    }
  }
  return [...ids];
}

/** Throws `DBClusterParameterGroupNotFoundFault`, and `InvalidParameterCombination` for a group of another family. */
export function requireParameterGroup(region: Region, name: string | undefined, engineVersion: string): string {
  const family = familyOf(engineVersion);
  const wanted = (name ?? `${DEFAULT}.${family}`).toLowerCase();
  const group = parameterGroups(region, wanted).find((candidate) => candidate.name === wanted);
  if (!group) {
    throw new ServiceError("DBClusterParameterGroupNotFoundFault", `DBClusterParameterGroup not found: ${wanted}`);
  }
  if (group.family !== family) {
    throw new ServiceError(
      "InvalidParameterCombination",
      `The Parameter Group ${wanted} with DBParameterGroupFamily ${group.family} can't be used for this instance. ` +
        `Please use a Parameter Group with DBParameterGroupFamily ${family}`,
    );
  }
  return group.name;
}

export function describeSubnetGroups(core: RdsCore, region: Region, input: DescribeDBSubnetGroupsMessage) {
  const groups = input.DBSubnetGroupName
    ? [requireSubnetGroup(core, region, input.DBSubnetGroupName)]
    : subnetGroups(core, region);
  const page = pageOf(groups, (group) => group.name, input);
  return {
    DBSubnetGroups: page.items.map((group) => subnetGroupShape(core, region.name, group)),
    Marker: page.marker,
  };
}

export function describeParameterGroups(
  core: RdsCore,
  regionName: string,
  input: DescribeDBClusterParameterGroupsMessage,
) {
  const region = regionOf(core, regionName);
  const wanted = input.DBClusterParameterGroupName?.toLowerCase();
  const all = parameterGroups(region, wanted ?? `${DEFAULT}.${familyOf(core.host.version)}`);
  const groups = wanted === undefined ? all : all.filter((group) => group.name === wanted);
  if (wanted !== undefined && groups.length === 0) {
    throw new ServiceError("DBParameterGroupNotFoundFault", `DBClusterParameterGroup not found: ${wanted}`);
  }
  const page = pageOf(groups, (group) => group.name, input);
  return {
    DBClusterParameterGroups: page.items.map((group) => parameterGroupShape(core, regionName, group)),
    Marker: page.marker,
  };
}

export function subnetGroupShape(core: RdsCore, region: string, group: SubnetGroup): DBSubnetGroup {
  return {
    DBSubnetGroupName: group.name,
    DBSubnetGroupDescription: group.description,
    VpcId: group.vpcId,
    SubnetGroupStatus: "Complete",
    Subnets: group.subnets.map((subnet) => ({
      SubnetIdentifier: subnet.id,
      SubnetAvailabilityZone: { Name: subnet.availabilityZone },
      SubnetStatus: "Active",
    })),
    DBSubnetGroupArn: rdsArn(region, core.accountId, "subgrp", group.name),
    SupportedNetworkTypes: ["IPV4"],
  };
}

function parameterGroupShape(core: RdsCore, region: string, group: ParameterGroup): DBClusterParameterGroup {
  return {
    DBClusterParameterGroupName: group.name,
    DBParameterGroupFamily: group.family,
    Description: group.description,
    DBClusterParameterGroupArn: rdsArn(region, core.accountId, "cluster-pg", group.name),
  };
}

function subnetGroups(core: RdsCore, region: Region): SubnetGroup[] {
  const vpc = core.vpcs.defaultVpc(region.name);
  const ofDefaultVpc = { name: DEFAULT, description: DEFAULT, vpcId: vpc.vpcId, subnets: vpc.subnets };
  return [ofDefaultVpc, ...[...region.subnetGroups.values()].filter((group) => group.name !== DEFAULT)];
}

/** AWS's own groups are there without being made: `default.aurora-postgresql18`. */
function parameterGroups(region: Region, wanted: string): ParameterGroup[] {
  const family = new RegExp(`^${DEFAULT}\\.(${ENGINE}\\d+)$`).exec(wanted)?.[1];
  const own = family ? [{ name: wanted, family, description: `Default cluster parameter group for ${family}` }] : [];
  return [...own, ...region.parameterGroups.values()];
}
