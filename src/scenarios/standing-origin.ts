import { NoRecoveryPoint, SourceUnsupported } from "../errors.ts";
import { assertDataApi } from "../recovery/guards.ts";
import type { Origin } from "../recovery/origin.ts";
import { isKind, recoveryPointOf } from "../recovery/recovery-point.ts";
import type { Exercise } from "./scenario.ts";
import { newestBefore, type Standing, sourceMoment } from "./standing-snapshots.ts";

/**
 * The newest of what the exercise may use, and all that there is to know of the source from it: the source itself is not asked.
 * `missing` says what there would have to be. Throws NoRecoveryPoint, or SourceUnsupported.
 */
export function standingOrigin(exercise: Exercise, usable: readonly Standing[], missing: () => string): Origin {
  const { moment, recoveryPoint: wanted } = exercise;
  const candidates = usable.filter(({ snapshot }) => isWanted(snapshot, wanted));
  const chosen = newestBefore(candidates, moment);
  if (chosen === undefined) throw new NoRecoveryPoint(`${missing()}${whyNone(candidates, exercise)}`);
  return originFrom(chosen, exercise);
}

function isWanted(
  { DBClusterSnapshotIdentifier: id, DBClusterSnapshotArn: arn, SnapshotType: type }: Standing["snapshot"],
  wanted = "latest",
): boolean {
  if (wanted === "latest") return true;
  return isKind(wanted) ? type === wanted : [id, arn].includes(wanted);
}

function whyNone(candidates: readonly Standing[], { moment, recoveryPoint: wanted }: Exercise): string {
  const asked = wanted === undefined || wanted === "latest" ? "" : ` Asked for was ${wanted}.`;
  const states = candidates
    .slice(0, 5)
    .map(
      ({ snapshot: { DBClusterSnapshotIdentifier: id, Status, SnapshotCreateTime }, region }) =>
        `${id} in ${region} is ${Status}, made ${SnapshotCreateTime?.toISOString()}`,
    );
  if (states.length === 0) return asked;
  return `${asked} What is there will not do for ${moment.toISOString()}: ${states.join("; ")}.`;
}

function originFrom({ snapshot, region, takenAt }: Standing, { plan, account, ownAccount, moment }: Exercise): Origin {
  const { source } = plan;
  const copiedAt = sourceMoment(snapshot) === undefined ? undefined : snapshot.SnapshotCreateTime;
  const { copiedFrom, ...described } = recoveryPointOf(
    { ...snapshot, SnapshotCreateTime: takenAt },
    { region, before: moment },
  );
  if (described.engine !== "aurora-postgresql")
    throw new SourceUnsupported(
      `${source.cluster} runs ${described.engine}; this version drills aurora-postgresql only.`,
    );
  assertDataApi(`The recovery point ${described.id} is of`, described.engineVersion);
  // What it was copied from is named where its own time is not known: nothing is then counted from the time of copying.
  const unknown = copiedFrom === undefined ? {} : { copiedFrom };
  const copied = copiedAt === undefined ? unknown : { copiedAt: copiedAt.toISOString() };
  const [, partition = "aws"] = described.arn.split(":");
  return {
    ...(account === undefined ? {} : { account }),
    clusterArn: `arn:${partition}:rds:${source.region}:${account ?? ownAccount}:cluster:${source.cluster}`,
    ...(snapshot.VpcId === undefined || region !== source.region ? {} : { vpcId: snapshot.VpcId }),
    recoveryPoint: { ...described, ...copied },
  };
}
