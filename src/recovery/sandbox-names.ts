import { SandboxRefused } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";

/** What a sandbox is made in. */
export interface SandboxNetwork {
  readonly subnetGroup: string;
  readonly securityGroup: string;
  readonly parameterGroup: string;
}

/** What the stack names, used where a plan names nothing of its own. Empty where the stack leaves it to the plans. */
export interface SandboxDefaults extends SandboxNetwork {
  readonly kmsKey: string;
}

/** The plan's names, or else the stack's. Throws SandboxRefused for what neither names. */
export function sandboxNames(sandbox: Plan["sandbox"], defaults: SandboxDefaults): SandboxDefaults {
  const named = (field: "kmsKey" | keyof SandboxNetwork): string => {
    const name = sandbox[field] ?? defaults[field];
    if (name !== "") return name;
    throw new SandboxRefused(
      `Neither the plan (sandbox.${field}) nor the stack names one for the drill region ${sandbox.region}. RDS would choose by itself: name it in the plan, or deploy the stack with it.`,
    );
  };
  return {
    kmsKey: named("kmsKey"),
    subnetGroup: named("subnetGroup"),
    securityGroup: named("securityGroup"),
    parameterGroup: named("parameterGroup"),
  };
}
