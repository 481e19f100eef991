/** The network that a sandbox is made in, as mocked clients tell of it, and the ways in which it may not be closed. */
import {
  type AttachmentStatus,
  DescribeCarrierGatewaysCommand,
  DescribeEgressOnlyInternetGatewaysCommand,
  DescribeInternetGatewaysCommand,
  DescribeNatGatewaysCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeTransitGatewayAttachmentsCommand,
  DescribeVpcPeeringConnectionsCommand,
  DescribeVpnGatewaysCommand,
  EC2Client,
  type RouteTable,
  type SecurityGroup,
  type Subnet,
  type VpcPeeringConnectionStateReasonCode,
} from "@aws-sdk/client-ec2";
import { DBSubnetGroupNotFoundFault, DescribeDBSubnetGroupsCommand, RDSClient } from "@aws-sdk/client-rds";
import { mockClient } from "aws-sdk-client-mock";
import { SAMPLE_DRILL } from "../plan/sample-drill.ts";

export const clients = {
  rds: new RDSClient({ region: "eu-central-1" }),
  ec2: new EC2Client({ region: "eu-central-1" }),
};
export const rds = mockClient(clients.rds);
export const ec2 = mockClient(clients.ec2);
export const VPC = "vpc-isolated";
const LOCAL = { DestinationCidrBlock: "10.90.0.0/16", GatewayId: "local" };
/** As CloudFormation makes the rule of the stack's own group. */
const LOOPBACK = { IpProtocol: "-1", IpRanges: [{ CidrIp: "127.0.0.1/32" }] };
const GROUP_ID = SAMPLE_DRILL.sandbox.securityGroup;

const groupIs = (changes: SecurityGroup) =>
  ec2.on(DescribeSecurityGroupsCommand).resolves({
    SecurityGroups: [
      { GroupId: GROUP_ID, GroupName: "closed", VpcId: VPC, IpPermissions: [], IpPermissionsEgress: [], ...changes },
    ],
  });
const subnetIs = (changes: Subnet) =>
  ec2.on(DescribeSubnetsCommand).resolves({
    Subnets: [
      { SubnetId: "subnet-b", VpcId: VPC, MapPublicIpOnLaunch: false },
      { SubnetId: "subnet-a", VpcId: VPC, MapPublicIpOnLaunch: false, ...changes },
    ],
  });
export const routeTables = (...RouteTables: RouteTable[]) =>
  ec2.on(DescribeRouteTablesCommand).resolves({ RouteTables });
const peering = (side: "requester" | "accepter", Code: VpcPeeringConnectionStateReasonCode = "active") =>
  ec2
    .on(DescribeVpcPeeringConnectionsCommand, { Filters: [{ Name: `${side}-vpc-info.vpc-id`, Values: [VPC] }] })
    .resolves({ VpcPeeringConnections: [{ Status: { Code } }] });
const vpnGateway = (State: AttachmentStatus) =>
  ec2
    .on(DescribeVpnGatewaysCommand)
    .resolves({ VpnGateways: [{ State: "available", VpcAttachments: [{ VpcId: VPC, State }] }] });

export const MAIN_TABLE: RouteTable = { Associations: [{ Main: true }], Routes: [LOCAL] };

/** As it should be. */
export function closeNetwork(): void {
  rds.reset();
  ec2.reset();
  rds.on(DescribeDBSubnetGroupsCommand).resolves({
    DBSubnetGroups: [{ VpcId: VPC, Subnets: [{ SubnetIdentifier: "subnet-a" }, { SubnetIdentifier: "subnet-b" }] }],
  });
  ec2.onAnyCommand().resolves({});
  groupIs({});
  subnetIs({});
  routeTables(MAIN_TABLE);
}

type Break = [what: string, breakIt: () => unknown, broken: string];

/** Subnet group and security group that do not belong together, or not to a sandbox. */
export const MISFITS: readonly Break[] = [
  [
    "no subnet group",
    () => rds.on(DescribeDBSubnetGroupsCommand).rejects(new DBSubnetGroupNotFoundFault({ message: "", $metadata: {} })),
    "the VPC of the subnet group was found: false",
  ],
  [
    "a subnet group of no VPC",
    () => rds.on(DescribeDBSubnetGroupsCommand).resolves({ DBSubnetGroups: [] }),
    "the VPC of the subnet group was found: false",
  ],
  [
    "a subnet that is gone",
    () =>
      ec2
        .on(DescribeSubnetsCommand)
        .resolves({ Subnets: [{ SubnetId: "subnet-a", VpcId: VPC, MapPublicIpOnLaunch: false }] }),
    "subnets of the subnet group in its VPC: subnet-a",
  ],
  [
    "a subnet of another VPC",
    () => subnetIs({ VpcId: "vpc-another" }),
    "subnets of the subnet group in its VPC: subnet-b",
  ],
  ["a security group of another VPC", () => groupIs({ VpcId: "vpc-another" }), "security groups in its VPC: none"],
  [
    "a security group that is not there",
    () => ec2.on(DescribeSecurityGroupsCommand).resolves({ SecurityGroups: [] }),
    "security groups in its VPC: none",
  ],
  [
    "a security group named like production's",
    () => groupIs({ GroupName: "orders-prod-db" }),
    "security groups named like production's: orders-prod-db",
  ],
];

/** Ways in or out. */
export const WAYS: readonly Break[] = [
  ["a rule inwards", () => groupIs({ IpPermissions: [{ IpProtocol: "tcp" }] }), "rules in its security groups: 1"],
  [
    "a rule outwards, such as AWS's default",
    () => groupIs({ IpPermissionsEgress: [{ IpProtocol: "-1" }] }),
    "rules in its security groups: 1",
  ],
  ["a rule inwards from loopback", () => groupIs({ IpPermissions: [LOOPBACK] }), "rules in its security groups: 1"],
  [
    "a rule outwards to loopback and somewhere else",
    () =>
      groupIs({ IpPermissionsEgress: [{ ...LOOPBACK, IpRanges: [...LOOPBACK.IpRanges, { CidrIp: "10.0.0.0/8" }] }] }),
    "rules in its security groups: 1",
  ],
  [
    "a rule outwards to more of loopback than its one address",
    () => groupIs({ IpPermissionsEgress: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "127.0.0.0/8" }] }] }),
    "rules in its security groups: 1",
  ],
  [
    "a rule outwards to loopback and a prefix list",
    () => groupIs({ IpPermissionsEgress: [{ ...LOOPBACK, PrefixListIds: [{ PrefixListId: "pl-s3" }] }] }),
    "rules in its security groups: 1",
  ],
  [
    "a rule outwards to loopback and another group",
    () => groupIs({ IpPermissionsEgress: [{ ...LOOPBACK, UserIdGroupPairs: [{ GroupId: "sg-9" }] }] }),
    "rules in its security groups: 1",
  ],
  ["a public subnet", () => subnetIs({ MapPublicIpOnLaunch: true }), "subnets that give public addresses: 1"],
  [
    "a route of a subnet",
    () =>
      routeTables(MAIN_TABLE, {
        Associations: [{ SubnetId: "subnet-b" }],
        Routes: [LOCAL, { DestinationCidrBlock: "0.0.0.0/0", NatGatewayId: "nat-1" }],
      }),
    "routes of its subnets and of the main route table: 0.0.0.0/0 -> elsewhere",
  ],
  [
    "a route of the main table",
    () =>
      routeTables({
        Associations: [{ Main: true }],
        Routes: [{ DestinationIpv6CidrBlock: "::/0", EgressOnlyInternetGatewayId: "e" }],
      }),
    "routes of its subnets and of the main route table: ::/0 -> elsewhere",
  ],
  [
    "a gateway endpoint's route",
    () =>
      routeTables({
        Associations: [{ Main: true }],
        Routes: [LOCAL, { DestinationPrefixListId: "pl-s3", GatewayId: "vpce-1" }],
      }),
    "routes of its subnets and of the main route table: pl-s3 -> elsewhere",
  ],
  [
    "no route table at all",
    () => routeTables(),
    "routes of its subnets and of the main route table: no route table found",
  ],
  [
    "route tables on a second page",
    () => ec2.on(DescribeRouteTablesCommand).resolves({ RouteTables: [MAIN_TABLE], NextToken: "more" }),
    "routes of its subnets and of the main route table: more than one answer holds",
  ],
  [
    "an internet gateway",
    () => ec2.on(DescribeInternetGatewaysCommand).resolves({ InternetGateways: [{}] }),
    "internet gateways of its VPC: 1",
  ],
  [
    "an egress-only gateway",
    () =>
      ec2
        .on(DescribeEgressOnlyInternetGatewaysCommand)
        .resolves({ EgressOnlyInternetGateways: [{ Attachments: [{ VpcId: VPC }] }] }),
    "egress-only internet gateways of its VPC: 1",
  ],
  [
    "egress-only gateways on a second page",
    () => ec2.on(DescribeEgressOnlyInternetGatewaysCommand).resolves({ NextToken: "more" }),
    "egress-only internet gateways of its VPC: more than one answer holds",
  ],
  [
    "a NAT gateway",
    () => ec2.on(DescribeNatGatewaysCommand).resolves({ NatGateways: [{ State: "available" }] }),
    "NAT gateways of its VPC: 1",
  ],
  ["a VPN gateway", () => vpnGateway("attached"), "VPN gateways of its VPC: 1"],
  ["a VPN gateway that is being attached", () => vpnGateway("attaching"), "VPN gateways of its VPC: 1"],
  [
    "a VPN gateway that does not say to what it is attached",
    () => ec2.on(DescribeVpnGatewaysCommand).resolves({ VpnGateways: [{ State: "available" }] }),
    "VPN gateways of its VPC: 1",
  ],
  ["a peering it asked for", () => peering("requester"), "peerings of its VPC: 1"],
  ["a peering it may yet accept", () => peering("accepter", "pending-acceptance"), "peerings of its VPC: 1"],
  ["a peering it accepted", () => peering("accepter"), "peerings of its VPC: 1"],
  [
    "a transit gateway",
    () =>
      ec2
        .on(DescribeTransitGatewayAttachmentsCommand)
        .resolves({ TransitGatewayAttachments: [{ State: "available" }] }),
    "transit gateway attachments of its VPC: 1",
  ],
  [
    "a carrier gateway",
    () => ec2.on(DescribeCarrierGatewaysCommand).resolves({ CarrierGateways: [{ State: "available" }] }),
    "carrier gateways of its VPC: 1",
  ],
];

/** What EC2 still lists, and what leads nowhere. */
export const REMAINS: readonly (readonly [what: string, list: () => unknown])[] = [
  ["a rule outwards to loopback", () => groupIs({ IpPermissionsEgress: [LOOPBACK] })],
  [
    "a rule outwards to loopback in both kinds of addresses",
    () => groupIs({ IpPermissionsEgress: [{ ...LOOPBACK, Ipv6Ranges: [{ CidrIpv6: "::1/128" }] }] }),
  ],
  ...(["deleted", "rejected", "expired", "failed"] as const).map(
    (state) => [`a peering that is ${state}`, () => peering("accepter", state)] as const,
  ),
  ...(["deleted", "failed"] as const).map(
    (State) =>
      [
        `a NAT gateway that is ${State}`,
        () => ec2.on(DescribeNatGatewaysCommand).resolves({ NatGateways: [{ State }] }),
      ] as const,
  ),
  ...(["deleted", "failed", "rejected"] as const).map(
    (State) =>
      [
        `a transit gateway attachment that is ${State}`,
        () => ec2.on(DescribeTransitGatewayAttachmentsCommand).resolves({ TransitGatewayAttachments: [{ State }] }),
      ] as const,
  ),
  ["a VPN gateway that is detached", () => vpnGateway("detached")],
  [
    "a VPN gateway that is deleted",
    () => ec2.on(DescribeVpnGatewaysCommand).resolves({ VpnGateways: [{ State: "deleted" }] }),
  ],
];
