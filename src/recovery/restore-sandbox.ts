import type { DBCluster, RDSClient } from "@aws-sdk/client-rds";
import type { RDSDataClient } from "@aws-sdk/client-rds-data";
import * as z from "zod/mini";
import { RestoreTimedOut } from "../errors.ts";
import { Drill } from "../plan/drill.ts";
import { CopyAnswer, SandboxAnswer } from "./answers.ts";
import { findCluster } from "./describe.ts";
import { secondsBetween, waitSecondsFor } from "./pacing.ts";
import { assertNotRefused, refusalsAfter, refusedBy, secondsSinceTaken, waitOut } from "./refusals.ts";
import { requestCluster } from "./restore-requests.ts";
import { type Look, lost, type Milestone, STAGES } from "./sandbox-stages.ts";

export const RestoreSandboxInput = z.object({ drill: Drill, copy: CopyAnswer, sandbox: z.optional(SandboxAnswer) });
type RestoreSandboxInput = z.infer<typeof RestoreSandboxInput>;

interface Services {
  readonly rds: (region: string) => RDSClient;
  readonly data: (region: string) => RDSDataClient;
  readonly now: () => Date;
}

/** What one look found: the milestones passed so far, and what is being waited for; absent once a query was answered. */
interface Progress {
  readonly passed: readonly Milestone[];
  readonly waitingFor?: string;
  readonly cluster?: DBCluster;
  readonly refused?: SandboxAnswer["refused"];
}

/**
 * Reconciles the sandbox: cluster, writer instance, managed master secret, Data API, first query answered. Each call takes at most the
 * next step that RDS allows, and the order is the one AWS's own resource handler uses; calling it again is harmless. A cluster that AWS Backup
 * restored is taken over as it is: the drill makes no other in its place.
 * A quota that is taken is waited for. Throws RestoreFailed (a terminal state), RestoreTimedOut, QuotaTaken, SandboxLost, FirstQueryFailed,
 * SandboxRefused (an impaired secret), NotOurs, RestoreTestRefused, or the SDK's own error.
 */
export async function restoreSandbox(services: Services, input: RestoreSandboxInput): Promise<SandboxAnswer> {
  const { drill, sandbox: earlier } = input;
  const now = services.now();
  const startedAt = earlier?.startedAt ?? now.toISOString();
  const progress = await advance(services, input).catch((error: unknown): Progress => {
    const refused = refusedBy(error, { drill, earlier, now });
    return { passed: [], waitingFor: `RDS to take the next request (${refused.error})`, refused };
  });
  const milestones = { ...earlier?.milestones };
  for (const milestone of progress.passed) milestones[milestone] ??= services.now().toISOString();

  const secretArn = progress.cluster?.MasterUserSecret?.SecretArn ?? earlier?.secretArn;
  const state = {
    startedAt,
    looks: (earlier?.looks ?? 0) + 1,
    ...refusalsAfter(earlier, progress.refused, now),
    waitingFor: progress.waitingFor ?? "nothing",
    clusterArn: progress.cluster?.DBClusterArn ?? earlier?.clusterArn ?? "",
    ...(secretArn === undefined ? {} : { secretArn }),
    milestones,
  };
  if (progress.waitingFor === undefined)
    return { ...state, phase: "ready", waitSeconds: 0, finishedAt: services.now().toISOString() };
  if (progress.refused !== undefined)
    return { ...state, phase: "pending", waitSeconds: waitOut(progress.refused, drill, now) };
  assertNotRefused({ drill, earlier, now }, input.copy, state);
  if (now > new Date(drill.deadlines.checksEndAt))
    throw new RestoreTimedOut(
      `The sandbox ${drill.sandbox.cluster} was still waiting for ${progress.waitingFor} when the drill's time (${drill.limits.timeSeconds} s) was up.`,
      { details: state },
    );
  return { ...state, phase: "pending", waitSeconds: waitFor(drill, state, now) };
}

/** Only the restore of the cluster is slept through by history: it takes the most by far, the steps after it are watched. */
function waitFor(
  drill: Drill,
  { startedAt, milestones }: Pick<SandboxAnswer, "startedAt" | "milestones">,
  now: Date,
): number {
  const secondsLeft = secondsBetween(now, drill.deadlines.checksEndAt);
  if (milestones.clusterAvailableAt === undefined)
    return waitSecondsFor({
      elapsedSeconds: secondsBetween(startedAt, now),
      expectedSeconds: drill.expectedSeconds.restore,
      secondsLeft,
    });
  return waitSecondsFor({ elapsedSeconds: secondsBetween(milestones.clusterAvailableAt, now), secondsLeft });
}

async function advance(services: Services, { drill, copy, sandbox: earlier }: RestoreSandboxInput): Promise<Progress> {
  const rds = services.rds(drill.sandbox.region);
  const isOver = services.now() > new Date(drill.deadlines.checksEndAt);
  const cluster = await findCluster(rds, drill.sandbox.cluster);
  if (cluster === undefined) {
    if (drill.restoreTest !== undefined || earlier?.milestones.clusterAvailableAt !== undefined)
      throw lost("cluster", drill, "not there");
    if (isOver) return { passed: [], waitingFor: "the cluster to be restored" };
    await requestCluster(rds, drill, copy.snapshotArn);
    return { passed: ["restoreRequestedAt"], waitingFor: "the cluster to be restored" };
  }
  const secondsSince = (milestone: Milestone | "startedAt"): number => {
    const moment = milestone === "startedAt" ? earlier?.startedAt : earlier?.milestones[milestone];
    return moment === undefined ? 0 : secondsSinceTaken(earlier, moment, services.now());
  };
  const isPassed = (milestone: Milestone): boolean => earlier?.milestones[milestone] !== undefined;
  const look: Look = { rds, data: services.data(drill.sandbox.region), drill, cluster, secondsSince, isPassed, isOver };
  const passed: Milestone[] = ["restoreRequestedAt"];
  for (const [milestone, stage] of STAGES) {
    const waitingFor = await stage(look);
    if (waitingFor !== undefined) return { passed, waitingFor, cluster };
    passed.push(milestone);
  }
  return { passed, cluster };
}
