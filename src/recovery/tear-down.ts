import type { RDSClient } from "@aws-sdk/client-rds";
import * as z from "zod/mini";
import { Drill } from "../plan/drill.ts";
import { VERDICTS } from "../verdict/verdict.ts";
import { IsolationAnswer, type Kept, type Remaining, TeardownAnswer } from "./answers.ts";
import { type Ending, isToBeKept, keepSandbox } from "./keep-sandbox.ts";
import { secondsBetween, waitSecondsFor } from "./pacing.ts";
import { type Owner, removeCluster, removeSnapshotCopy, removeWriter, type StillThere } from "./removals.ts";

/** What only decides whether the sandbox stays is not worth an error: without it, it goes. */
export const TearDownInput = z.object({
  drill: Drill,
  teardown: z.optional(TeardownAnswer),
  verdict: z.catch(z.optional(z.object({ verdict: z.enum(VERDICTS) })), undefined),
  isolation: z.catch(z.optional(IsolationAnswer), undefined),
  interruption: z.optional(z.unknown()),
});
type TearDownInput = z.infer<typeof TearDownInput>;

type Named = Pick<Remaining, "kind" | "id">;

/**
 * RDS's listings lag behind what was just created: a cluster requested a moment before the drill failed may not be seen at once. Nothing
 * is called gone until a second look, this much later, agrees.
 */
const CONFIRM_SECONDS = 5;
/** Aurora deletes an instance and its cluster within minutes; the sweep, which may delete the same by then, does no harm. */
const LEAST_SECONDS = 3600;

/**
 * Reconciles towards nothing: the writer, the cluster and the copied snapshot, asked for in the order RDS demands, each only when its name
 * and its tags say that this drill owns it: of a cluster that it took over, the writer alone. Towards the sandbox alone, where the plan keeps it. Never throws for a resource that will not go: it is
 * a leftover, with the reason, once it is hopeless and the others are gone, or once teardown's own deadline has passed.
 */
export async function tearDown(
  { rds, now }: { rds: (region: string) => RDSClient; now: () => Date },
  { drill, teardown: earlier, ...ending }: TearDownInput,
): Promise<TeardownAnswer> {
  const at = now();
  const startedAt = earlier?.startedAt ?? at.toISOString();
  const there = rds(drill.sandbox.region);
  const { drillId, sandbox } = drill;
  const owner = { drillId, region: sandbox.region, waitedSeconds: secondsBetween(startedAt, at) };
  const { kept, notKept, remaining } = await looksAt(there, { drill, owner, startedAt, earlier, ending });
  const seen = [
    ...(earlier?.deleted ?? []),
    ...(earlier?.remaining ?? []).filter(({ unseen }) => unseen !== true).map(withoutReason),
  ];
  const state = {
    startedAt,
    looks: (earlier?.looks ?? 0) + 1,
    deleted: seen.filter(
      (resource, index) =>
        !isAmong(remaining, resource) && !isAmong(kept, resource) && seen.findIndex(isSame(resource)) === index,
    ),
    remaining: remaining.map((resource) => reported(resource, isAmong(seen, resource))),
    leftovers: [],
    kept,
    ...(notKept === undefined ? {} : { notKept }),
  };
  const leftOver = {
    ...state,
    leftovers: state.remaining,
    phase: "ready",
    waitSeconds: 0,
    finishedAt: at.toISOString(),
  } as const;

  const pending = remaining.filter(({ isHopeless }) => !isHopeless);
  if (pending.length > 0) {
    const secondsLeft = secondsBetween(at, endOf(drill, startedAt));
    if (secondsLeft < 0) return leftOver;
    return { ...state, phase: "pending", waitSeconds: waitFor(drill, pending, owner.waitedSeconds, secondsLeft) };
  }
  if (earlier?.absentSince !== undefined) return { ...leftOver, absentSince: earlier.absentSince };
  return { ...state, absentSince: at.toISOString(), phase: "pending", waitSeconds: CONFIRM_SECONDS };
}

interface Teardown {
  readonly drill: Drill;
  readonly owner: Owner;
  readonly startedAt: string;
  readonly earlier: TeardownAnswer | undefined;
  readonly ending: Ending;
}

interface Looks {
  readonly kept: Kept[];
  readonly notKept: string | undefined;
  readonly remaining: readonly StillThere[];
}

/** One look at each resource. The copy goes whatever is kept: it holds nothing that the sandbox does not. */
async function looksAt(rds: RDSClient, teardown: Teardown): Promise<Looks> {
  const { drill, owner } = teardown;
  const sandbox = await keptOrRemoved(rds, teardown);
  const copy = drill.copy.needed ? await removeSnapshotCopy(rds, owner) : undefined;
  return { ...sandbox, remaining: [...sandbox.remaining, ...(copy === undefined ? [] : [copy])] };
}

async function keptOrRemoved(rds: RDSClient, { drill, owner, startedAt, earlier, ending }: Teardown): Promise<Looks> {
  const { region, cluster: id } = drill.sandbox;
  let notKept = earlier?.notKept;
  if (notKept === undefined && isToBeKept(drill, ending)) {
    const until = new Date(Date.parse(startedAt) + (drill.keep?.seconds ?? 0) * 1000);
    const keeping = await keepSandbox(rds, { drill, ending, until, waitedSeconds: owner.waitedSeconds });
    if ("kept" in keeping) return { kept: keeping.kept, notKept, remaining: [] };
    if ("waitingFor" in keeping) {
      const reason = `to be kept, waiting for ${keeping.waitingFor}`;
      const waiting = { kind: "cluster", id, region, reason, isAsked: false, isHopeless: false } as const;
      return { kept: [], notKept, remaining: [waiting] };
    }
    notKept = keeping.refused;
  }
  const writer = await removeWriter(rds, owner);
  // What AWS Backup restored, AWS Backup deletes.
  const cluster = drill.restoreTest === undefined ? await removeCluster(rds, owner) : undefined;
  const looks = [writer, cluster && behind(writer, cluster)];
  return { kept: [], notKept, remaining: looks.filter((look) => look !== undefined) };
}

/** RDS deletes no cluster whose instance stays: behind a writer that will not go, there is nothing to wait for either. */
function behind(writer: StillThere | undefined, cluster: StillThere): StillThere {
  return writer?.isHopeless === true && !cluster.isAsked ? { ...cluster, isHopeless: true } : cluster;
}

/**
 * Teardown's own time runs from its start: a drill that failed early is told of hours before one that ran to its deadline, and one that is finished
 * long after its deadlines still has an hour.
 */
function endOf({ deadlines: { checksEndAt, teardownEndAt } }: Drill, startedAt: string): Date {
  const [startMs, lastMs] = [Date.parse(startedAt), Date.parse(teardownEndAt)];
  const ownMs = lastMs - Date.parse(checksEndAt);
  const leastMs = Math.min(ownMs, LEAST_SECONDS * 1000);
  return new Date(Math.max(startMs + leastMs, Math.min(lastMs, startMs + ownMs)));
}

/**
 * History is slept through only once RDS has agreed to every deletion: a refusal slept through would be in the next median, and each drill
 * would take longer than the one before.
 */
function waitFor(drill: Drill, pending: readonly StillThere[], elapsedSeconds: number, secondsLeft: number): number {
  const isAllAsked = pending.every(({ isAsked }) => isAsked);
  return waitSecondsFor({
    elapsedSeconds,
    secondsLeft,
    ...(isAllAsked ? { expectedSeconds: drill.expectedSeconds.teardown } : {}),
  });
}

const isSame =
  (resource: Named) =>
  (other: Named): boolean =>
    other.kind === resource.kind && other.id === resource.id;
const isAmong = (resources: readonly Named[], resource: Named): boolean => resources.some(isSame(resource));
const withoutReason = ({ kind, id, region }: Remaining) => ({ kind, id, region });
const reported = ({ kind, id, region, reason, unseen }: Remaining, wasSeen: boolean) => ({
  kind,
  id,
  region,
  reason,
  ...(unseen === true && !wasSeen ? { unseen } : {}),
});
