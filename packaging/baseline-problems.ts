import type { Plan } from "../src/plan/plan.ts";

export interface BaselineSettings {
  /** The template's parameters BaselinePlan and BaselineScheduleState. */
  readonly plan: string;
  readonly state: string;
}

/** Whether the schedule of baselines would call for what there is not, day after day; nothing while it is disabled. In sentences with the fix. */
export function baselineProblems(plans: readonly Plan[], settings: BaselineSettings): string[] {
  if (settings.state !== "ENABLED") return [];
  const captured = plans.find(({ plan }) => plan === settings.plan);
  if (captured === undefined) {
    const names = plans.map(({ plan }) => plan).join(", ");
    return [
      `baselineScheduleState is ENABLED and baselinePlan is ${settings.plan}, which is no plan in drills/ (${names}): name one with --param baselinePlan=, or leave the schedule DISABLED.`,
    ];
  }
  if (captured.source.secret !== undefined) return [];
  return [
    `baselineScheduleState is ENABLED and the plan ${settings.plan} names no source.secret, without which nobody may read its source: name the secret in the plan, another plan with --param baselinePlan=, or leave the schedule DISABLED.`,
  ];
}
