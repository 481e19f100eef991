/** The groups of RDS that the template makes, which a restore names. */
import * as z from "zod/mini";
import type { PackagedTemplate } from "../../../packaging/template.ts";
import type { Network } from "../services/ec2.ts";
import type { RdsAdministration } from "../services/rds/administration.ts";

const SubnetGroup = z.object({ DBSubnetGroupDescription: z.string(), SubnetIds: z.array(z.string()) });
const ParameterGroup = z.object({ Description: z.string(), Family: z.string() });

/** Throws on a subnet that is not in the network, and on a group that RDS would refuse. */
export function deployDatabaseGroups(
  { resources }: Pick<PackagedTemplate, "resources">,
  network: Network,
  rds: Pick<RdsAdministration, "createSubnetGroup" | "createParameterGroup">,
): void {
  const { region } = network;
  for (const { type, ref: name, properties } of Object.values(resources)) {
    if (type === "AWS::RDS::DBSubnetGroup") {
      const { DBSubnetGroupDescription: description, SubnetIds } = z.parse(SubnetGroup, properties);
      rds.createSubnetGroup(region, { name, description, ...placeOf(SubnetIds, network) });
    }
    if (type === "AWS::RDS::DBClusterParameterGroup") {
      const { Description: description, Family: family } = z.parse(ParameterGroup, properties);
      rds.createParameterGroup(region, { name, description, family });
    }
  }
}

function placeOf(subnetIds: readonly string[], network: Network) {
  const subnets = subnetIds.map((id) => {
    const { VpcId, AvailabilityZone } = network.subnets.find(({ SubnetId }) => SubnetId === id) ?? {};
    if (VpcId === undefined || AvailabilityZone === undefined) throw new TypeError(`There is no subnet ${id}.`);
    return { id, vpcId: VpcId, availabilityZone: AvailabilityZone };
  });
  const [vpcId = network.vpcId, ...others] = new Set(subnets.map((subnet) => subnet.vpcId));
  if (others.length > 0)
    throw new TypeError(`A subnet group is in one VPC, and not in ${[vpcId, ...others].join(", ")}.`);
  return { vpcId, subnets: subnets.map(({ id, availabilityZone }) => ({ id, availabilityZone })) };
}
