import type { Plan } from "../plan/plan.ts";
import type { SetAside } from "../plan/scenario.ts";
import type { Scenario } from "./scenario.ts";
import { standingOrigin } from "./standing-origin.ts";
import { describeSetAside, ofUnknownOrigin, standingSnapshots } from "./standing-snapshots.ts";

/** The source's region is gone with everything in it: what stands in the drill region is all there is. */
export const regionLost: Scenario = {
  name: "region-lost",
  defaultDays: 0,
  objective: ({ source, sandbox }) =>
    `Recover ${source.cluster} in ${sandbox.region} without asking or using anything in ${source.region}.`,
  assumptions: ({ source, sandbox }) => [
    `${source.region} answers nobody: clusters, snapshots, keys and secrets there are not asked and not used.`,
    `The stack, its evidence and the sandbox's network stand in a region that is not lost; ${sandbox.region} has capacity for a database of that class. In a real loss many ask for it at once.`,
    "A copy whose source's time is not known tells only when it was copied: the data in it is older. What was lost is then known from a freshness check alone.",
  ],
  lostRegion: ({ source }) => source.region,
  choose: async (exercise) => {
    const { plan } = exercise;
    const standing = await standingSnapshots(exercise, [plan.sandbox.region]);
    const aside = ofUnknownOrigin(standing);
    return { origin: standingOrigin(exercise, standing.found, () => explainNoCopy(plan, aside)), setAside: aside };
  },
};

function explainNoCopy({ source, sandbox }: Plan, aside: readonly SetAside[]): string {
  return `There is no way back without ${source.region}: no snapshot of ${source.cluster} that could be restored stands in ${sandbox.region}.${describeSetAside(aside)} Have every backup copied there, by a copy action of AWS Backup or by CopyDBClusterSnapshot, under a key of that region. See docs/scenarios.md.`;
}
