import { SandboxRefused } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import { looksLikeProduction } from "./looks-like-production.ts";

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

/**
 * Where the sandbox stands, and the key that RDS makes grants on for it. A parameter group is only read, and a restore with production's is the
 * better proof: it may be called what it likes. The security group's name is not known before ProveNetwork.
 */
const NOT_PRODUCTION = new Set<string>(["kmsKey", "subnetGroup"]);

/** Stands for it in the name of a parameter group, as each is of one major version. */
const MAJOR = "{major}";

/** The plan's names, or else the stack's, for what is of that engine version ("15.4"). Throws SandboxRefused for what neither names, and for a name that looks like production's. */
export function sandboxNames(
  sandbox: Plan["sandbox"],
  defaults: SandboxDefaults,
  engineVersion: string,
): SandboxDefaults {
  const named = (field: "kmsKey" | keyof SandboxNetwork): string => {
    const name = sandbox[field] ?? defaults[field];
    if (name === "")
      throw new SandboxRefused(
        `Neither the plan (sandbox.${field}) nor the stack names one for the drill region ${sandbox.region}. RDS would choose by itself: name it in the plan, or deploy the stack with it.`,
      );
    if (NOT_PRODUCTION.has(field) && looksLikeProduction(name))
      throw new SandboxRefused(
        `sandbox.${field} is "${name}"${sandbox[field] === undefined ? ", by the stack's parameters" : ""}, which is called like production's. A sandbox shares nothing with production: make one for drills, without prod, production, prd or live as a word in its name, and name it in the plan or deploy the stack with it.`,
      );
    return name;
  };
  return {
    kmsKey: named("kmsKey"),
    subnetGroup: named("subnetGroup"),
    securityGroup: named("securityGroup"),
    parameterGroup: named("parameterGroup").replace(MAJOR, engineVersion.split(".")[0] ?? ""),
  };
}
