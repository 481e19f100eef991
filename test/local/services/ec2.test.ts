import {
  DescribeCarrierGatewaysCommand,
  DescribeEgressOnlyInternetGatewaysCommand,
  DescribeInternetGatewaysCommand,
  DescribeNatGatewaysCommand,
  DescribeRegionsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeTransitGatewayAttachmentsCommand,
  DescribeTransitGatewayVpcAttachmentsCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcPeeringConnectionsCommand,
  DescribeVpnGatewaysCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ec2Service, isolatedNetwork, type Network } from "../../../src/local/services/ec2.ts";
import { cloudOf, refusal } from "./cloud-of.ts";

const REGION = "eu-west-1";
let network: Network;
let cloud: Awaited<ReturnType<typeof cloudOf>>;
let client: EC2Client;
beforeEach(async () => {
  network = isolatedNetwork(REGION);
  cloud = await cloudOf(ec2Service({ networks: new Map([[REGION, network]]) }));
  client = new EC2Client(cloud.config(REGION));
});
afterEach(() => cloud.close());

const where = (name: string, ...values: string[]) => ({ Filters: [{ Name: name, Values: values }] });

describe("isolatedNetwork", () => {
  it("is two subnets, a main route table with the local route only, and a security group without rules", async () => {
    const inVpc = where("vpc-id", network.vpcId);
    const { Subnets } = await client.send(new DescribeSubnetsCommand(inVpc));
    expect(Subnets?.map((subnet) => subnet.AvailabilityZone)).toEqual(["eu-west-1a", "eu-west-1b"]);
    const { RouteTables } = await client.send(new DescribeRouteTablesCommand(inVpc));
    expect(RouteTables).toHaveLength(1);
    expect(RouteTables?.[0]?.Routes).toMatchObject([{ GatewayId: "local" }]);
    const { SecurityGroups } = await client.send(new DescribeSecurityGroupsCommand(inVpc));
    expect(SecurityGroups).toMatchObject([{ IpPermissions: [], IpPermissionsEgress: [] }]);
  });

  it("has the same ids on every run, and others in every region", () => {
    expect(isolatedNetwork(REGION)).toEqual(network);
    expect(isolatedNetwork("us-east-1").vpcId).not.toBe(network.vpcId);
    expect(network.vpcId).toMatch(/^vpc-0[0-9a-f]{16}$/);
  });

  it("has no way out of any kind", async () => {
    const { vpcId } = network;
    const attached = where("attachment.vpc-id", vpcId);
    const inVpc = where("vpc-id", vpcId);
    expect(await client.send(new DescribeInternetGatewaysCommand(attached))).toMatchObject({ InternetGateways: [] });
    expect(await client.send(new DescribeEgressOnlyInternetGatewaysCommand({}))).toMatchObject({
      EgressOnlyInternetGateways: [],
    });
    expect(await client.send(new DescribeNatGatewaysCommand({ Filter: inVpc.Filters }))).toMatchObject({
      NatGateways: [],
    });
    expect(await client.send(new DescribeVpnGatewaysCommand(attached))).toMatchObject({ VpnGateways: [] });
    for (const side of ["requester-vpc-info.vpc-id", "accepter-vpc-info.vpc-id"]) {
      const peerings = await client.send(new DescribeVpcPeeringConnectionsCommand(where(side, vpcId)));
      expect(peerings).toMatchObject({ VpcPeeringConnections: [] });
    }
    const transit = await client.send(new DescribeTransitGatewayVpcAttachmentsCommand(inVpc));
    expect(transit).toMatchObject({ TransitGatewayVpcAttachments: [] });
    const attachments = await client.send(new DescribeTransitGatewayAttachmentsCommand(where("resource-id", vpcId)));
    expect(attachments).toMatchObject({ TransitGatewayAttachments: [] });
    expect(await client.send(new DescribeCarrierGatewaysCommand(inVpc))).toMatchObject({ CarrierGateways: [] });
    expect(await client.send(new DescribeVpcEndpointsCommand(inVpc))).toMatchObject({ VpcEndpoints: [] });
  });
});

describe("ec2Service", () => {
  it("shows a way out that was added", async () => {
    const { vpcId } = network;
    network.internetGateways.push({
      InternetGatewayId: "igw-1",
      Attachments: [{ VpcId: vpcId, State: "available" as never }],
    });
    network.internetGateways.push({ InternetGatewayId: "igw-2", Attachments: [] });
    network.routeTables[0]?.Routes?.push({ DestinationCidrBlock: "0.0.0.0/0", GatewayId: "igw-1", State: "active" });
    network.natGateways.push({ NatGatewayId: "nat-1", VpcId: vpcId, State: "available" });
    network.natGateways.push({ NatGatewayId: "nat-2", VpcId: vpcId, State: "deleted" });
    network.transitGatewayVpcAttachments.push({
      TransitGatewayAttachmentId: "tgw-attach-1",
      VpcId: vpcId,
      State: "available",
    });
    const { InternetGateways } = await client.send(
      new DescribeInternetGatewaysCommand(where("attachment.vpc-id", vpcId)),
    );
    expect(InternetGateways?.map((gateway) => gateway.InternetGatewayId)).toEqual(["igw-1"]);
    const { RouteTables } = await client.send(new DescribeRouteTablesCommand(where("association.main", "true")));
    expect(RouteTables?.[0]?.Routes?.map((route) => route.GatewayId)).toEqual(["local", "igw-1"]);
    const live = { Filter: [...where("vpc-id", vpcId).Filters, ...where("state", "available", "pending").Filters] };
    const { NatGateways } = await client.send(new DescribeNatGatewaysCommand(live));
    expect(NatGateways?.map((gateway) => gateway.NatGatewayId)).toEqual(["nat-1"]);
    const byResource = { Filters: [...where("resource-id", vpcId).Filters, ...where("resource-type", "vpc").Filters] };
    const { TransitGatewayAttachments } = await client.send(new DescribeTransitGatewayAttachmentsCommand(byResource));
    expect(TransitGatewayAttachments).toMatchObject([
      { TransitGatewayAttachmentId: "tgw-attach-1", ResourceId: vpcId },
    ]);
  });

  it("answers the tables of a subnet only where one is associated by name", async () => {
    const subnetId = network.subnets[0]?.SubnetId ?? "";
    const bySubnet = new DescribeRouteTablesCommand(where("association.subnet-id", subnetId));
    expect((await client.send(bySubnet)).RouteTables).toEqual([]);
    network.routeTables.push({
      RouteTableId: "rtb-2",
      VpcId: network.vpcId,
      Associations: [{ SubnetId: subnetId }],
      Routes: [],
    });
    expect((await client.send(bySubnet)).RouteTables?.map((table) => table.RouteTableId)).toEqual(["rtb-2"]);
  });

  it("refuses an unknown filter, also where AWS has none by VPC", async () => {
    const misspelt = client.send(new DescribeSubnetsCommand(where("vpcid", network.vpcId)));
    expect(await refusal(misspelt)).toMatchObject({
      name: "InvalidParameterValue",
      message: "The filter 'vpcid' is invalid",
    });
    const egress = new DescribeEgressOnlyInternetGatewaysCommand(where("attachment.vpc-id", network.vpcId));
    expect(await refusal(client.send(egress))).toMatchObject({ name: "InvalidParameterValue" });
  });

  it("filters by tag and by wildcard", async () => {
    network.subnets[0]?.Tags?.push({ Key: "restore-drill:drill", Value: "d-1" });
    const tagged = await client.send(new DescribeSubnetsCommand(where("tag:restore-drill:drill", "d-?")));
    expect(tagged.Subnets?.map((subnet) => subnet.SubnetId)).toEqual([network.subnets[0]?.SubnetId]);
    expect((await client.send(new DescribeSubnetsCommand(where("tag-key", "restore-drill:*")))).Subnets).toHaveLength(
      1,
    );
    expect(
      (await client.send(new DescribeSubnetsCommand(where("availability-zone", "eu-west-1?")))).Subnets,
    ).toHaveLength(2);
    expect((await client.send(new DescribeSubnetsCommand(where("availability-zone", "eu.west-1a")))).Subnets).toEqual(
      [],
    );
  });

  it("answers unknown ids with EC2's own codes", async () => {
    const group = client.send(new DescribeSecurityGroupsCommand({ GroupIds: ["sg-gone"] }));
    expect(await refusal(group)).toMatchObject({
      name: "InvalidGroup.NotFound",
      message: "The ID 'sg-gone' does not exist",
    });
    const subnet = client.send(new DescribeSubnetsCommand({ SubnetIds: ["subnet-gone"] }));
    expect(await refusal(subnet)).toMatchObject({ name: "InvalidSubnetID.NotFound" });
    const nat = client.send(new DescribeNatGatewaysCommand({ NatGatewayIds: ["nat-gone"] }));
    expect(await refusal(nat)).toMatchObject({ name: "NatGatewayNotFound" });
  });

  it("answers in pages", async () => {
    for (let index = 1; index <= 4; index += 1)
      network.subnets.push({ SubnetId: `subnet-${index}`, VpcId: network.vpcId });
    const first = await client.send(new DescribeSubnetsCommand({ MaxResults: 5 }));
    expect(first.Subnets).toHaveLength(5);
    const rest = await client.send(new DescribeSubnetsCommand({ MaxResults: 5, NextToken: first.NextToken }));
    expect(rest.Subnets?.map((subnet) => subnet.SubnetId)).toEqual(["subnet-4"]);
    expect(rest.NextToken).toBeUndefined();
    expect(await refusal(client.send(new DescribeSubnetsCommand({ MaxResults: 4 })))).toMatchObject({
      name: "InvalidParameterValue",
    });
  });

  it("has nothing in a region without a network", async () => {
    const elsewhere = new EC2Client(cloud.config("us-east-1"));
    expect((await elsewhere.send(new DescribeSubnetsCommand({}))).Subnets).toEqual([]);
  });
});

describe("DescribeRegions", () => {
  it("shows the regions of the account, and all of them when asked", async () => {
    const { Regions: enabled = [] } = await client.send(new DescribeRegionsCommand({}));
    expect(enabled).toHaveLength(17);
    expect(enabled.every((region) => region.OptInStatus === "opt-in-not-required")).toBe(true);
    const { Regions: all = [] } = await client.send(new DescribeRegionsCommand({ AllRegions: true }));
    expect(all.find((region) => region.RegionName === "eu-south-1")).toMatchObject({ OptInStatus: "not-opted-in" });
  });

  it("refuses a region that does not exist", async () => {
    const call = client.send(new DescribeRegionsCommand({ RegionNames: ["eu-west-1", "eu-west-9"] }));
    expect(await refusal(call)).toMatchObject({
      name: "InvalidParameterValue",
      message: "Invalid region name(s): eu-west-9",
    });
  });
});
