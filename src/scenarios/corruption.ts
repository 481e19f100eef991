import { momentWords } from "../page/words.ts";
import { ownOrigin } from "../recovery/origin.ts";
import { sharedOrigin } from "../recovery/shared-origin.ts";
import type { Exercise, Scenario } from "./scenario.ts";

/** Data went bad at a known moment, and every backup from after it has the damage too. */
export const corruption: Scenario = {
  name: "corruption",
  defaultDays: 0,
  objective: ({ source }, moment) =>
    `Bring back the data of ${source.cluster} as it was before the damage that began at ${momentWords(moment.toISOString())}.`,
  assumptions: (_plan, moment) => [
    `Every backup from after ${momentWords(moment.toISOString())} is taken to hold the damage, and is not used. RPO counts back from that moment: what was written since then is not in what came back, and is not counted.`,
    "The source, its account and its regions are there and can be asked.",
  ],
  choose: async (exercise) => ({ origin: await originOf(exercise), setAside: [] }),
};

function originOf({ rds, plan, account, recoveryPoint = plan.recoveryPoint, moment: before }: Exercise) {
  const wanted = { recoveryPoint, before };
  return account === undefined ? ownOrigin(rds, plan, wanted) : sharedOrigin(rds, plan, { ...wanted, account });
}
