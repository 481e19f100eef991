import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { type PackagedTemplate, readPackagedTemplate } from "../../packaging/template.ts";
import { looksLikeProduction } from "../../src/recovery/looks-like-production.ts";
import { packagedService } from "./packaged-service.ts";
import { type RawTemplate, readRawTemplate } from "./raw-template.ts";

let directory: string;
let raw: RawTemplate;
beforeAll(async () => {
  directory = await packagedService();
  raw = await readRawTemplate(directory);
});
const deployed = (parameters: Record<string, string> = {}): Promise<PackagedTemplate> =>
  readPackagedTemplate(directory, { parameters });
const NAMED = {
  SandboxSubnetGroup: "drills",
  SandboxSecurityGroup: "sg-0a1b2c",
  SandboxParameterGroup: "drills-{major}",
  SandboxKmsKey: "alias/drills",
};

const idsOf = ({ resources }: PackagedTemplate, type: RegExp): string[] =>
  Object.entries(resources).flatMap(([id, each]) => (type.test(each.type) ? [id] : []));
const settingsOf = ({ functions }: PackagedTemplate): Record<string, string> => {
  const { environment = {} } = functions.find(({ name }) => name === "plan-drill") ?? {};
  return Object.fromEntries(Object.entries(environment).filter(([name]) => name.startsWith("SANDBOX_")));
};
const MADE = /^AWS::(EC2|RDS)::/;

describe("the network of sandboxes", () => {
  it("is made when none is named: two subnets of two zones, and no resource that leads anywhere", async () => {
    const template = await deployed();
    const types = idsOf(template, /^AWS::EC2::/).map((id) => template.resources[id]?.type);
    expect([...new Set(types)].sort()).toEqual([
      "AWS::EC2::RouteTable",
      "AWS::EC2::SecurityGroup",
      "AWS::EC2::Subnet",
      "AWS::EC2::SubnetRouteTableAssociation",
      "AWS::EC2::VPC",
    ]);
    const subnets = idsOf(template, /::Subnet$/).map((id) =>
      z.parse(
        z.looseObject({ AvailabilityZone: z.string(), MapPublicIpOnLaunch: z.boolean() }),
        template.resources[id]?.properties,
      ),
    );
    expect(new Set(subnets.map(({ AvailabilityZone }) => AvailabilityZone)).size).toBe(2);
    expect(subnets.filter(({ MapPublicIpOnLaunch }) => MapPublicIpOnLaunch)).toEqual([]);
    expect(template.resources["IsolatedSubnetGroup"]?.properties).toMatchObject({
      SubnetIds: [template.resources["IsolatedSubnetA"]?.ref, template.resources["IsolatedSubnetB"]?.ref],
    });
  });

  it("tells a restore testing selection where to restore, and with which parameters, as long as it is the stack's own", async () => {
    const template = await deployed();
    const own = settingsOf(template);
    expect(template.outputs).toMatchObject({
      IsolatedSubnetGroup: own["SANDBOX_SUBNET_GROUP"],
      IsolatedSecurityGroup: own["SANDBOX_SECURITY_GROUP"],
      SandboxParameterGroups: own["SANDBOX_PARAMETER_GROUP"]?.replace("{major}", "MAJOR"),
    });
    const places = ["IsolatedSubnetGroup", "IsolatedSecurityGroup", "SandboxParameterGroups"];
    expect(Object.keys((await deployed(NAMED)).outputs).filter((name) => places.includes(name))).toEqual([]);
  });

  it("has a security group whose one rule leads to loopback, so that EC2 does not give it its own", async () => {
    const { properties } = (await deployed()).resources["IsolatedSecurityGroup"] ?? {};
    expect(properties).toMatchObject({ SecurityGroupEgress: [{ IpProtocol: "-1", CidrIp: "127.0.0.1/32" }] });
    expect(properties).not.toHaveProperty("SecurityGroupIngress");
  });

  it("is, with key and parameter groups, what drills are planned with", async () => {
    const template = await deployed();
    expect(settingsOf(template)).toEqual({
      SANDBOX_SUBNET_GROUP: "restore-drill",
      SANDBOX_SECURITY_GROUP: template.resources["IsolatedSecurityGroup"]?.ref,
      SANDBOX_PARAMETER_GROUP: "restore-drill-aurora-postgresql{major}",
      SANDBOX_KMS_KEY: "alias/restore-drill",
    });
    for (const name of Object.values(settingsOf(template))) expect(looksLikeProduction(name), name).toBe(false);
  });

  it("is not made when all of it is named, and then drills are planned with what is named", async () => {
    const template = await deployed(NAMED);
    expect(idsOf(template, MADE)).toEqual([]);
    expect(idsOf(template, /^AWS::KMS::/)).toEqual(["OutcomeTopicKey", "FingerprintKey"]);
    expect(settingsOf(template)).toEqual({
      SANDBOX_SUBNET_GROUP: "drills",
      SANDBOX_SECURITY_GROUP: "sg-0a1b2c",
      SANDBOX_PARAMETER_GROUP: "drills-{major}",
      SANDBOX_KMS_KEY: "alias/drills",
    });
  });

  it("can be named in part: each of network, parameter groups and key is made or not by itself", async () => {
    const template = await deployed({ SandboxKmsKey: "alias/drills" });
    expect(idsOf(template, /^AWS::KMS::/)).not.toContain("SandboxKey");
    expect(idsOf(template, /^AWS::EC2::VPC$/)).toEqual(["IsolatedVpc"]);
    expect(idsOf(await deployed({ SandboxSubnetGroup: "drills" }), /^AWS::EC2::/)).toEqual([]);
  });
});

describe("the parameter groups of sandboxes", () => {
  const Group = z.looseObject({
    DBClusterParameterGroupName: z.string(),
    Family: z.string(),
    Parameters: z.record(z.string(), z.string()),
  });
  const groupsOf = (template: PackagedTemplate) =>
    idsOf(template, /::DBClusterParameterGroup$/).map((id) => z.parse(Group, template.resources[id]?.properties));

  it.each([
    ["16", [14, 15, 16]],
    ["17", [14, 15, 16, 17]],
    ["18", [14, 15, 16, 17, 18]],
  ])("are one for every major version up to %s", async (NewestEngineMajor, majors) => {
    const groups = groupsOf(await deployed({ NewestEngineMajor }));
    expect(groups.map(({ Family }) => Family)).toEqual(majors.map((major) => `aurora-postgresql${major}`));
    for (const { DBClusterParameterGroupName: name, Family } of groups) expect(name).toBe(`restore-drill-${Family}`);
  });

  it("run no jobs of the restored database, and none of its subscriptions", async () => {
    for (const { Parameters } of groupsOf(await deployed()))
      expect(Parameters).toEqual({
        shared_preload_libraries: "pg_stat_statements",
        max_logical_replication_workers: "0",
      });
  });
});

describe("the key of sandboxes", () => {
  it("stays when the stack goes, as what was recovered may be encrypted under it, and rotates", async () => {
    expect((await deployed()).resources["SandboxKey"]).toMatchObject({
      deletionPolicy: "Retain",
      properties: { EnableKeyRotation: true },
    });
  });
});

describe("the parameters", () => {
  it("each say what they are for, and what they may be where not everything is right", () => {
    for (const [name, parameter] of Object.entries(raw.Parameters)) {
      const { Description = "" } = z.parse(z.looseObject({ Description: z.optional(z.string()) }), parameter);
      expect(Description.length, name).toBeGreaterThan(20);
      if ("AllowedPattern" in parameter) expect(parameter, name).toHaveProperty("ConstraintDescription");
    }
  });

  it.each([
    ["SandboxSubnetGroup", ["", "restore-drill", "Drills_2"], ["-drills", "sg/1"]],
    ["SandboxSecurityGroup", ["", "sg-0a1b2c"], ["drills", "sg-XYZ"]],
    ["SandboxParameterGroup", ["", "drills", "drills-{major}"], ["{major}", "drills-{minor}", "drills_1"]],
    [
      "SandboxKmsKey",
      ["", "alias/restore-drill", "arn:aws:kms:eu-central-1:111122223333:key/mrk-1a2b"],
      ["restore-drill", "arn:aws:kms:eu-central-1:1:key/1"],
    ],
  ])("take a name as AWS has it, and no other: %s", (parameter, good, bad) => {
    const { AllowedPattern } = z.parse(z.looseObject({ AllowedPattern: z.string() }), raw.Parameters[parameter]);
    const matches = (value: string): boolean => new RegExp(AllowedPattern).test(value);
    expect(good.filter((value) => !matches(value))).toEqual([]);
    expect(bad.filter(matches)).toEqual([]);
  });
});
