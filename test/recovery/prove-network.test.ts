import {
  DescribeCarrierGatewaysCommand,
  DescribeInternetGatewaysCommand,
  DescribeNatGatewaysCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeTransitGatewayAttachmentsCommand,
  DescribeVpcPeeringConnectionsCommand,
  DescribeVpnGatewaysCommand,
} from "@aws-sdk/client-ec2";
import { DescribeDBSubnetGroupsCommand } from "@aws-sdk/client-rds";
import "aws-sdk-client-mock-vitest/extend";
import { beforeEach, describe, expect, it } from "vitest";
import { type DrillError, NotIsolated, SandboxRefused } from "../../src/errors.ts";
import type { Drill } from "../../src/plan/drill.ts";
import { IsolationAnswer } from "../../src/recovery/answers.ts";
import { proveNetwork } from "../../src/recovery/prove-network.ts";
import { momentAt, SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { clients, closeNetwork, ec2, MISFITS, REMAINS, rds, VPC, WAYS } from "./closed-network.ts";

const { sandbox, source } = SAMPLE_DRILL;
const prove = (drill: Drill = SAMPLE_DRILL) =>
  proveNetwork({ rds: () => clients.rds, ec2: () => clients.ec2, now: () => momentAt(3) }, { drill });

async function refused(drill?: Drill): Promise<DrillError> {
  return await prove(drill).then(
    () => expect.unreachable("the network was accepted"),
    (error: DrillError) => error,
  );
}
const brokenOf = ({ details }: DrillError): string[] =>
  IsolationAnswer.parse(details)
    .facts.filter(({ holds }) => !holds)
    .map(({ fact, observed }) => `${fact}: ${observed}`);

beforeEach(closeNetwork);

describe("proveNetwork", () => {
  it("holds when every fact of the account does, and tells each with what it should be", async () => {
    const { at, facts } = await prove();
    expect(at).toBe(momentAt(3).toISOString());
    expect(facts).toHaveLength(15);
    expect(facts.filter(({ holds, expected, observed }) => !holds || expected !== observed)).toEqual([]);
  });

  it("asks about the network that the drill will name, and only describes", async () => {
    await prove();
    expect(rds).toHaveReceivedCommandWith(DescribeDBSubnetGroupsCommand, { DBSubnetGroupName: sandbox.subnetGroup });
    expect(ec2).toHaveReceivedCommandWith(DescribeSecurityGroupsCommand, {
      Filters: [{ Name: "group-id", Values: [sandbox.securityGroup] }],
    });
    expect(ec2).toHaveReceivedCommandWith(DescribeSubnetsCommand, {
      Filters: [{ Name: "subnet-id", Values: ["subnet-a", "subnet-b"] }],
    });
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
    const names = [...rds.calls(), ...ec2.calls()].map(({ args }) => args[0].constructor.name);
    expect(names.filter((name) => !name.startsWith("Describe"))).toEqual([]);
  });

  it.each(WAYS)("finds the network not isolated, with every fact: %s", async (_, breakIt, broken) => {
    breakIt();
    const error = await refused();
    expect(error).toBeInstanceOf(NotIsolated);
    expect(brokenOf(error)).toEqual([broken]);
  });

  it.each(REMAINS)("holds with what EC2 still lists and nothing goes through: %s", async (_, list) => {
    list();
    expect((await prove()).facts.filter(({ holds }) => !holds)).toEqual([]);
  });

  it.each(MISFITS)("refuses what no sandbox may be made in, with every fact: %s", async (_, breakIt, broken) => {
    breakIt();
    const error = await refused();
    expect(error).toBeInstanceOf(SandboxRefused);
    expect(brokenOf(error)).toEqual([broken]);
  });

  it("names the fields with their values, what breaks, and that nothing was created", async () => {
    ec2.on(DescribeNatGatewaysCommand).resolves({ NatGateways: [{ State: "pending" }] });
    expect((await refused()).message).toBe(
      'The sandbox would not be isolated in sandbox.subnetGroup "restore-drill-isolated" and sandbox.securityGroup "sg-0a1b2c" (in the plan, or by default the stack\'s SandboxSubnetGroup and SandboxSecurityGroup) in eu-central-1: NAT gateways of its VPC: expected none, observed 1. Nothing was created. Mend that network, or name another.',
    );
  });

  it("tells of ways in or out also where the names do not fit", async () => {
    MISFITS.at(-1)?.[1]();
    WAYS.at(-1)?.[1]();
    const error = await refused();
    expect(error).toBeInstanceOf(SandboxRefused);
    expect(error.message).toContain("observed orders-prod-db; carrier gateways of its VPC: expected none, observed 1");
  });
});

describe("the VPC of the source", () => {
  const at = (region: string, vpcId?: string): Drill => ({
    ...SAMPLE_DRILL,
    source: { ...source, region, ...(vpcId === undefined ? {} : { vpcId }) },
  });

  it.each([
    ["the sandbox's", VPC, "true"],
    ["not known", undefined, "not known"],
  ])("refuses the sandbox when it is %s", async (_, vpcId, observed) => {
    const error = await refused(at(sandbox.region, vpcId));
    expect(error).toBeInstanceOf(SandboxRefused);
    expect(brokenOf(error)).toEqual([`its VPC is the source's: ${observed}`]);
  });

  it("is another one in another region, known or not", async () => {
    await expect(prove(at(sandbox.region, "vpc-production"))).resolves.toBeDefined();
    await expect(prove(at("eu-west-1"))).resolves.toBeDefined();
  });
});
