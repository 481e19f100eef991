import { momentWords } from "../page/words.ts";
import type { SetAside } from "../plan/scenario.ts";
import type { Exercise, Scenario } from "./scenario.ts";
import { standingOrigin } from "./standing-origin.ts";
import {
  automatedSnapshots,
  describeSetAside,
  ofUnknownOrigin,
  type StandingSnapshots,
  setAside,
  standingSnapshots,
} from "./standing-snapshots.ts";

/**
 * The cluster was deleted, and by default its automated backups with it. "Manual DB cluster snapshots of the specified DB cluster are not deleted."
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBCluster.html
 */
export const accidentalDeletion: Scenario = {
  name: "accidental-deletion",
  defaultDays: 0,
  objective: ({ source }, moment) =>
    `Recover ${source.cluster}, deleted at ${momentWords(moment.toISOString())}, from what outlives its cluster.`,
  assumptions: ({ source }, moment) => [
    `${source.cluster} is taken to be gone, whether it is or not: it is not asked. RPO counts back from its deletion at ${momentWords(moment.toISOString())}.`,
    "Automated snapshots and the log for a restore to any moment go with the cluster unless its deletion says otherwise, so they do not count. Snapshots that people made, a final snapshot, AWS Backup's, and copies of any of them stay.",
    "A restore to a moment (from retained automated backups, or a continuous backup of AWS Backup) was not exercised: what was written between the recovery point and the deletion is taken to be lost.",
  ],
  choose: async (exercise) => {
    const automated = await automatedOf(exercise);
    const standing = await everywhere(exercise);
    const aside = [...automated, ...ofUnknownOrigin(standing)];
    const origin = standingOrigin(exercise, standing.found, () => explainNone(exercise, aside));
    return { origin, setAside: aside };
  },
};

/** In the source's region and, where that is another one, the drill's. */
export const everywhere = (exercise: Exercise): Promise<StandingSnapshots> => {
  const { source, sandbox } = exercise.plan;
  return standingSnapshots(exercise, [...new Set([source.region, sandbox.region])]);
};

/** Those of another account are not shown to this one. */
async function automatedOf(exercise: Exercise): Promise<SetAside[]> {
  if (exercise.account !== undefined) return [];
  return setAside("deleted with the cluster (automated)", await automatedSnapshots(exercise));
}

function explainNone({ plan: { source, sandbox } }: Exercise, aside: readonly SetAside[]): string {
  const regions = [...new Set([source.region, sandbox.region])].join(" or ");
  return `No snapshot that outlives ${source.cluster} can be restored: in ${regions} there is none that people or AWS Backup made.${describeSetAside(aside)} Have AWS Backup or a schedule take snapshots of its own, and protect the cluster from deletion. See docs/scenarios.md.`;
}
