/** EC2's describe calls that a drill makes, over a model of each region's network. */
import type { DescribeRegionsCommandInput, Filter, Region, Tag } from "@aws-sdk/client-ec2";
import * as ec2 from "@aws-sdk/client-ec2";
import { type Operation, type Service, ServiceError } from "../wire/service.ts";
import { choose, type Description } from "./ec2/describe.ts";
import * as of from "./ec2/descriptions.ts";
import type { Network } from "./ec2/network.ts";
import { REGIONS } from "./ec2/regions.ts";

export { emptyNetwork, isolatedNetwork, type Network } from "./ec2/network.ts";

/** EC2 over `networks`, by region. A region that is not in there has no network at all. */
export function ec2Service({ networks }: { readonly networks: ReadonlyMap<string, Network> }): Service {
  /** An operation that answers `items` of the caller's region under `output`; ids and filters come under their own names. */
  function describing<Item extends { readonly Tags?: Tag[] | undefined }>(
    names: { readonly output: string; readonly ids: string; readonly filters?: string },
    description: Description<Item>,
    items: (network: Network) => readonly Item[],
  ): Operation {
    return (input: Readonly<Record<string, unknown>>, { region }) => {
      if (input["GroupNames"] !== undefined) {
        throw new ServiceError(
          "InvalidParameterValue",
          "Security groups outside a default VPC are described by id, not by name",
        );
      }
      const network = networks.get(region);
      const page = choose(network ? items(network) : [], description, {
        ids: input[names.ids] as string[] | undefined,
        filters: input[names.filters ?? "Filters"] as Filter[] | undefined,
        maxResults: input["MaxResults"] as number | undefined,
        nextToken: input["NextToken"] as string | undefined,
        dryRun: input["DryRun"] as boolean | undefined,
      });
      return { [names.output]: page.items, ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }) };
    };
  }

  return {
    name: "ec2",
    sdk: ec2,
    operations: {
      DescribeRegions: describeRegions,
      DescribeSecurityGroups: describing(
        { output: "SecurityGroups", ids: "GroupIds" },
        of.SECURITY_GROUP,
        (network) => network.securityGroups,
      ),
      DescribeSubnets: describing({ output: "Subnets", ids: "SubnetIds" }, of.SUBNET, (network) => network.subnets),
      DescribeRouteTables: describing(
        { output: "RouteTables", ids: "RouteTableIds" },
        of.ROUTE_TABLE,
        (network) => network.routeTables,
      ),
      DescribeInternetGateways: describing(
        { output: "InternetGateways", ids: "InternetGatewayIds" },
        of.INTERNET_GATEWAY,
        (network) => network.internetGateways,
      ),
      DescribeEgressOnlyInternetGateways: describing(
        { output: "EgressOnlyInternetGateways", ids: "EgressOnlyInternetGatewayIds" },
        of.EGRESS_ONLY_INTERNET_GATEWAY,
        (network) => network.egressOnlyInternetGateways,
      ),
      // The one describe call that spells its filters in the singular.
      DescribeNatGateways: describing(
        { output: "NatGateways", ids: "NatGatewayIds", filters: "Filter" },
        of.NAT_GATEWAY,
        (network) => network.natGateways,
      ),
      DescribeVpnGateways: describing(
        { output: "VpnGateways", ids: "VpnGatewayIds" },
        of.VPN_GATEWAY,
        (network) => network.vpnGateways,
      ),
      DescribeVpcPeeringConnections: describing(
        { output: "VpcPeeringConnections", ids: "VpcPeeringConnectionIds" },
        of.VPC_PEERING_CONNECTION,
        (network) => network.vpcPeeringConnections,
      ),
      DescribeTransitGatewayVpcAttachments: describing(
        { output: "TransitGatewayVpcAttachments", ids: "TransitGatewayAttachmentIds" },
        of.TRANSIT_GATEWAY_VPC_ATTACHMENT,
        (network) => network.transitGatewayVpcAttachments,
      ),
      DescribeTransitGatewayAttachments: describing(
        { output: "TransitGatewayAttachments", ids: "TransitGatewayAttachmentIds" },
        of.TRANSIT_GATEWAY_ATTACHMENT,
        (network) => network.transitGatewayVpcAttachments.map(of.asTransitGatewayAttachment),
      ),
      DescribeCarrierGateways: describing(
        { output: "CarrierGateways", ids: "CarrierGatewayIds" },
        of.CARRIER_GATEWAY,
        (network) => network.carrierGateways,
      ),
      DescribeVpcEndpoints: describing(
        { output: "VpcEndpoints", ids: "VpcEndpointIds" },
        of.VPC_ENDPOINT,
        (network) => network.vpcEndpoints,
      ),
    },
  };
}

const REGION_FILTERS: Description<Region & { readonly Tags?: Tag[] }> = {
  idOf: (region) => region.RegionName,
  notFound: "InvalidParameterValue",
  filters: {
    endpoint: (region) => [region.Endpoint],
    "opt-in-status": (region) => [region.OptInStatus],
    "region-name": (region) => [region.RegionName],
  },
};

function describeRegions(input: DescribeRegionsCommandInput): { Regions: Region[] } {
  const unknown = (input.RegionNames ?? []).filter((name) => !REGIONS.some((region) => region.RegionName === name));
  if (unknown.length > 0)
    throw new ServiceError("InvalidParameterValue", `Invalid region name(s): ${unknown.join(", ")}`);
  const named = REGIONS.filter((region) => !input.RegionNames?.length || input.RegionNames.includes(region.RegionName));
  const shown = named.filter((region) => input.AllRegions === true || region.OptInStatus !== "not-opted-in");
  const { items } = choose(shown, REGION_FILTERS, { ids: undefined, filters: input.Filters, dryRun: input.DryRun });
  return { Regions: items };
}
