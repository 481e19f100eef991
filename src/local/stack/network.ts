/** The VPC that the template makes, as EC2 would make it: with what every VPC has besides. */
import type { IpPermission, RouteTable, SecurityGroup, Subnet } from "@aws-sdk/client-ec2";
import * as z from "zod/mini";
import { resourceId } from "../../../packaging/resource-kinds.ts";
import { type PackagedResource, type PackagedTemplate, ofType as resourcesOf } from "../../../packaging/template.ts";
import { emptyNetwork, type Network } from "../services/ec2.ts";

const Vpc = z.object({ CidrBlock: z.string() });
const SubnetProperties = z.object({
  VpcId: z.string(),
  CidrBlock: z.string(),
  AvailabilityZone: z.string(),
  MapPublicIpOnLaunch: z._default(z.boolean(), false),
});
const InVpc = z.object({ VpcId: z.string() });
const Association = z.object({ SubnetId: z.string(), RouteTableId: z.string() });
const Rule = z.object({
  IpProtocol: z.union([z.string(), z.number()]),
  CidrIp: z.string(),
  FromPort: z.optional(z.number()),
  ToPort: z.optional(z.number()),
  Description: z.optional(z.string()),
});
const Group = z.object({
  VpcId: z.string(),
  GroupName: z.optional(z.string()),
  GroupDescription: z.string(),
  SecurityGroupIngress: z._default(z.array(Rule), []),
  SecurityGroupEgress: z.optional(z.array(Rule)),
});

const KNOWN = ["VPC", "Subnet", "RouteTable", "SubnetRouteTableAssociation", "SecurityGroup"];

interface Place {
  readonly accountId: string;
  readonly region: string;
}

type Resources = PackagedTemplate["resources"];

/** Undefined for a stack that makes no VPC. Throws on what can not be made here, on a second VPC, and on what belongs to a VPC that is not the stack's. */
export function stackNetwork({ resources }: Pick<PackagedTemplate, "resources">, place: Place): Network | undefined {
  const stranger = Object.values(resources).find(({ type }) => /^AWS::EC2::/.test(type) && !isKnown(type));
  if (stranger !== undefined) throw new TypeError(`The local cloud can not make a ${stranger.type}.`);
  const [vpc, ...others] = ofType(resources, "VPC");
  if (vpc === undefined) return undefined;
  if (others.length > 0) throw new TypeError("The local cloud makes one VPC a stack.");
  refuseStrangers(resources, vpc.ref);
  const network = emptyNetwork(place.region, vpc.ref);
  const { CidrBlock: cidr } = z.parse(Vpc, vpc.properties);
  network.subnets.push(...ofType(resources, "Subnet").map((each) => subnet(each.ref, each.properties, place)));
  network.routeTables.push(...routeTables(resources, vpc.ref, cidr, place));
  network.securityGroups.push(
    defaultGroup(vpc.ref, place),
    ...ofType(resources, "SecurityGroup").map((each) => securityGroup(each.ref, each.properties, place)),
  );
  return network;
}

const isKnown = (type: string): boolean => KNOWN.includes(type.replace("AWS::EC2::", ""));

const ofType = (resources: Resources, kind: string): PackagedResource[] => resourcesOf(resources, `AWS::EC2::${kind}`);

/** EC2 associates a subnet with a table of its own VPC, and a group is for one VPC: of another there is nothing here that they could belong to. */
function refuseStrangers(resources: Resources, vpcId: string): void {
  const refsOf = (kind: string): string[] => ofType(resources, kind).map(({ ref }) => ref);
  for (const { ref, properties } of ["Subnet", "RouteTable", "SecurityGroup"].flatMap((kind) =>
    ofType(resources, kind),
  )) {
    const { VpcId } = z.parse(InVpc, properties);
    if (VpcId !== vpcId) throw new TypeError(`${ref} is in ${VpcId}, and the stack's VPC is ${vpcId}.`);
  }
  const [subnets, tables] = [refsOf("Subnet"), refsOf("RouteTable")];
  for (const { ref, properties } of ofType(resources, "SubnetRouteTableAssociation")) {
    const { SubnetId, RouteTableId } = z.parse(Association, properties);
    if (!subnets.includes(SubnetId) || !tables.includes(RouteTableId))
      throw new TypeError(`${ref} associates ${SubnetId} with ${RouteTableId}: one of them is not in the stack's VPC.`);
  }
}

function subnet(SubnetId: string, properties: unknown, { accountId }: Place): Subnet {
  const { VpcId, CidrBlock, AvailabilityZone, MapPublicIpOnLaunch } = z.parse(SubnetProperties, properties);
  return {
    SubnetId,
    VpcId,
    OwnerId: accountId,
    State: "available",
    CidrBlock,
    AvailabilityZone,
    DefaultForAz: false,
    MapPublicIpOnLaunch,
    AssignIpv6AddressOnCreation: false,
    Ipv6CidrBlockAssociationSet: [],
    Tags: [],
  };
}

/** A subnet that no table is associated with follows the VPC's main one. */
function routeTables(resources: Resources, vpcId: string, cidr: string, place: Place): RouteTable[] {
  const associations = ofType(resources, "SubnetRouteTableAssociation").map(({ ref, properties }) => ({
    id: ref,
    ...z.parse(Association, properties),
  }));
  const table = (RouteTableId: string, Associations: RouteTable["Associations"]): RouteTable => ({
    RouteTableId,
    VpcId: vpcId,
    OwnerId: place.accountId,
    ...(Associations === undefined ? {} : { Associations }),
    Routes: [{ DestinationCidrBlock: cidr, GatewayId: "local", Origin: "CreateRouteTable", State: "active" }],
    PropagatingVgws: [],
    Tags: [],
  });
  const state = { AssociationState: { State: "associated" as const } };
  const main = resourceId("rtb", { ...place, stackName: vpcId }, "main");
  const mainAssociation = resourceId("rtbassoc", { ...place, stackName: vpcId }, "main");
  return [
    table(main, [{ Main: true, RouteTableAssociationId: mainAssociation, RouteTableId: main, ...state }]),
    ...ofType(resources, "RouteTable").map(({ ref }) => {
      const own = associations.filter(({ RouteTableId }) => RouteTableId === ref);
      return table(
        ref,
        own.map(({ id, SubnetId, RouteTableId }) => ({
          Main: false,
          RouteTableAssociationId: id,
          RouteTableId,
          SubnetId,
          ...state,
        })),
      );
    }),
  ];
}

function defaultGroup(vpcId: string, place: Place): SecurityGroup {
  const GroupId = resourceId("sg", { ...place, stackName: vpcId }, "default");
  return {
    GroupId,
    GroupName: "default",
    Description: "default VPC security group",
    OwnerId: place.accountId,
    VpcId: vpcId,
    IpPermissions: [{ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId }] }],
    IpPermissionsEgress: ANYWHERE,
    Tags: [],
  };
}

const ANYWHERE: IpPermission[] = [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];

/** "When you create a security group, by default it allows all outbound traffic": a template that says nothing of egress leaves it so. */
function securityGroup(GroupId: string, properties: unknown, { accountId }: Place): SecurityGroup {
  const group = z.parse(Group, properties);
  return {
    GroupId,
    GroupName: group.GroupName ?? GroupId,
    Description: group.GroupDescription,
    OwnerId: accountId,
    VpcId: group.VpcId,
    IpPermissions: group.SecurityGroupIngress.map(permission),
    IpPermissionsEgress: group.SecurityGroupEgress?.map(permission) ?? ANYWHERE,
    Tags: [],
  };
}

const permission = ({ IpProtocol, CidrIp, FromPort, ToPort, Description }: z.infer<typeof Rule>): IpPermission => ({
  IpProtocol: String(IpProtocol),
  ...(FromPort === undefined ? {} : { FromPort }),
  ...(ToPort === undefined ? {} : { ToPort }),
  IpRanges: [{ CidrIp, ...(Description === undefined ? {} : { Description }) }],
});
