/** The network of one region as EC2's describe calls tell it. A test changes it by changing its lists. */
import { createHash } from "node:crypto";
import type {
  CarrierGateway,
  EgressOnlyInternetGateway,
  InternetGateway,
  NatGateway,
  RouteTable,
  SecurityGroup,
  Subnet,
  TransitGatewayVpcAttachment,
  VpcEndpoint,
  VpcPeeringConnection,
  VpnGateway,
} from "@aws-sdk/client-ec2";

export interface Network {
  readonly region: string;
  /** The VPC of the region's sandboxes. */
  readonly vpcId: string;
  readonly subnets: Subnet[];
  readonly routeTables: RouteTable[];
  readonly securityGroups: SecurityGroup[];
  readonly internetGateways: InternetGateway[];
  readonly egressOnlyInternetGateways: EgressOnlyInternetGateway[];
  readonly natGateways: NatGateway[];
  readonly vpnGateways: VpnGateway[];
  readonly vpcPeeringConnections: VpcPeeringConnection[];
  /** DescribeTransitGatewayAttachments answers from these too. */
  readonly transitGatewayVpcAttachments: TransitGatewayVpcAttachment[];
  readonly carrierGateways: CarrierGateway[];
  readonly vpcEndpoints: VpcEndpoint[];
}

const CIDR = "10.77.0.0/16";

/** A region in which nothing has been made yet. */
export function emptyNetwork(region: string, vpcId: string): Network {
  return {
    region,
    vpcId,
    subnets: [],
    routeTables: [],
    securityGroups: [],
    internetGateways: [],
    egressOnlyInternetGateways: [],
    natGateways: [],
    vpnGateways: [],
    vpcPeeringConnections: [],
    transitGatewayVpcAttachments: [],
    carrierGateways: [],
    vpcEndpoints: [],
  };
}

/**
 * One VPC that nothing can reach and that can reach nothing: two subnets in two zones, one main route table with only the local
 * route, one security group without rules. Ids are the same on every run.
 */
export function isolatedNetwork(region: string, accountId = "123456789012"): Network {
  const id = (kind: string, what: string): string =>
    `${kind}-0${createHash("sha256").update(`${region}/${what}`).digest("hex").slice(0, 16)}`;
  const arn = (resource: string): string => `arn:aws:ec2:${region}:${accountId}:${resource}`;
  const vpcId = id("vpc", "sandbox");
  const routeTableId = id("rtb", "main");
  const groupId = id("sg", "closed");
  return {
    ...emptyNetwork(region, vpcId),
    subnets: ["a", "b"].map((zone, index) => {
      const subnetId = id("subnet", zone);
      return {
        SubnetId: subnetId,
        SubnetArn: arn(`subnet/${subnetId}`),
        VpcId: vpcId,
        OwnerId: accountId,
        State: "available",
        CidrBlock: `10.77.${index}.0/24`,
        AvailabilityZone: `${region}${zone}`,
        AvailableIpAddressCount: 251,
        DefaultForAz: false,
        MapPublicIpOnLaunch: false,
        AssignIpv6AddressOnCreation: false,
        Ipv6CidrBlockAssociationSet: [],
        Tags: [],
      };
    }),
    routeTables: [
      {
        RouteTableId: routeTableId,
        VpcId: vpcId,
        OwnerId: accountId,
        Associations: [
          {
            Main: true,
            RouteTableAssociationId: id("rtbassoc", "main"),
            RouteTableId: routeTableId,
            AssociationState: { State: "associated" },
          },
        ],
        Routes: [{ DestinationCidrBlock: CIDR, GatewayId: "local", Origin: "CreateRouteTable", State: "active" }],
        PropagatingVgws: [],
        Tags: [],
      },
    ],
    securityGroups: [
      {
        GroupId: groupId,
        GroupName: "restore-drill-closed",
        Description: "No rules: nothing in, nothing out",
        SecurityGroupArn: arn(`security-group/${groupId}`),
        OwnerId: accountId,
        VpcId: vpcId,
        IpPermissions: [],
        IpPermissionsEgress: [],
        Tags: [],
      },
    ],
  };
}
