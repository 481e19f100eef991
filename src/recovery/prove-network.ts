import type { EC2Client } from "@aws-sdk/client-ec2";
import type { RDSClient } from "@aws-sdk/client-rds";
import * as z from "zod/mini";
import { NotIsolated, SandboxRefused } from "../errors.ts";
import { Drill } from "../plan/drill.ts";
import type { IsolationAnswer } from "./answers.ts";
import { findCluster } from "./describe.ts";
import { broken, clusterFacts, type IsolationFact, tellFacts } from "./isolation-fact.ts";
import { networkFacts } from "./network-facts.ts";

export const ProveNetworkInput = z.object({ drill: Drill });

/**
 * Shows, before anything is created, that the network which the sandbox will be made in is a closed one: everything that ProveIsolation asks of
 * the sandbox's network later, asked of the names in the plan, or of the cluster that is taken over.
 * Throws SandboxRefused for names that do not fit together and NotIsolated for a network with a way in or out; each with every fact.
 */
export async function proveNetwork(
  services: { rds: (region: string) => RDSClient; ec2: (region: string) => EC2Client; now: () => Date },
  { drill }: z.infer<typeof ProveNetworkInput>,
): Promise<IsolationAnswer> {
  const { chosen: names, closed } = await networkFacts(services, drill, [drill.sandbox.securityGroup]);
  const chosen = [...(await placeFacts(services.rds(drill.sandbox.region), drill)), ...names];
  const facts = [...chosen, ...closed];
  const at = services.now().toISOString();
  const named = whereItStands(drill);
  const [misfits, ways] = [broken(chosen), broken(closed)];
  if (misfits.length > 0)
    throw new SandboxRefused(
      `No sandbox may be made in ${named}: ${tellFacts([...misfits, ...ways])}. Nothing was created. Name a subnet group and a security group of a VPC that is for sandboxes only.`,
      { details: { at, facts } },
    );
  if (ways.length > 0)
    throw new NotIsolated(
      `The sandbox would not be isolated in ${named}: ${tellFacts(ways)}. Nothing was created. Mend that network, or name another.`,
      { details: { at, facts } },
    );
  return { at, facts };
}

/** A cluster that is there already may have been moved since it was planned with. */
async function placeFacts(rds: RDSClient, { restoreTest, sandbox }: Drill): Promise<IsolationFact[]> {
  if (restoreTest === undefined) return [];
  const cluster = await findCluster(rds, sandbox.cluster);
  return clusterFacts(sandbox, cluster);
}

function whereItStands({ restoreTest, sandbox: { region, subnetGroup, securityGroup, cluster } }: Drill): string {
  return restoreTest === undefined
    ? `sandbox.subnetGroup "${subnetGroup}" and sandbox.securityGroup "${securityGroup}" (in the plan, or by default the stack's SandboxSubnetGroup and SandboxSecurityGroup) in ${region}`
    : `subnet group "${subnetGroup}" and security group "${securityGroup}" (of ${cluster}, by dbSubnetGroupName and vpcSecurityGroupIds in the restore testing selection) in ${region}`;
}
