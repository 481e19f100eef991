import { databaseKey } from "../src/plan/names.ts";
import type { Plan } from "../src/plan/plan.ts";

/**
 * What two plans can not both say, in sentences that name plan, field, value and fix. Two plans of one database are fine otherwise, and so is an
 * alarm that is about two databases.
 */
export function planConflicts(plans: readonly Plan[]): string[] {
  return [...sharedNames(plans), ...sharedIncidents(plans), ...copiesElsewhere(plans)];
}

/** Alarms, metrics, the ledger and evidence go by the name of the cluster alone: each would be told as the other's. */
function sharedNames(plans: readonly Plan[]): string[] {
  const first = new Map<string, Plan>();
  return plans.flatMap((plan) => {
    const { cluster } = plan.source;
    const owner = first.get(cluster) ?? plan;
    first.set(cluster, owner);
    if (databaseKey(owner.source) === databaseKey(plan.source)) return [];
    return [
      `${plan.plan}: source is ${databaseKey(plan.source)}, and that of the plan ${owner.plan} is ${databaseKey(owner.source)}: alarms, metrics, history and evidence go by the name of the cluster, ${cluster}, and those of one would be taken for the other's. Deploy the plans of one of them with another --stage; where both are one cluster, write source.account in both plans or in neither.`,
    ];
  });
}

/** Of two wishes for one database the stricter one counts, and of two regions neither is. */
function copiesElsewhere(plans: readonly Plan[]): string[] {
  const first = new Map<string, Plan>();
  return plans.flatMap((plan) => {
    const { copyIn } = plan.backups;
    if (copyIn === undefined) return [];
    const owner = first.get(databaseKey(plan.source)) ?? plan;
    first.set(databaseKey(plan.source), owner);
    if (owner.backups.copyIn === copyIn) return [];
    return [
      `${plan.plan}: backups.copyIn is ${copyIn}, and that of the plan ${owner.plan} of the same database is ${owner.backups.copyIn}: the survey looks for its copies in one region. Write one of them in both plans.`,
    ];
  });
}

/** An incident starts one drill a database: of two plans that wait for it nobody could say whose. */
function sharedIncidents(plans: readonly Plan[]): string[] {
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
