import {
  DescribeCarrierGatewaysCommand,
  DescribeEgressOnlyInternetGatewaysCommand,
  DescribeInternetGatewaysCommand,
  DescribeNatGatewaysCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeTransitGatewayAttachmentsCommand,
  DescribeVpcPeeringConnectionsCommand,
  DescribeVpnGatewaysCommand,
  type EC2Client,
  type RouteTable,
} from "@aws-sdk/client-ec2";
import { fact, type IsolationFact } from "./isolation-fact.ts";

interface SandboxNetwork {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: string[];
}

/**
 * What could carry a packet in or out of the sandbox's VPC, counted. An answer that is cut into pages still counts where one is too many, but
 * a page that is empty and not the last, or one of several route tables, proves nothing.
 * https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html
 */
export async function networkFacts(ec2: EC2Client, network: SandboxNetwork): Promise<IsolationFact[]> {
  const inVpc = (name: string) => [{ Name: name, Values: [network.vpcId] }];
  const [groups, tables, internet, egressOnly, nat, vpn, requested, accepted, transit, carrier] = await Promise.all([
    ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: network.securityGroupIds })),
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
  const rules = (groups.SecurityGroups ?? []).flatMap((group) => [
    ...(group.IpPermissions ?? []),
    ...(group.IpPermissionsEgress ?? []),
  ]);
  const egressOnlyHere = (egressOnly.EgressOnlyInternetGateways ?? []).filter(({ Attachments }) =>
    (Attachments ?? []).some(({ VpcId }) => VpcId === network.vpcId),
  );
  const alive = <Item extends { State?: string | undefined }>(items: Item[] | undefined): Item[] =>
    (items ?? []).filter(({ State }) => State !== "deleted");
  const peerings = [...(requested.VpcPeeringConnections ?? []), ...(accepted.VpcPeeringConnections ?? [])].filter(
    ({ Status }) => Status?.Code !== "deleted",
  );
  return [
    fact("the VPC of the subnet group was found", "true", String(network.vpcId !== "" && network.subnetIds.length > 0)),
    none("rules in its security groups", rules, groups),
    fact(
      "routes of its subnets and of the main route table",
      "only local",
      isCut(tables) ? UNSEEN : describeRoutes(tables.RouteTables ?? [], network),
    ),
    none("internet gateways of its VPC", internet.InternetGateways ?? [], internet),
    none("egress-only internet gateways of its VPC", egressOnlyHere, egressOnly),
    none("NAT gateways of its VPC", alive(nat.NatGateways), nat),
    // This call has no pages.
    none("VPN gateways of its VPC", alive(vpn.VpnGateways)),
    none("peerings of its VPC", peerings, requested, accepted),
    none("transit gateway attachments of its VPC", alive(transit.TransitGatewayAttachments), transit),
    none("carrier gateways of its VPC", alive(carrier.CarrierGateways), carrier),
  ];
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
function describeRoutes(tables: readonly RouteTable[], { subnetIds }: SandboxNetwork): string {
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
