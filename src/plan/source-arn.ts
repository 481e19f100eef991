import type { Plan } from "./plan.ts";

/** Whether the ARN is that of the plan's source, which is in `ownAccount` where the plan names no other. */
export function isSourceArn(arn: string, { region, cluster, account }: Plan["source"], ownAccount: string): boolean {
  const [, , service, ofRegion, ofAccount, kind, id] = arn.split(":");
  const isThere = ofRegion === region && ofAccount === (account ?? ownAccount);
  return service === "rds" && kind === "cluster" && id === cluster && isThere;
}
