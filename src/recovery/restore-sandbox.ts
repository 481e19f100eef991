import { type DBCluster, EnableHttpEndpointCommand, ModifyDBClusterCommand, type RDSClient } from "@aws-sdk/client-rds";
import type { RDSDataClient } from "@aws-sdk/client-rds-data";
import * as z from "zod/mini";
import { RestoreFailed, RestoreTimedOut, SandboxRefused } from "../errors.ts";
import { Drill } from "../plan/drill.ts";
import { CopyAnswer, SandboxAnswer } from "./answers.ts";
import { findCluster, findInstance } from "./describe.ts";
import { isAnswering } from "./first-query.ts";
import { isSeenAsOurs } from "./ownership.ts";
import { secondsBetween, waitSecondsFor } from "./pacing.ts";
import { requestCluster, requestWriter, unlessBusy } from "./restore-requests.ts";
import { isTerminalCluster, isTerminalInstance } from "./states.ts";

export const RestoreSandboxInput = z.object({ drill: Drill, copy: CopyAnswer, sandbox: z.optional(SandboxAnswer) });
type RestoreSandboxInput = z.infer<typeof RestoreSandboxInput>;

interface Services {
  readonly rds: (region: string) => RDSClient;
  readonly data: (region: string) => RDSDataClient;
  readonly now: () => Date;
}

type Milestone = keyof SandboxAnswer["milestones"];

/** What one look found: the milestones passed so far, and what is being waited for (nothing once a query was answered). */
interface Progress {
  readonly passed: Milestone[];
  readonly waitingFor: string;
  readonly ready: boolean;
  readonly cluster?: DBCluster;
}

/**
 * Reconciles the sandbox: cluster, writer instance, managed master secret, Data API, first query answered. Each call takes at most the
 * next step that RDS allows, and the order is the one AWS's own resource handler uses; calling it again is harmless.
 * Throws RestoreFailed (a terminal state), RestoreTimedOut, FirstQueryFailed, SandboxRefused (an impaired secret), NotOurs, or the SDK's own
 * error.
 */
export async function restoreSandbox(services: Services, input: RestoreSandboxInput): Promise<SandboxAnswer> {
  const { drill, sandbox: earlier } = input;
  const now = services.now();
  const startedAt = earlier?.startedAt ?? now.toISOString();
  const progress = await advance(services, input);
  const milestones = { ...earlier?.milestones };
  for (const milestone of progress.passed) milestones[milestone] ??= services.now().toISOString();

  const secretArn = progress.cluster?.MasterUserSecret?.SecretArn ?? earlier?.secretArn;
  const state = {
    startedAt,
    looks: (earlier?.looks ?? 0) + 1,
    waitingFor: progress.waitingFor,
    clusterArn: progress.cluster?.DBClusterArn ?? earlier?.clusterArn ?? "",
    ...(secretArn === undefined ? {} : { secretArn }),
    milestones,
  };
  if (progress.ready) return { ...state, phase: "ready", waitSeconds: 0, finishedAt: services.now().toISOString() };
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
  const pending = (passed: Milestone[], waitingFor: string, cluster?: DBCluster): Progress => ({
    passed,
    waitingFor,
    ready: false,
    ...(cluster === undefined ? {} : { cluster }),
  });
  const secondsSince = (moment: string | undefined): number =>
    moment === undefined ? 0 : secondsBetween(moment, services.now());

  const cluster = await findCluster(rds, drill.sandbox.cluster);
  if (cluster === undefined) {
    await requestCluster(rds, drill, copy.snapshotArn);
    return pending(["restoreRequestedAt"], "the cluster to be restored");
  }
  if (
    !isSeenAsOurs(drill.drillId, { id: drill.sandbox.cluster, tags: cluster.TagList }, secondsSince(earlier?.startedAt))
  )
    return pending(["restoreRequestedAt"], "the cluster's tags to be listed", cluster);
  if (isTerminalCluster(cluster.Status)) throw terminal("cluster", drill.sandbox.cluster, cluster.Status);
  if (cluster.Status !== "available")
    return pending(["restoreRequestedAt"], `the cluster, which is ${cluster.Status}`, cluster);

  const soFar: Milestone[] = ["restoreRequestedAt", "clusterAvailableAt"];
  const writer = await findInstance(rds, drill.sandbox.writer);
  if (writer === undefined) {
    await requestWriter(rds, drill, secondsSince(earlier?.milestones.clusterAvailableAt));
    return pending(soFar, "the writer instance to be created", cluster);
  }
  const writerSeconds = secondsSince(earlier?.milestones.clusterAvailableAt);
  if (!isSeenAsOurs(drill.drillId, { id: drill.sandbox.writer, tags: writer.TagList }, writerSeconds))
    return pending(soFar, "the writer instance's tags to be listed", cluster);
  if (isTerminalInstance(writer.DBInstanceStatus))
    throw terminal("instance", drill.sandbox.writer, writer.DBInstanceStatus);
  if (writer.DBInstanceStatus !== "available")
    return pending(soFar, `the writer instance, which is ${writer.DBInstanceStatus}`, cluster);

  soFar.push("writerAvailableAt");
  const secret = cluster.MasterUserSecret;
  if (secret === undefined) {
    const request = new ModifyDBClusterCommand({
      DBClusterIdentifier: drill.sandbox.cluster,
      ManageMasterUserPassword: true,
      ApplyImmediately: true,
    });
    await unlessBusy(() => rds.send(request), secondsSince(earlier?.milestones.writerAvailableAt));
    return pending(soFar, "the managed master secret to be made", cluster);
  }
  if (secret.SecretStatus === "impaired")
    throw new SandboxRefused(
      `The master secret of ${drill.sandbox.cluster} is impaired: RDS or Secrets Manager can not use it, and does not mend it by itself. Look at the secret ${secret.SecretArn} and at the key it is encrypted with.`,
      { details: { secretArn: secret.SecretArn, status: secret.SecretStatus } },
    );
  if (secret.SecretStatus !== "active")
    return pending(soFar, `the master secret, which is ${secret.SecretStatus}`, cluster);

  soFar.push("secretActiveAt");
  if (cluster.HttpEndpointEnabled !== true) {
    const request = new EnableHttpEndpointCommand({ ResourceArn: cluster.DBClusterArn });
    await unlessBusy(() => rds.send(request), secondsSince(earlier?.milestones.secretActiveAt));
    return pending(soFar, "the Data API to be enabled", cluster);
  }
  soFar.push("endpointEnabledAt");
  const answered = await isAnswering(services.data(drill.sandbox.region), drill, {
    cluster,
    upSeconds: secondsSince(earlier?.milestones.endpointEnabledAt),
  });
  if (!answered) return pending(soFar, "the first query to be answered", cluster);
  return { passed: [...soFar, "firstQueryAt"], waitingFor: "nothing", ready: true, cluster };
}

function terminal(kind: string, id: string, status: string | undefined): RestoreFailed {
  return new RestoreFailed(
    `The ${kind} ${id} ended as "${status}", from which RDS does not recover: this backup could not be restored. Look at the ${kind}'s RDS events.`,
    { details: { kind, id, status } },
  );
}
