/** Whether the stack's sandbox settings, and what the plans say of theirs, name one network. A drill would refuse them too, days later. */
import type { Plan } from "../src/plan/plan.ts";
import { looksLikeProduction } from "../src/recovery/looks-like-production.ts";

export interface SandboxSettings {
  /** What the names of everything begin with that the stack makes. */
  readonly name: string;
  /** Where the stack is deployed: what it makes or names for sandboxes is there. */
  readonly region: string;
  /** The template's defaults of SandboxSubnetGroup, SandboxSecurityGroup and SandboxKmsKey: empty where the stack makes them. */
  readonly subnetGroup: string;
  readonly securityGroup: string;
  readonly kmsKey: string;
}

/** What is wrong, in sentences that say what to write. */
export function sandboxProblems(plans: readonly Plan[], settings: SandboxSettings): string[] {
  return [
    ...stackProblems(settings),
    ...plans.flatMap((plan) =>
      plan.sandbox.region === settings.region ? atHome(plan, settings) : away(plan, settings),
    ),
  ];
}

function stackProblems({ name, subnetGroup, securityGroup, kmsKey }: SandboxSettings): string[] {
  const makes = subnetGroup === "" || kmsKey === "";
  return [
    ...(subnetGroup === "" && securityGroup !== ""
      ? [
          `sandboxSecurityGroup is ${securityGroup}, but the stack makes the network of sandboxes, with a security group of its own: name sandboxSubnetGroup too, or neither.`,
        ]
      : []),
    ...(makes && looksLikeProduction(name)
      ? [
          `The stack's network and key of sandboxes would be called ${name}, which looks like production's, and no drill would use them: take another stage, or deploy with --param name=restore-drill.`,
        ]
      : []),
  ];
}

function atHome({ plan, sandbox }: Plan, { subnetGroup, securityGroup }: SandboxSettings): string[] {
  if (subnetGroup === "" || securityGroup !== "" || sandbox.securityGroup !== undefined) return [];
  return [
    `The plan ${plan} names no sandbox.securityGroup, and the stack has sandboxSubnetGroup ${subnetGroup} without sandboxSecurityGroup: name one of that network in either.`,
  ];
}

/** A security group is of one region: no default of the stack can be of another. */
function away({ plan, sandbox }: Plan, { region }: SandboxSettings): string[] {
  if (sandbox.securityGroup !== undefined) return [];
  return [
    `The sandbox of the plan ${plan} is in ${sandbox.region} and the stack in ${region}: deploy the stack there (--region ${sandbox.region}), or name sandbox.subnetGroup and sandbox.securityGroup of that region in the plan.`,
  ];
}
