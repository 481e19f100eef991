import type { DBCluster } from "@aws-sdk/client-rds";
import type { Drill } from "../plan/drill.ts";
import type { IsolationAnswer } from "./answers.ts";

export type IsolationFact = IsolationAnswer["facts"][number];

/** A fact holds when the account's answer is literally what it should be. */
export function fact(name: string, expected: string, observed: string): IsolationFact {
  return { fact: name, expected, observed, holds: observed === expected };
}

export const securityGroupsOf = (cluster: DBCluster | undefined): string[] =>
  (cluster?.VpcSecurityGroups ?? []).flatMap(({ VpcSecurityGroupId: id }) => (id === undefined ? [] : [id]));

/** That the cluster stands where the drill was planned to be. */
export function clusterFacts(sandbox: Drill["sandbox"], cluster: DBCluster | undefined): IsolationFact[] {
  return [
    fact("the cluster's subnet group", sandbox.subnetGroup, cluster?.DBSubnetGroup ?? "none"),
    fact("the cluster's security groups", sandbox.securityGroup, securityGroupsOf(cluster).join(", ") || "none"),
  ];
}

export const broken = (facts: readonly IsolationFact[]): IsolationFact[] => facts.filter(({ holds }) => !holds);

/** One sentence's worth of facts that do not hold. */
export const tellFacts = (facts: readonly IsolationFact[]): string =>
  facts.map(({ fact: name, expected, observed }) => `${name}: expected ${expected}, observed ${observed}`).join("; ");
