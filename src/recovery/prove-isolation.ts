import type { EC2Client } from "@aws-sdk/client-ec2";
import { DescribeDBSubnetGroupsCommand, type RDSClient } from "@aws-sdk/client-rds";
import * as z from "zod/mini";
import { NotIsolated } from "../errors.ts";
import { Drill } from "../plan/drill.ts";
import type { IsolationAnswer } from "./answers.ts";
import { findCluster, findInstance } from "./describe.ts";
import { fact } from "./isolation-fact.ts";
import { networkFacts } from "./network-facts.ts";

export const ProveIsolationInput = z.object({ drill: Drill });

/**
 * Shows from the account's own answers that nothing can reach the sandbox and that it can reach nothing: no public address, a security
 * group without rules, subnets that route only inside their VPC, a VPC without gateways or peerings. The Data API needs no network path.
 * Throws NotIsolated, with every fact, when one does not hold: then no check runs.
 */
export async function proveIsolation(
  services: { rds: (region: string) => RDSClient; ec2: (region: string) => EC2Client; now: () => Date },
  { drill }: z.infer<typeof ProveIsolationInput>,
): Promise<IsolationAnswer> {
  const { region, cluster: clusterId, writer: writerId } = drill.sandbox;
  const rds = services.rds(region);
  const [cluster, writer, groups] = await Promise.all([
    findCluster(rds, clusterId),
    findInstance(rds, writerId),
    rds.send(new DescribeDBSubnetGroupsCommand({ DBSubnetGroupName: drill.sandbox.subnetGroup })),
  ]);
  const [subnetGroup] = groups.DBSubnetGroups ?? [];
  const securityGroups = (cluster?.VpcSecurityGroups ?? []).flatMap(({ VpcSecurityGroupId: id }) =>
    id === undefined ? [] : [id],
  );
  const facts = [
    fact("the cluster's subnet group", drill.sandbox.subnetGroup, cluster?.DBSubnetGroup ?? "none"),
    fact("the cluster's security groups", drill.sandbox.securityGroup, securityGroups.join(", ") || "none"),
    fact("the writer has a public address", "false", String(writer?.PubliclyAccessible)),
    fact(
      "instances in the cluster",
      writerId,
      (cluster?.DBClusterMembers ?? []).map((member) => member.DBInstanceIdentifier).join(", "),
    ),
    ...(await networkFacts(services.ec2(region), {
      vpcId: subnetGroup?.VpcId ?? "",
      subnetIds: (subnetGroup?.Subnets ?? []).flatMap(({ SubnetIdentifier: id }) => (id === undefined ? [] : [id])),
      securityGroupIds: securityGroups,
    })),
  ];
  const broken = facts.filter(({ holds }) => !holds);
  const at = services.now().toISOString();
  if (broken.length > 0)
    throw new NotIsolated(
      `The sandbox is not isolated: ${broken.map(({ fact: name, expected, observed }) => `${name}: expected ${expected}, observed ${observed}`).join("; ")}. No check was run. Mend the network of ${drill.sandbox.subnetGroup} in ${region}.`,
      { details: { at, facts } },
    );
  return { at, facts };
}
