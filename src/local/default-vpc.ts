import { createHash } from "node:crypto";
import type { Network } from "./services/ec2.ts";
import type { Vpcs } from "./services/rds/core.ts";

export type DefaultVpc = ReturnType<Vpcs["defaultVpc"]>;

const CIDR = "172.31.0.0/16";

/**
 * Adds the VPC that every AWS account has in every region: with an internet gateway and a route to it. A restore that names no network
 * lands in it. Ids are the same on every run.
 */
export function addDefaultVpc(network: Network, accountId: string): DefaultVpc {
  const id = (kind: string, what: string): string =>
    `${kind}-0${createHash("sha256").update(`${network.region}/default/${what}`).digest("hex").slice(0, 16)}`;
  const vpcId = id("vpc", "vpc");
  const gatewayId = id("igw", "gateway");
  const routeTableId = id("rtb", "main");
  const securityGroupId = id("sg", "default");
  const subnets = ["a", "b"].map((zone) => ({ id: id("subnet", zone), availabilityZone: `${network.region}${zone}` }));

  for (const [index, subnet] of subnets.entries())
    network.subnets.push({
      SubnetId: subnet.id,
      VpcId: vpcId,
      OwnerId: accountId,
      State: "available",
      CidrBlock: `172.31.${index * 16}.0/20`,
      AvailabilityZone: subnet.availabilityZone,
      DefaultForAz: true,
      MapPublicIpOnLaunch: true,
    });
  network.internetGateways.push({
    InternetGatewayId: gatewayId,
    OwnerId: accountId,
    Attachments: [{ VpcId: vpcId, State: "attached" }],
  });
  network.routeTables.push({
    RouteTableId: routeTableId,
    VpcId: vpcId,
    OwnerId: accountId,
    Associations: [{ Main: true, RouteTableId: routeTableId, RouteTableAssociationId: id("rtbassoc", "main") }],
    Routes: [
      { DestinationCidrBlock: CIDR, GatewayId: "local", Origin: "CreateRouteTable", State: "active" },
      { DestinationCidrBlock: "0.0.0.0/0", GatewayId: gatewayId, Origin: "CreateRoute", State: "active" },
    ],
  });
  network.securityGroups.push({
    GroupId: securityGroupId,
    GroupName: "default",
    Description: "default VPC security group",
    OwnerId: accountId,
    VpcId: vpcId,
    IpPermissions: [{ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: securityGroupId }] }],
    IpPermissionsEgress: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
  });
  return { vpcId, subnets, securityGroupId };
}
