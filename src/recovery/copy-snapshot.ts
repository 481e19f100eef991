import {
  CopyDBClusterSnapshotCommand,
  type DBClusterSnapshot,
  DBClusterSnapshotAlreadyExistsFault,
  KMSKeyNotAccessibleFault,
  type RDSClient,
} from "@aws-sdk/client-rds";
import * as z from "zod/mini";
import { CopyFailed, CopyTimedOut } from "../errors.ts";
import { Drill } from "../plan/drill.ts";
import { CopyAnswer } from "./answers.ts";
import { findClusterSnapshot } from "./describe.ts";
import { isSeenAsOurs, tagList } from "./ownership.ts";
import { secondsBetween, waitSecondsFor } from "./pacing.ts";
import { assertNotRefused, refusalsAfter, refusedBy, secondsSinceTaken, waitOut } from "./refusals.ts";

export const CopySnapshotInput = z.object({ drill: Drill, copy: z.optional(CopyAnswer) });
type CopySnapshotInput = z.infer<typeof CopySnapshotInput>;

/**
 * Reconciles the recovery point's copy in the drill region: asks for it once, then looks until it is available. Harmless when called again.
 * Skipped when the recovery point is the account's own and in the drill region already.
 * A quota that is taken is waited for. Throws CopyFailed, CopyTimedOut, QuotaTaken, NotOurs, or RDS's own error (KMSKeyNotAccessibleFault, ...).
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CopyDBClusterSnapshot.html
 */
export async function copySnapshot(
  { rds, now }: { rds: (region: string) => RDSClient; now: () => Date },
  { drill, copy }: CopySnapshotInput,
): Promise<CopyAnswer> {
  const startedAt = copy?.startedAt ?? now().toISOString();
  const looks = (copy?.looks ?? 0) + 1;
  if (!drill.copy.needed) return skipped(drill, startedAt, looks);

  const waitedSeconds = secondsSinceTaken(copy, startedAt, now());
  const isOver = now() > new Date(drill.deadlines.checksEndAt);
  const { snapshot, refused }: Seen = await look(rds(drill.sandbox.region), drill, { waitedSeconds, isOver }).catch(
    (error: unknown) => ({ snapshot: {}, refused: refusedBy(error, { drill, earlier: copy, now: now() }) }),
  );
  const state = {
    startedAt,
    looks,
    ...refusalsAfter(copy, refused, now()),
    skipped: false,
    snapshotId: drill.copy.snapshotId,
    snapshotArn: snapshot.DBClusterSnapshotArn ?? "",
    percent: snapshot.PercentProgress ?? 0,
  };
  if (refused !== undefined) return { ...state, phase: "pending", waitSeconds: waitOut(refused, drill, now()) };
  if (snapshot.Status === "available")
    return { ...state, phase: "ready", waitSeconds: 0, percent: 100, finishedAt: now().toISOString() };
  if (snapshot.Status === "failed")
    throw new CopyFailed(
      `RDS could not copy ${drill.recoveryPoint.arn} to ${drill.sandbox.region}: the copy ${drill.copy.snapshotId} ended as "failed". Look at its RDS events there.`,
      { details: state },
    );
  assertNotRefused({ drill, earlier: copy, now: now() }, state);
  if (isOver)
    throw new CopyTimedOut(
      `The copy of ${drill.recoveryPoint.arn} to ${drill.sandbox.region} was ${snapshot.Status} (${state.percent} %) when the drill's time (${drill.limits.timeSeconds} s) was up.`,
      { details: state },
    );
  return {
    ...state,
    phase: "pending",
    waitSeconds: waitSecondsFor({
      elapsedSeconds: waitedSeconds,
      expectedSeconds: drill.expectedSeconds.copy,
      secondsLeft: secondsBetween(now(), drill.deadlines.checksEndAt),
    }),
  };
}

interface Seen {
  readonly snapshot: DBClusterSnapshot;
  readonly refused?: CopyAnswer["refused"];
}

async function look(
  rds: RDSClient,
  drill: Drill,
  { waitedSeconds, isOver }: { waitedSeconds: number; isOver: boolean },
): Promise<Seen> {
  const found = await findClusterSnapshot(rds, drill.copy.snapshotId);
  if (found !== undefined) return { snapshot: onceTagged(drill, found, waitedSeconds) };
  return { snapshot: isOver ? { Status: "not begun" } : await requestCopy(rds, drill) };
}

/** Nothing is believed of a snapshot that is listed without its tags. Throws NotOurs for one with the tags of others. */
function onceTagged(drill: Drill, found: DBClusterSnapshot, waitedSeconds: number): DBClusterSnapshot {
  const isOurs = isSeenAsOurs(drill.drillId, { id: drill.copy.snapshotId, tags: found.TagList }, waitedSeconds);
  return isOurs ? found : { Status: "listed without its tags" };
}

function skipped(drill: Drill, startedAt: string, looks: number): CopyAnswer {
  const { id, arn } = drill.recoveryPoint;
  return {
    phase: "ready",
    waitSeconds: 0,
    startedAt,
    looks,
    finishedAt: startedAt,
    skipped: true,
    snapshotId: id,
    snapshotArn: arn,
    percent: 100,
  };
}

/**
 * Asked in the drill region, with the source's ARN and the drill region's key; the SDK signs the cross-region part by itself. Tags are
 * given, never copied: production's tags would carry production's meaning, and `aws:` keys make the call fail.
 */
async function requestCopy(rds: RDSClient, drill: Drill): Promise<DBClusterSnapshot> {
  try {
    const answer = await rds.send(
      new CopyDBClusterSnapshotCommand({
        SourceDBClusterSnapshotIdentifier: drill.recoveryPoint.arn,
        TargetDBClusterSnapshotIdentifier: drill.copy.snapshotId,
        CopyTags: false,
        Tags: tagList(drill.tags),
        ...(drill.copy.kmsKeyArn === undefined ? {} : { KmsKeyId: drill.copy.kmsKeyArn }),
      }),
    );
    return answer.DBClusterSnapshot ?? {};
  } catch (error) {
    // The answer to an earlier request was lost, and the listing does not show its effect yet. Whose it is, is asked at the next look.
    if (error instanceof DBClusterSnapshotAlreadyExistsFault) return { Status: "creating" };
    throw notGranted(drill, error) ?? error;
  }
}

/** What a shared snapshot is refused for that its owner can mend: RDS names neither the account nor which of the two keys it is. */
function notGranted({ source, recoveryPoint, sandbox }: Drill, error: unknown): CopyFailed | undefined {
  const { account } = source;
  if (account === undefined || !(error instanceof KMSKeyNotAccessibleFault)) return undefined;
  return new CopyFailed(
    `RDS may not use a key to copy ${recoveryPoint.arn}, which account ${account} shares: ${error.message} In account ${account}, let the policy of the snapshot's key allow this account to use it through RDS (kms:DescribeKey, kms:Decrypt, kms:CreateGrant, ...: the statements are in docs/cross-account.md), and look that the key is enabled. Else it is the drill region's own key, ${sandbox.kmsKeyArn}.`,
    { cause: error },
  );
}
