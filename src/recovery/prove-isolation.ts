import type { EC2Client } from "@aws-sdk/client-ec2";
import type { RDSClient } from "@aws-sdk/client-rds";
import * as z from "zod/mini";
import { NotIsolated } from "../errors.ts";
import { Drill } from "../plan/drill.ts";
import type { IsolationAnswer } from "./answers.ts";
import { findCluster, findInstance } from "./describe.ts";
import { broken, clusterFacts, fact, securityGroupsOf, tellFacts } from "./isolation-fact.ts";
import { networkFacts } from "./network-facts.ts";
import { assertNobodyElseTests } from "./ownership.ts";

export const ProveIsolationInput = z.object({ drill: Drill });

/**
 * Shows from the account's own answers that nothing can reach the sandbox and that it can reach nothing: no public address, a security
 * group without rules, subnets that route only inside their VPC, a VPC without gateways or peerings. The Data API needs no network path.
 * Throws NotIsolated, with every fact, when one does not hold: then no check runs. Throws RestoreTestRefused when what was taken over is tested by
 * somebody else too, who may have come since.
 */
export async function proveIsolation(
  services: { rds: (region: string) => RDSClient; ec2: (region: string) => EC2Client; now: () => Date },
  { drill }: z.infer<typeof ProveIsolationInput>,
): Promise<IsolationAnswer> {
  const { region, cluster: clusterId, writer: writerId } = drill.sandbox;
  const rds = services.rds(region);
  const [cluster, writer] = await Promise.all([findCluster(rds, clusterId), findInstance(rds, writerId)]);
  if (drill.restoreTest !== undefined && cluster !== undefined) assertNobodyElseTests(cluster, writerId);
  const { chosen, closed } = await networkFacts(services, drill, securityGroupsOf(cluster));
  const facts = [
    ...clusterFacts(drill.sandbox, cluster),
    fact("the writer has a public address", "false", String(writer?.PubliclyAccessible)),
    fact(
      "instances in the cluster",
      writerId,
      (cluster?.DBClusterMembers ?? []).map((member) => member.DBInstanceIdentifier).join(", "),
    ),
    ...chosen,
    ...closed,
  ];
  const at = services.now().toISOString();
  const failing = broken(facts);
  if (failing.length > 0)
    throw new NotIsolated(
      `The sandbox is not isolated: ${tellFacts(failing)}. No check was run. Mend the network of ${drill.sandbox.subnetGroup} in ${region}.`,
      { details: { at, facts } },
    );
  return { at, facts };
}
