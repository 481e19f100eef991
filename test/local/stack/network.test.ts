import { describe, expect, it } from "vitest";
import type { PackagedResource } from "../../../packaging/template.ts";
import { closedSecurityGroup } from "../../../src/local/account.ts";
import { KmsKeys } from "../../../src/local/services/kms.ts";
import { deployDatabaseGroups } from "../../../src/local/stack/database-groups.ts";
import { deployKeys } from "../../../src/local/stack/keys.ts";
import { stackNetwork } from "../../../src/local/stack/network.ts";

const PLACE = { accountId: "123456789012", region: "eu-central-1" };
const resource = (type: string, ref: string, properties: object): PackagedResource => ({
  type: `AWS::${type}`,
  ref,
  deletionPolicy: "Delete",
  properties,
});

const VPC = resource("EC2::VPC", "vpc-1", { CidrBlock: "10.9.0.0/24" });
const subnet = (ref: string, zone: string) =>
  resource("EC2::Subnet", ref, { VpcId: "vpc-1", CidrBlock: "10.9.0.0/28", AvailabilityZone: zone });
const group = (more: object = {}) =>
  resource("EC2::SecurityGroup", "sg-1", { VpcId: "vpc-1", GroupDescription: "Nothing in, nothing out", ...more });
const LOOPBACK = [{ IpProtocol: "-1", CidrIp: "127.0.0.1/32" }];

const networkOf = (...resources: PackagedResource[]) =>
  stackNetwork({ resources: Object.fromEntries(resources.map((each) => [each.ref, each])) }, PLACE);

describe("stackNetwork", () => {
  it("is none for a stack that makes no VPC, and refuses what it can not make", () => {
    expect(networkOf(resource("SQS::Queue", "queue", {}))).toBeUndefined();
    const gateway = resource("EC2::InternetGateway", "igw-1", {});
    expect(() => networkOf(VPC, gateway)).toThrow("AWS::EC2::InternetGateway");
  });

  it("has the template's subnets and tables, and what every VPC has: a main table and a default group", () => {
    const network = networkOf(
      VPC,
      subnet("subnet-a", "eu-central-1a"),
      subnet("subnet-b", "eu-central-1b"),
      resource("EC2::RouteTable", "rtb-1", { VpcId: "vpc-1" }),
      resource("EC2::SubnetRouteTableAssociation", "assoc-1", { SubnetId: "subnet-a", RouteTableId: "rtb-1" }),
      group({ SecurityGroupEgress: LOOPBACK }),
    );
    expect(network).toMatchObject({ vpcId: "vpc-1", region: "eu-central-1", natGateways: [] });
    expect(network?.subnets.map(({ SubnetId }) => SubnetId)).toEqual(["subnet-a", "subnet-b"]);
    const [main, own] = network?.routeTables ?? [];
    expect(main).toMatchObject({ Associations: [{ Main: true }], Routes: [{ GatewayId: "local" }] });
    expect(own).toMatchObject({
      RouteTableId: "rtb-1",
      Associations: [{ Main: false, SubnetId: "subnet-a" }],
      Routes: [{ DestinationCidrBlock: "10.9.0.0/24", GatewayId: "local" }],
    });
    expect(network?.securityGroups.map(({ GroupName }) => GroupName)).toEqual(["default", "sg-1"]);
    expect(closedSecurityGroup({ networks: new Map(network && [["eu-central-1", network]]) }, "eu-central-1")).toBe(
      "sg-1",
    );
  });

  it("refuses what belongs to another VPC, and an association with it", () => {
    const table = (ref: string, VpcId = "vpc-1") => resource("EC2::RouteTable", ref, { VpcId });
    const association = resource("EC2::SubnetRouteTableAssociation", "assoc-1", {
      SubnetId: "subnet-a",
      RouteTableId: "rtb-1",
    });
    const here = subnet("subnet-a", "eu-central-1a");
    for (const [stranger, others] of [
      ["rtb-1", [here, table("rtb-1", "vpc-2"), association]],
      ["sg-1", [group({ VpcId: "vpc-2" })]],
      ["rtb-1", [here, table("rtb-2"), association]],
      ["subnet-a", [table("rtb-1"), association]],
    ] as const)
      expect(() => networkOf(VPC, ...others), stranger).toThrow(stranger);
  });

  it("leaves a group open to everywhere when the template says nothing of egress, as AWS does", () => {
    const egressOf = (more: object) => networkOf(VPC, group(more))?.securityGroups[1]?.IpPermissionsEgress;
    expect(egressOf({})).toMatchObject([{ IpRanges: [{ CidrIp: "0.0.0.0/0" }] }]);
    expect(egressOf({ SecurityGroupEgress: LOOPBACK })).toEqual([
      { IpProtocol: "-1", IpRanges: [{ CidrIp: "127.0.0.1/32" }] },
    ]);
  });
});

describe("deployDatabaseGroups", () => {
  it("makes the groups in the VPC of their subnets, and refuses subnets that are not there or of two VPCs", () => {
    const network = networkOf(VPC, subnet("subnet-a", "eu-central-1a"), subnet("subnet-b", "eu-central-1b"));
    if (network === undefined) throw new TypeError("no network");
    const made: unknown[] = [];
    const rds = {
      createSubnetGroup: (...each: unknown[]) => made.push(each),
      createParameterGroup: (...each: unknown[]) => made.push(each),
    };
    const subnets = (...SubnetIds: string[]) =>
      resource("RDS::DBSubnetGroup", "drills", { DBSubnetGroupDescription: "Sandboxes", SubnetIds });
    const parameters = resource("RDS::DBClusterParameterGroup", "drills-17", {
      Description: "Sandboxes",
      Family: "aurora-postgresql17",
    });
    deployDatabaseGroups({ resources: { a: subnets("subnet-a", "subnet-b"), b: parameters } }, network, rds);
    const description = "Sandboxes";
    expect(made).toEqual([
      [
        "eu-central-1",
        {
          name: "drills",
          description,
          vpcId: "vpc-1",
          subnets: [
            { id: "subnet-a", availabilityZone: "eu-central-1a" },
            { id: "subnet-b", availabilityZone: "eu-central-1b" },
          ],
        },
      ],
      ["eu-central-1", { name: "drills-17", description, family: "aurora-postgresql17" }],
    ]);
    expect(() => deployDatabaseGroups({ resources: { a: subnets("subnet-c") } }, network, rds)).toThrow("subnet-c");
    network.subnets.push({ SubnetId: "subnet-d", VpcId: "vpc-2", AvailabilityZone: "eu-central-1b" });
    const torn = { a: subnets("subnet-a", "subnet-d") };
    expect(() => deployDatabaseGroups({ resources: torn }, network, rds)).toThrow("vpc-1, vpc-2");
  });
});

describe("deployKeys", () => {
  it("gives a key the aliases that name it by id or ARN", () => {
    const arn = "arn:aws:kms:eu-central-1:123456789012:key/key-1";
    const keys = new KmsKeys("123456789012");
    const resources = {
      key: { ...resource("KMS::Key", "key-1", {}), arn },
      mac: resource("KMS::Key", "key-2", { KeyUsage: "GENERATE_VERIFY_MAC" }),
      one: resource("KMS::Alias", "alias/one", { TargetKeyId: "key-1" }),
      two: resource("KMS::Alias", "alias/two", { TargetKeyId: arn }),
    };
    deployKeys({ resources }, "eu-central-1", keys);
    expect(keys.find("eu-central-1", "alias/one")).toMatchObject({ arn, aliases: ["alias/one", "alias/two"] });
    expect(keys.find("eu-central-1", "key-2")).toMatchObject({ usage: "GENERATE_VERIFY_MAC", aliases: [] });
  });
});
