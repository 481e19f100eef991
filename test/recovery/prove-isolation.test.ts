import {
  DescribeCarrierGatewaysCommand,
  DescribeEgressOnlyInternetGatewaysCommand,
  DescribeInternetGatewaysCommand,
  DescribeNatGatewaysCommand,
  DescribeSecurityGroupsCommand,
  DescribeTransitGatewayAttachmentsCommand,
  DescribeVpcPeeringConnectionsCommand,
  DescribeVpnGatewaysCommand,
} from "@aws-sdk/client-ec2";
import {
  type DBCluster,
  DBClusterNotFoundFault,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
} from "@aws-sdk/client-rds";
import "aws-sdk-client-mock-vitest/extend";
import { beforeEach, describe, expect, it } from "vitest";
import { NotIsolated } from "../../src/errors.ts";
import { IsolationAnswer } from "../../src/recovery/answers.ts";
import { proveIsolation } from "../../src/recovery/prove-isolation.ts";
import { momentAt, SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { clients, closeNetwork, ec2, MAIN_TABLE, MISFITS, rds, routeTables, WAYS } from "./closed-network.ts";

const { sandbox } = SAMPLE_DRILL;

const prove = () =>
  proveIsolation({ rds: () => clients.rds, ec2: () => clients.ec2, now: () => momentAt(900) }, { drill: SAMPLE_DRILL });

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

beforeEach(() => {
  closeNetwork();
  clusterIs();
  rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ PubliclyAccessible: false }] });
});

describe("proveIsolation", () => {
  it("holds when every fact of the account does, and tells each with what it should be", async () => {
    const { at, facts } = await prove();
    expect(at).toBe(momentAt(900).toISOString());
    expect(facts).toHaveLength(19);
    expect(facts.filter(({ holds, expected, observed }) => !holds || expected !== observed)).toEqual([]);
  });

  it("asks about the security groups that the sandbox was given", async () => {
    await prove();
    expect(ec2).toHaveReceivedCommandWith(DescribeSecurityGroupsCommand, {
      Filters: [{ Name: "group-id", Values: [sandbox.securityGroup] }],
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
    routeTables(MAIN_TABLE, {
      Associations: [{ SubnetId: "subnet-public" }],
      Routes: [{ DestinationCidrBlock: "0.0.0.0/0", GatewayId: "igw-1" }],
    });
    await expect(prove()).resolves.toBeDefined();
  });
});

describe("a fact that breaks", () => {
  it.each<[string, () => unknown, string]>([
    ["another subnet group", () => clusterIs({ DBSubnetGroup: "default" }), "the cluster's subnet group: default"],
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
    ...WAYS,
    ...MISFITS,
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
    expect(await brokenFacts()).toContain(`${fact}: more than one answer holds`);
  });

  it("of a second security group is named, wherever it lies", async () => {
    clusterIs({
      VpcSecurityGroups: [{ VpcSecurityGroupId: sandbox.securityGroup }, { VpcSecurityGroupId: "sg-open" }],
    });
    expect(await brokenFacts()).toEqual([
      "the cluster's security groups: sg-0a1b2c, sg-open",
      "security groups in its VPC: sg-0a1b2c",
    ]);
  });

  it("is said when the sandbox is gone, instead of asking about no security group, which means all", async () => {
    rds.on(DescribeDBClustersCommand).rejects(new DBClusterNotFoundFault({ message: "gone", $metadata: {} }));
    expect(await brokenFacts()).toContain("the cluster's security groups: none");
    expect(ec2).not.toHaveReceivedCommand(DescribeSecurityGroupsCommand);
  });

  it("is in the message with what to mend, and all facts are in the details", async () => {
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ PubliclyAccessible: true }] });
    await expect(prove()).rejects.toMatchObject({
      message: expect.stringMatching(
        /the writer has a public address: expected false, observed true\. No check was run\. Mend the network of restore-drill-isolated/,
      ),
      details: { at: momentAt(900).toISOString(), facts: expect.objectContaining({ length: 19 }) },
    });
  });
});

describe("an account that does not answer", () => {
  it("proves nothing", async () => {
    ec2.on(DescribeNatGatewaysCommand).rejects(Object.assign(new Error("denied"), { name: "UnauthorizedOperation" }));
    await expect(prove()).rejects.toMatchObject({ name: "UnauthorizedOperation" });
  });
});
