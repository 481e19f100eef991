import type { RDSClient } from "@aws-sdk/client-rds";
import * as z from "zod/mini";
import { Drill } from "../plan/drill.ts";
import { type Remaining, TeardownAnswer } from "./answers.ts";
import { secondsBetween, waitSecondsFor } from "./pacing.ts";
import { removeCluster, removeSnapshotCopy, removeWriter } from "./removals.ts";

export const TearDownInput = z.object({ drill: Drill, teardown: z.optional(TeardownAnswer) });
type TearDownInput = z.infer<typeof TearDownInput>;

/**
 * RDS's listings lag behind what was just created: a cluster requested a moment before the drill failed may not be seen at once. Nothing
 * is called gone until a second look, this much later, agrees.
 */
const CONFIRM_SECONDS = 5;

/**
 * Reconciles towards nothing: the writer, the cluster and the copied snapshot, in the order RDS demands, each only when its name and its
 * tags say that this drill owns it. Never throws for a resource that will not go: it is a leftover, with the reason, once it is
 * hopeless or teardown's own deadline has passed.
 */
export async function tearDown(
  { rds, now }: { rds: (region: string) => RDSClient; now: () => Date },
  { drill, teardown: earlier }: TearDownInput,
): Promise<TeardownAnswer> {
  const at = now();
  const startedAt = earlier?.startedAt ?? at.toISOString();
  const there = rds(drill.sandbox.region);
  const looks = [
    await removeWriter(there, drill),
    await removeCluster(there, drill),
    // The copy goes last: as long as the sandbox stands, what it was made from can still be looked at.
    ...(drill.copy.needed ? [await removeSnapshotCopy(there, drill)] : []),
  ];
  const remaining = looks.filter((look) => look !== undefined);
  const deleted = [
    ...(earlier?.deleted ?? []),
    ...(earlier?.remaining ?? []).filter(isGoneFrom(remaining)).map(withoutReason),
  ];
  const state = {
    startedAt,
    looks: (earlier?.looks ?? 0) + 1,
    deleted,
    remaining: remaining.map(withoutHope),
    leftovers: [],
  };

  const isOver = at > new Date(drill.deadlines.teardownEndAt) || remaining.every(({ isHopeless }) => isHopeless);
  if (remaining.length > 0 && isOver)
    return { ...state, leftovers: state.remaining, phase: "ready", waitSeconds: 0, finishedAt: at.toISOString() };
  if (remaining.length > 0) {
    const elapsedSeconds = secondsBetween(startedAt, at);
    return {
      ...state,
      phase: "pending",
      waitSeconds: waitSecondsFor({ elapsedSeconds, expectedSeconds: drill.expectedSeconds.teardown }),
    };
  }
  const absentSince = earlier?.absentSince ?? at.toISOString();
  if (secondsBetween(absentSince, at) >= CONFIRM_SECONDS || earlier?.absentSince !== undefined)
    return { ...state, absentSince, phase: "ready", waitSeconds: 0, finishedAt: at.toISOString() };
  return { ...state, absentSince, phase: "pending", waitSeconds: CONFIRM_SECONDS };
}

const isGoneFrom =
  (remaining: readonly Remaining[]) =>
  ({ kind, id }: Remaining): boolean =>
    !remaining.some((other) => other.kind === kind && other.id === id);

const withoutReason = ({ kind, id, region }: Remaining) => ({ kind, id, region });
const withoutHope = ({ kind, id, region, reason }: Remaining) => ({ kind, id, region, reason });
