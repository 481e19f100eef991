import type { AskedCheck } from "../checks/asked-checks.ts";
import { kindOf } from "../checks/kinds/index.ts";
import { checkName } from "../plan/checks.ts";
import type { Plan } from "../plan/plan.ts";

/** The plan's checks that compare with an earlier time, in their order: what a baseline is made of. */
export function capturedChecks({ checks }: Pick<Plan, "checks">): AskedCheck[] {
  return checks
    .filter(({ kind }) => kindOf(kind).capture !== undefined)
    .map((check) => ({ ...check, name: checkName(check) }));
}
