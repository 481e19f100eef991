import { databaseKey } from "../src/plan/names.ts";
import type { Plan } from "../src/plan/plan.ts";

/**
 * Incidents that two plans of one database wait for, in sentences that name plan, field, value and fix: an incident starts one drill a database, and
 * nobody could say of which plan. Two plans of one database are fine otherwise, and so is an alarm that is about two databases.
 */
export function planConflicts(plans: readonly Plan[]): string[] {
  const first = new Map<string, string>();
  const problems: string[] = [];
  for (const plan of plans) {
    const database = databaseKey(plan.source);
    for (const { field, value, fix } of claimsOf(plan)) {
      const claim = JSON.stringify([database, field, value]);
      const owner = first.get(claim) ?? plan.plan;
      first.set(claim, owner);
      if (owner !== plan.plan)
        problems.push(
          `${plan.plan}: ${field} is ${value}, and so it is in the plan ${owner} of the same database, ${database}: one incident starts one drill of it. ${fix}`,
        );
    }
  }
  return problems;
}

function claimsOf({ incidents }: Plan): { field: string; value: string; fix: string }[] {
  return [
    ...incidents.alarms.map((alarm) => ({
      field: "incidents.alarms",
      value: JSON.stringify(alarm),
      fix: "Leave the alarm to one of them.",
    })),
    ...(incidents.guardduty
      ? [{ field: "incidents.guardduty", value: "true", fix: "Write guardduty: false in one of them." }]
      : []),
  ];
}
