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
  EC2Client,
  type RouteTable,
} from "@aws-sdk/client-ec2";
import {
  type DBCluster,
  DBClusterNotFoundFault,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeDBSubnetGroupsCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import { mockClient } from "aws-sdk-client-mock";
import "aws-sdk-client-mock-vitest/extend";
import { beforeEach, describe, expect, it } from "vitest";
import { NotIsolated } from "../../src/errors.ts";
import { IsolationAnswer } from "../../src/recovery/answers.ts";
import { proveIsolation } from "../../src/recovery/prove-isolation.ts";
import { momentAt, SAMPLE_DRILL } from "../plan/sample-drill.ts";

const rdsThere = new RDSClient({ region: "eu-central-1" });
const ec2There = new EC2Client({ region: "eu-central-1" });
const rds = mockClient(rdsThere);
const ec2 = mockClient(ec2There);
const VPC = "vpc-isolated";
const LOCAL = { DestinationCidrBlock: "10.90.0.0/16", GatewayId: "local" };
const { sandbox } = SAMPLE_DRILL;

const prove = () =>
  proveIsolation({ rds: () => rdsThere, ec2: () => ec2There, now: () => momentAt(900) }, { drill: SAMPLE_DRILL });

async function brokenFacts(): Promise<string[]> {
  const failure = await prove().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(NotIsolated);
  const { facts } = IsolationAnswer.parse((failure as NotIsolated).details);
  return facts.filter(({ holds }) => !holds).map(({ fact, observed }) => `${fact}: ${observed}`);
}

const clusterIs = (changes: Partial<DBCluster> = {}) =>
  rds.on(DescribeDBClustersCommand).resolves({
    DBClusters: [
      {
        DBSubnetGroup: sandbox.subnetGroup,
        VpcSecurityGroups: [{ VpcSecurityGroupId: sandbox.securityGroup }],
        DBClusterMembers: [{ DBInstanceIdentifier: sandbox.writer }],
        ...changes,
      },
    ],
  });
const routeTables = (...RouteTables: RouteTable[]) => ec2.on(DescribeRouteTablesCommand).resolves({ RouteTables });

beforeEach(() => {
  rds.reset();
  ec2.reset();
  clusterIs();
  rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ PubliclyAccessible: false }] });
  rds.on(DescribeDBSubnetGroupsCommand).resolves({
    DBSubnetGroups: [{ VpcId: VPC, Subnets: [{ SubnetIdentifier: "subnet-a" }, { SubnetIdentifier: "subnet-b" }] }],
  });
  ec2.onAnyCommand().resolves({});
  ec2.on(DescribeSecurityGroupsCommand).resolves({ SecurityGroups: [{ IpPermissions: [], IpPermissionsEgress: [] }] });
  routeTables({ Associations: [{ Main: true }], Routes: [LOCAL] });
});

describe("proveIsolation", () => {
  it("holds when every fact of the account does, and tells each with what it should be", async () => {
    const { at, facts } = await prove();
    expect(at).toBe(momentAt(900).toISOString());
    expect(facts).toHaveLength(14);
    expect(facts.filter(({ holds, expected, observed }) => !holds || expected !== observed)).toEqual([]);
  });

  it("asks about the sandbox's own network", async () => {
    await prove();
    expect(ec2).toHaveReceivedCommandWith(DescribeSecurityGroupsCommand, { GroupIds: [sandbox.securityGroup] });
    for (const command of [DescribeRouteTablesCommand, DescribeCarrierGatewaysCommand])
      expect(ec2).toHaveReceivedCommandWith(command, { Filters: [{ Name: "vpc-id", Values: [VPC] }] });
    for (const command of [DescribeInternetGatewaysCommand, DescribeVpnGatewaysCommand])
      expect(ec2).toHaveReceivedCommandWith(command, { Filters: [{ Name: "attachment.vpc-id", Values: [VPC] }] });
    expect(ec2).toHaveReceivedCommandWith(DescribeNatGatewaysCommand, { Filter: [{ Name: "vpc-id", Values: [VPC] }] });
    expect(ec2).toHaveReceivedCommandWith(DescribeTransitGatewayAttachmentsCommand, {
      Filters: [{ Name: "resource-id", Values: [VPC] }],
    });
    for (const side of ["requester", "accepter"])
      expect(ec2).toHaveReceivedCommandWith(DescribeVpcPeeringConnectionsCommand, {
        Filters: [{ Name: `${side}-vpc-info.vpc-id`, Values: [VPC] }],
      });
  });

  it("counts what is gone already as gone", async () => {
    ec2.on(DescribeNatGatewaysCommand).resolves({ NatGateways: [{ State: "deleted" }] });
    ec2.on(DescribeVpnGatewaysCommand).resolves({ VpnGateways: [{ State: "deleted" }] });
    ec2.on(DescribeVpcPeeringConnectionsCommand).resolves({ VpcPeeringConnections: [{ Status: { Code: "deleted" } }] });
    ec2.on(DescribeEgressOnlyInternetGatewaysCommand).resolves({
      EgressOnlyInternetGateways: [{ Attachments: [{ VpcId: "vpc-another" }] }],
    });
    await expect(prove()).resolves.toBeDefined();
  });

  it("does not mind routes of tables that none of its subnets uses", async () => {
    routeTables(
      { Associations: [{ Main: true }], Routes: [LOCAL] },
      {
        Associations: [{ SubnetId: "subnet-public" }],
        Routes: [{ DestinationCidrBlock: "0.0.0.0/0", GatewayId: "igw-1" }],
      },
    );
    await expect(prove()).resolves.toBeDefined();
  });
});

describe("a fact that breaks", () => {
  it.each<[string, () => unknown, string]>([
    ["another subnet group", () => clusterIs({ DBSubnetGroup: "default" }), "the cluster's subnet group: default"],
    [
      "a second security group",
      () =>
        clusterIs({
          VpcSecurityGroups: [{ VpcSecurityGroupId: sandbox.securityGroup }, { VpcSecurityGroupId: "sg-open" }],
        }),
      "the cluster's security groups: sg-0a1b2c, sg-open",
    ],
    [
      "a public address",
      () => rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ PubliclyAccessible: true }] }),
      "the writer has a public address: true",
    ],
    [
      "an address that RDS does not tell of",
      () => rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{}] }),
      "the writer has a public address: undefined",
    ],
    [
      "a reader nobody planned",
      () =>
        clusterIs({ DBClusterMembers: [{ DBInstanceIdentifier: sandbox.writer }, { DBInstanceIdentifier: "reader" }] }),
      `instances in the cluster: ${sandbox.writer}, reader`,
    ],
    [
      "a rule inwards",
      () =>
        ec2
          .on(DescribeSecurityGroupsCommand)
          .resolves({ SecurityGroups: [{ IpPermissions: [{ IpProtocol: "tcp" }] }] }),
      "rules in its security groups: 1",
    ],
    [
      "a rule outwards, such as AWS's default",
      () =>
        ec2
          .on(DescribeSecurityGroupsCommand)
          .resolves({ SecurityGroups: [{ IpPermissionsEgress: [{ IpProtocol: "-1" }] }] }),
      "rules in its security groups: 1",
    ],
    [
      "a route of a subnet",
      () =>
        routeTables(
          { Associations: [{ Main: true }], Routes: [LOCAL] },
          {
            Associations: [{ SubnetId: "subnet-b" }],
            Routes: [LOCAL, { DestinationCidrBlock: "0.0.0.0/0", NatGatewayId: "nat-1" }],
          },
        ),
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
      () =>
        ec2
          .on(DescribeRouteTablesCommand)
          .resolves({ RouteTables: [{ Associations: [{ Main: true }], Routes: [LOCAL] }], NextToken: "more" }),
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
    [
      "a VPN gateway",
      () => ec2.on(DescribeVpnGatewaysCommand).resolves({ VpnGateways: [{ State: "available" }] }),
      "VPN gateways of its VPC: 1",
    ],
    [
      "a peering it asked for",
      () =>
        ec2
          .on(DescribeVpcPeeringConnectionsCommand, { Filters: [{ Name: "requester-vpc-info.vpc-id", Values: [VPC] }] })
          .resolves({ VpcPeeringConnections: [{ Status: { Code: "active" } }] }),
      "peerings of its VPC: 1",
    ],
    [
      "a peering it accepted",
      () =>
        ec2
          .on(DescribeVpcPeeringConnectionsCommand, { Filters: [{ Name: "accepter-vpc-info.vpc-id", Values: [VPC] }] })
          .resolves({ VpcPeeringConnections: [{ Status: { Code: "active" } }] }),
      "peerings of its VPC: 1",
    ],
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
  ])("stops the drill and is named: %s", async (_, breakIt, broken) => {
    breakIt();
    expect(await brokenFacts()).toEqual([broken]);
  });

  // `NextToken` on an empty page: a filter is applied after the page was cut.
  it.each([
    ["rules in its security groups", DescribeSecurityGroupsCommand],
    ["internet gateways of its VPC", DescribeInternetGatewaysCommand],
    ["NAT gateways of its VPC", DescribeNatGatewaysCommand],
    ["peerings of its VPC", DescribeVpcPeeringConnectionsCommand],
    ["transit gateway attachments of its VPC", DescribeTransitGatewayAttachmentsCommand],
    ["carrier gateways of its VPC", DescribeCarrierGatewaysCommand],
  ])("may be on the next page: no %s on an empty one proves nothing", async (fact, command) => {
    ec2.on(command as typeof DescribeNatGatewaysCommand).resolves({ NextToken: "more" });
    expect(await brokenFacts()).toEqual([`${fact}: more than one answer holds`]);
  });

  it("is said when the VPC is not known", async () => {
    rds.on(DescribeDBSubnetGroupsCommand).resolves({ DBSubnetGroups: [] });
    expect(await brokenFacts()).toContain("the VPC of the subnet group was found: false");
  });

  it("is said when the sandbox is gone, instead of asking about no security group, which means all", async () => {
    rds.on(DescribeDBClustersCommand).rejects(new DBClusterNotFoundFault({ message: "gone", $metadata: {} }));
    expect(await brokenFacts()).toContain("the cluster's security groups: none");
  });

  it("is in the message with what to mend, and all facts are in the details", async () => {
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ PubliclyAccessible: true }] });
    await expect(prove()).rejects.toMatchObject({
      message: expect.stringMatching(
        /the writer has a public address: expected false, observed true\. No check was run\. Mend the network of restore-drill-isolated/,
      ),
      details: { at: momentAt(900).toISOString(), facts: expect.objectContaining({ length: 14 }) },
    });
  });
});

describe("an account that does not answer", () => {
  it("proves nothing", async () => {
    ec2.on(DescribeNatGatewaysCommand).rejects(Object.assign(new Error("denied"), { name: "UnauthorizedOperation" }));
    await expect(prove()).rejects.toMatchObject({ name: "UnauthorizedOperation" });
  });
});
