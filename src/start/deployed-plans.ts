import type { Plan } from "../plan/plan.ts";
import type { ParsedPlan } from "../plan/validate.ts";

/** The plans that the stack was deployed with. */
export interface DeployedPlans {
  readonly names: () => Promise<string[]>;
  readonly read: (name: string) => Promise<ParsedPlan>;
}

/** In the order of their names. A package holds a stack's plans: its 250 MB are the limit. */
export async function allPlans({ names, read }: DeployedPlans): Promise<Plan[]> {
  const parsed = await Promise.all((await names()).sort().map(read));
  return parsed.map(({ plan }) => plan);
}
