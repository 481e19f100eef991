import {
  DescribeCarrierGatewaysCommand,
  DescribeEgressOnlyInternetGatewaysCommand,
  DescribeInternetGatewaysCommand,
  DescribeNatGatewaysCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  type DescribeSecurityGroupsResult,
  DescribeSubnetsCommand,
  type DescribeSubnetsResult,
  DescribeTransitGatewayAttachmentsCommand,
  DescribeVpcPeeringConnectionsCommand,
  DescribeVpnGatewaysCommand,
  type EC2Client,
  type IpPermission,
  type RouteTable,
  type VpcAttachment,
} from "@aws-sdk/client-ec2";
import { DBSubnetGroupNotFoundFault, DescribeDBSubnetGroupsCommand, type RDSClient } from "@aws-sdk/client-rds";
import type { Drill } from "../plan/drill.ts";
import { fact, type IsolationFact } from "./isolation-fact.ts";
import { looksLikeProduction } from "./looks-like-production.ts";

export interface NetworkFacts {
  /** That subnet group and security group are what a sandbox may be given, and belong together. */
  readonly chosen: readonly IsolationFact[];
  /** That nothing leads into their VPC or out of it. */
  readonly closed: readonly IsolationFact[];
}

interface Network {
  readonly vpcId: string;
  readonly subnetIds: string[];
  readonly securityGroupIds: readonly string[];
}

/**
 * What could carry a packet in or out of the sandbox's VPC, counted, and whether the VPC is one for sandboxes at all. An answer that is cut into
 * pages still counts where one is too many, but a page that is empty and not the last, or one of several route tables, proves nothing.
 * https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html
 */
export async function networkFacts(
  services: { rds: (region: string) => RDSClient; ec2: (region: string) => EC2Client },
  drill: Drill,
  securityGroupIds: readonly string[],
): Promise<NetworkFacts> {
  const { region, subnetGroup } = drill.sandbox;
  const found = await subnetsOf(services.rds(region), subnetGroup);
  const network = { ...found, securityGroupIds };
  const isFound = network.vpcId !== "" && network.subnetIds.length > 0;
  const known = fact("the VPC of the subnet group was found", "true", String(isFound));
  // A filter by no VPC would be refused, or would answer about all of them.
  if (!isFound) return { chosen: [known], closed: [] };
  const ec2 = services.ec2(region);
  const [groups, subnets, closed] = await Promise.all([
    describeGroups(ec2, securityGroupIds),
    ec2.send(new DescribeSubnetsCommand({ Filters: [{ Name: "subnet-id", Values: network.subnetIds }] })),
    wayFacts(ec2, network),
  ]);
  return {
    chosen: [known, fact("its VPC is the source's", "false", isSourceVpc(drill, network.vpcId))].concat(
      belongingFacts(network, groups, subnets),
    ),
    closed: [
      none("rules in its security groups", rulesOf(groups), groups),
      none(
        "subnets that give public addresses",
        (subnets.Subnets ?? []).filter(({ MapPublicIpOnLaunch }) => MapPublicIpOnLaunch !== false),
        subnets,
      ),
      ...closed,
    ],
  };
}

async function subnetsOf(rds: RDSClient, group: string): Promise<Pick<Network, "vpcId" | "subnetIds">> {
  try {
    const answer = await rds.send(new DescribeDBSubnetGroupsCommand({ DBSubnetGroupName: group }));
    const [found] = answer.DBSubnetGroups ?? [];
    return {
      vpcId: found?.VpcId ?? "",
      subnetIds: (found?.Subnets ?? []).flatMap(({ SubnetIdentifier: id }) => (id === undefined ? [] : [id])),
    };
  } catch (error) {
    if (error instanceof DBSubnetGroupNotFoundFault) return { vpcId: "", subnetIds: [] };
    throw error;
  }
}

/** By filter, since an id that is not there is an error of that call's, and a fact here. */
async function describeGroups(ec2: EC2Client, ids: readonly string[]): Promise<DescribeSecurityGroupsResult> {
  if (ids.length === 0) return {};
  return await ec2.send(new DescribeSecurityGroupsCommand({ Filters: [{ Name: "group-id", Values: [...ids] }] }));
}

/** A VPC is of one region, so one of another region is not the source's, whatever that is. */
function isSourceVpc({ source, sandbox }: Drill, vpcId: string): string {
  if (source.region !== sandbox.region) return "false";
  return source.vpcId === undefined ? "not known" : String(source.vpcId === vpcId);
}

function belongingFacts(
  { vpcId, subnetIds, securityGroupIds }: Network,
  { SecurityGroups: groups = [] }: DescribeSecurityGroupsResult,
  { Subnets: subnets = [] }: DescribeSubnetsResult,
): IsolationFact[] {
  const groupsHere = groups.filter(({ VpcId }) => VpcId === vpcId).map(({ GroupId }) => GroupId ?? "");
  const subnetsHere = subnets.filter(({ VpcId }) => VpcId === vpcId).map(({ SubnetId }) => SubnetId ?? "");
  const named = groups.map(({ GroupName }) => GroupName ?? "").filter(looksLikeProduction);
  return [
    fact("subnets of the subnet group in its VPC", listed(subnetIds), listed(subnetsHere)),
    fact("security groups in its VPC", listed(securityGroupIds), listed(groupsHere)),
    fact("security groups named like production's", "none", listed(named)),
  ];
}

const listed = (names: readonly string[]): string => [...names].sort().join(", ") || "none";

const rulesOf = ({ SecurityGroups: groups = [] }: DescribeSecurityGroupsResult): readonly unknown[] =>
  groups.flatMap((group) => [
    ...(group.IpPermissions ?? []),
    ...(group.IpPermissionsEgress ?? []).filter((rule) => !leadsNowhere(rule)),
  ]);

const LOOPBACK = new Set(["127.0.0.1/32", "::1/128"]);

/** CloudFormation can not make a group without any egress rule: the stack's own allows loopback, and no packet to that leaves a host. */
function leadsNowhere({
  IpRanges = [],
  Ipv6Ranges = [],
  PrefixListIds = [],
  UserIdGroupPairs = [],
}: IpPermission): boolean {
  const ranges = [...IpRanges.map(({ CidrIp }) => CidrIp), ...Ipv6Ranges.map(({ CidrIpv6 }) => CidrIpv6)];
  const others = PrefixListIds.length + UserIdGroupPairs.length;
  return others === 0 && ranges.length > 0 && ranges.every((range) => range !== undefined && LOOPBACK.has(range));
}

async function wayFacts(ec2: EC2Client, network: Network): Promise<IsolationFact[]> {
  const inVpc = (name: string) => [{ Name: name, Values: [network.vpcId] }];
  const [tables, internet, egressOnly, nat, vpn, requested, accepted, transit, carrier] = await Promise.all([
    ec2.send(new DescribeRouteTablesCommand({ Filters: inVpc("vpc-id") })),
    ec2.send(new DescribeInternetGatewaysCommand({ Filters: inVpc("attachment.vpc-id") })),
    // This call has no filter by VPC.
    ec2.send(new DescribeEgressOnlyInternetGatewaysCommand({})),
    ec2.send(new DescribeNatGatewaysCommand({ Filter: inVpc("vpc-id") })),
    ec2.send(new DescribeVpnGatewaysCommand({ Filters: inVpc("attachment.vpc-id") })),
    ec2.send(new DescribeVpcPeeringConnectionsCommand({ Filters: inVpc("requester-vpc-info.vpc-id") })),
    ec2.send(new DescribeVpcPeeringConnectionsCommand({ Filters: inVpc("accepter-vpc-info.vpc-id") })),
    ec2.send(new DescribeTransitGatewayAttachmentsCommand({ Filters: inVpc("resource-id") })),
    ec2.send(new DescribeCarrierGatewaysCommand({ Filters: inVpc("vpc-id") })),
  ]);
  const egressOnlyHere = (egressOnly.EgressOnlyInternetGateways ?? []).filter(({ Attachments }) =>
    (Attachments ?? []).some(({ VpcId }) => VpcId === network.vpcId),
  );
  const peerings = [...(requested.VpcPeeringConnections ?? []), ...(accepted.VpcPeeringConnections ?? [])].filter(
    ({ Status }) => !isOver(Status?.Code),
  );
  const vpnGateways = alive(vpn.VpnGateways).filter(({ VpcAttachments }) => isAttached(VpcAttachments, network));
  return [
    fact(
      "routes of its subnets and of the main route table",
      "only local",
      isCut(tables) ? UNSEEN : describeRoutes(tables.RouteTables ?? [], network),
    ),
    none("internet gateways of its VPC", internet.InternetGateways ?? [], internet),
    none("egress-only internet gateways of its VPC", egressOnlyHere, egressOnly),
    none("NAT gateways of its VPC", alive(nat.NatGateways), nat),
    // This call has no pages.
    none("VPN gateways of its VPC", vpnGateways),
    none("peerings of its VPC", peerings, requested, accepted),
    none("transit gateway attachments of its VPC", alive(transit.TransitGatewayAttachments), transit),
    none("carrier gateways of its VPC", alive(carrier.CarrierGateways), carrier),
  ];
}

/** EC2 lists for hours what carries nothing any more, or never did. Every other state is a way, or may become one while the drill runs. */
const OVER = new Set(["deleted", "failed", "rejected", "expired"]);
const isOver = (state: string | undefined): boolean => state !== undefined && OVER.has(state);
const alive = <Item extends { State?: string | undefined }>(items: Item[] | undefined): Item[] =>
  (items ?? []).filter(({ State }) => !isOver(State));

/** A VPN gateway stays listed with the VPCs that it was detached from. */
function isAttached(attachments: VpcAttachment[] | undefined, { vpcId }: Network): boolean {
  const here = (attachments ?? []).filter(({ VpcId }) => VpcId === vpcId);
  return here.length === 0 || here.some(({ State }) => State !== "detached");
}

const UNSEEN = "more than one answer holds";
interface Page {
  readonly NextToken?: string | undefined;
}
const isCut = ({ NextToken }: Page): boolean => NextToken !== undefined && NextToken !== "";

function none(name: string, found: readonly unknown[], ...pages: Page[]): IsolationFact {
  if (found.length > 0) return fact(name, "none", String(found.length));
  return fact(name, "none", pages.some(isCut) ? UNSEEN : "none");
}

/** A subnet without an association of its own uses the main table, so the main table must be as closed as theirs. */
function describeRoutes(tables: readonly RouteTable[], { subnetIds }: Network): string {
  const relevant = tables.filter(({ Associations }) =>
    (Associations ?? []).some(
      ({ Main, SubnetId }) => Main === true || (SubnetId !== undefined && subnetIds.includes(SubnetId)),
    ),
  );
  if (relevant.length === 0) return "no route table found";
  const leading = relevant
    .flatMap(({ Routes }) => Routes ?? [])
    .filter(({ GatewayId }) => GatewayId !== "local")
    .map(
      (route) =>
        `${route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock ?? route.DestinationPrefixListId ?? "?"} -> elsewhere`,
    );
  return leading.length === 0 ? "only local" : leading.join(", ");
}
