import { createHash } from "node:crypto";
import type { Network } from "../ec2/network.ts";
import type { Vpcs } from "./core.ts";

type DefaultVpc = ReturnType<Vpcs["defaultVpc"]>;

/**
 * RDS's view of the EC2 model. The first time a region's default VPC matters, it is added to the region's network as AWS makes it:
 * public subnets, a route to an internet gateway, a group that lets everything out. So a restore that names no network can be seen.
 */
export function vpcsOf(networks: ReadonlyMap<string, Network>): Vpcs {
  const defaults = new Map<string, DefaultVpc>();
  return {
    defaultVpc(region) {
      const known = defaults.get(region) ?? describeDefault(region);
      const network = networks.get(region);
      if (!defaults.has(region) && network) addTo(network, known);
      defaults.set(region, known);
      return known;
    },
    vpcOfSecurityGroup(region, securityGroupId) {
      const ofDefault = defaults.get(region);
      if (ofDefault?.securityGroupId === securityGroupId) return ofDefault.vpcId;
      return networks.get(region)?.securityGroups.find((group) => group.GroupId === securityGroupId)?.VpcId;
    },
  };
}

function idOf(kind: string, region: string, what: string): string {
  return `${kind}-0${createHash("sha256").update(`${region}/default/${what}`).digest("hex").slice(0, 16)}`;
}

function describeDefault(region: string): DefaultVpc {
  return {
    vpcId: idOf("vpc", region, "vpc"),
    securityGroupId: idOf("sg", region, "group"),
    subnets: ["a", "b", "c"].map((zone) => ({
      id: idOf("subnet", region, zone),
      availabilityZone: `${region}${zone}`,
    })),
  };
}

function addTo(network: Network, { vpcId, securityGroupId, subnets }: DefaultVpc): void {
  const { region } = network;
  const gatewayId = idOf("igw", region, "gateway");
  const routeTableId = idOf("rtb", region, "main");
  const anywhere = [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
  for (const [index, subnet] of subnets.entries()) {
    network.subnets.push({
      SubnetId: subnet.id,
      VpcId: vpcId,
      State: "available",
      CidrBlock: `172.31.${index * 16}.0/20`,
      AvailabilityZone: subnet.availabilityZone,
      DefaultForAz: true,
      MapPublicIpOnLaunch: true,
      Tags: [],
    });
  }
  network.internetGateways.push({
    InternetGatewayId: gatewayId,
    Attachments: [{ VpcId: vpcId, State: "attached" }],
    Tags: [],
  });
  network.routeTables.push({
    RouteTableId: routeTableId,
    VpcId: vpcId,
    Associations: [{ Main: true, RouteTableId: routeTableId, AssociationState: { State: "associated" } }],
    Routes: [
      { DestinationCidrBlock: "172.31.0.0/16", GatewayId: "local", Origin: "CreateRouteTable", State: "active" },
      { DestinationCidrBlock: "0.0.0.0/0", GatewayId: gatewayId, Origin: "CreateRoute", State: "active" },
    ],
    Tags: [],
  });
  network.securityGroups.push({
    GroupId: securityGroupId,
    GroupName: "default",
    Description: "default VPC security group",
    VpcId: vpcId,
    IpPermissions: [{ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: securityGroupId }] }],
    IpPermissionsEgress: anywhere,
    Tags: [],
  });
}
