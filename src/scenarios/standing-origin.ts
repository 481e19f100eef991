import { InputInvalid, NoRecoveryPoint, SourceUnsupported } from "../errors.ts";
import { assertDataApi } from "../recovery/guards.ts";
import type { Origin } from "../recovery/origin.ts";
import { isKind, recoveryPointOf } from "../recovery/recovery-point.ts";
import type { Exercise } from "./scenario.ts";
import { newestBefore, type Standing } from "./standing-snapshots.ts";

/**
 * The newest of what the exercise may use, and all that there is to know of the source from it: the source itself is not asked.
 * `missing` says what there would have to be. Throws NoRecoveryPoint, SourceUnsupported, or InputInvalid for a recovery point that is not among them.
 */
export function standingOrigin(exercise: Exercise, usable: readonly Standing[], missing: () => string): Origin {
  const { moment, recoveryPoint: wanted } = exercise;
  const candidates = usable.filter(({ snapshot }) => isWanted(snapshot, wanted));
  const chosen = newestBefore(candidates, moment);
  if (chosen !== undefined) return originFrom(chosen, exercise);
  const other = newestBefore(usable, moment);
  if (other === undefined) throw new NoRecoveryPoint(`${missing()}${whyNone(candidates, exercise)}`);
  // There is a way back: that the request names another one is no finding about the database.
  throw new InputInvalid(
    `recoveryPoint is "${wanted}", and no snapshot that the exercise may use is that.${whyNone(candidates, exercise)} ${whatStands(usable)} Name one of them, a kind, or latest.`,
  );
}

/** Named in a message: whoever has more is told how many. */
const MAX_NAMED = 10;

function whatStands(usable: readonly Standing[]): string {
  const names = usable
    .toSorted((a, b) => Number(b.takenAt) - Number(a.takenAt))
    .slice(0, MAX_NAMED)
    .map(({ snapshot, region }) => `${snapshot.DBClusterSnapshotIdentifier} in ${region} (${kindOf(snapshot)})`);
  const more = usable.length > names.length ? ` and ${usable.length - names.length} older` : "";
  return `There is ${names.join(", ")}${more}.`;
}

function isWanted(snapshot: Standing["snapshot"], wanted = "latest"): boolean {
  if (wanted === "latest") return true;
  const { DBClusterSnapshotIdentifier: id, DBClusterSnapshotArn: arn } = snapshot;
  return isKind(wanted) || wanted === "awsbackup" ? kindOf(snapshot) === wanted : [id, arn].includes(wanted);
}

/** What another account shares, somebody there made. */
const kindOf = ({ SnapshotType: type }: Standing["snapshot"]): string =>
  type === "shared" || type === undefined ? "manual" : type;

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

function originFrom(
  { snapshot, region, takenAt, isCopy, isDated }: Standing,
  { plan, account, ownAccount, moment }: Exercise,
): Origin {
  const { source } = plan;
  const { copiedFrom: told, ...described } = recoveryPointOf(
    { ...snapshot, SnapshotCreateTime: takenAt },
    { region, before: moment },
  );
  if (described.engine !== "aurora-postgresql")
    throw new SourceUnsupported(
      `${source.cluster} runs ${described.engine}; this version drills aurora-postgresql only.`,
    );
  assertDataApi(`The recovery point ${described.id} is of`, described.engineVersion);
  // What it was copied from is named where its own time is not known: nothing is then counted from the time of copying.
  const copiedFrom = isDated ? {} : { copiedFrom: told ?? `a snapshot of ${source.region} that RDS does not name` };
  const copiedAt = isCopy && isDated ? { copiedAt: (snapshot.SnapshotCreateTime ?? takenAt).toISOString() } : {};
  const [, partition = "aws"] = described.arn.split(":");
  return {
    ...(account === undefined ? {} : { account }),
    clusterArn: `arn:${partition}:rds:${source.region}:${account ?? ownAccount}:cluster:${source.cluster}`,
    ...(snapshot.VpcId === undefined || region !== source.region ? {} : { vpcId: snapshot.VpcId }),
    recoveryPoint: { ...described, ...copiedFrom, ...copiedAt },
  };
}
