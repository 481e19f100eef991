import { type DBCluster, EnableHttpEndpointCommand, ModifyDBClusterCommand, type RDSClient } from "@aws-sdk/client-rds";
import type { RDSDataClient } from "@aws-sdk/client-rds-data";
import { RestoreFailed, SandboxLost, SandboxRefused } from "../errors.ts";
import type { Drill } from "../plan/drill.ts";
import type { SandboxAnswer } from "./answers.ts";
import { findInstance } from "./describe.ts";
import { isAnswering } from "./first-query.ts";
import { assertRestoredForTest, isSeenAsOurs } from "./ownership.ts";
import { requestCapacity, requestWriter, unlessBusy } from "./restore-requests.ts";
import { isTakenDown, isTerminalCluster, isTerminalInstance } from "./states.ts";

export type Milestone = keyof SandboxAnswer["milestones"];

/** One look at a sandbox whose cluster RDS lists. */
export interface Look {
  readonly rds: RDSClient;
  readonly data: RDSDataClient;
  readonly drill: Drill;
  readonly cluster: DBCluster;
  /** Seconds since a milestone was seen at an earlier look, or since the step began; 0 when it was not. */
  readonly secondsSince: (milestone: Milestone | "startedAt") => number;
  /** Whether an earlier look saw the milestone passed. */
  readonly isPassed: (milestone: Milestone) => boolean;
  /** The drill's time is up: what is there may still turn out ready, and nothing more is made. */
  readonly isOver: boolean;
}

/** Takes the next request of its stage where one is needed. Answers what is being waited for, or undefined when the stage is passed. */
type Stage = (look: Look) => Promise<string | undefined>;

const clusterIsAvailable: Stage = async ({ drill, cluster, secondsSince }) => {
  const id = drill.sandbox.cluster;
  if (drill.restoreTest !== undefined) assertRestoredForTest(drill, cluster);
  else if (!isSeenAsOurs(drill.drillId, { id, tags: cluster.TagList }, secondsSince("startedAt")))
    return "the cluster's tags to be listed";
  if (isTerminalCluster(cluster.Status)) throw terminal("cluster", id, cluster.Status);
  if (isTakenDown(cluster.Status)) throw lost("cluster", drill, cluster.Status);
  return cluster.Status === "available" ? undefined : `the cluster, which is ${cluster.Status}`;
};

const writerIsAvailable: Stage = async ({ rds, drill, cluster, secondsSince, isPassed, isOver }) => {
  const id = drill.sandbox.writer;
  const waitedSeconds = secondsSince("clusterAvailableAt");
  const writer = await findInstance(rds, id);
  if (writer === undefined) {
    if (isPassed("writerAvailableAt")) throw lost("instance", drill, "not there");
    if (!isOver && lacksCapacity(drill, cluster)) {
      await requestCapacity(rds, drill, waitedSeconds);
      return "the capacity range that a serverless writer needs";
    }
    if (!isOver) await requestWriter(rds, drill, waitedSeconds);
    return "the writer instance to be created";
  }
  if (!isSeenAsOurs(drill.drillId, { id, tags: writer.TagList }, waitedSeconds))
    return "the writer instance's tags to be listed";
  const { DBInstanceStatus: status } = writer;
  if (isTerminalInstance(status)) throw terminal("instance", id, status);
  if (isTakenDown(status)) throw lost("instance", drill, status);
  return status === "available" ? undefined : `the writer instance, which is ${status}`;
};

/** A drill's own restore names it; AWS Backup has no metadata for it, and RDS makes no serverless instance without. */
const lacksCapacity = ({ restoreTest, sandbox }: Drill, { ServerlessV2ScalingConfiguration }: DBCluster): boolean =>
  restoreTest !== undefined &&
  sandbox.instanceClass === "db.serverless" &&
  ServerlessV2ScalingConfiguration === undefined;

/** RDS manages no secret of a cluster without an instance. */
const secretIsActive: Stage = async ({ rds, drill, cluster, secondsSince, isOver }) => {
  const secret = cluster.MasterUserSecret;
  if (secret === undefined) {
    const request = new ModifyDBClusterCommand({
      DBClusterIdentifier: drill.sandbox.cluster,
      ManageMasterUserPassword: true,
      ApplyImmediately: true,
    });
    if (!isOver) await unlessBusy(() => rds.send(request), secondsSince("writerAvailableAt"));
    return "the managed master secret to be made";
  }
  if (secret.SecretStatus === "impaired")
    throw new SandboxRefused(
      `The master secret of ${drill.sandbox.cluster} is impaired: RDS or Secrets Manager can not use it, and does not mend it by itself. Look at the secret ${secret.SecretArn} and at the key it is encrypted with.`,
      { details: { secretArn: secret.SecretArn, status: secret.SecretStatus } },
    );
  return secret.SecretStatus === "active" ? undefined : `the master secret, which is ${secret.SecretStatus}`;
};

/** No restore turns the Data API on. */
const endpointIsEnabled: Stage = async ({ rds, cluster, secondsSince }) => {
  if (cluster.HttpEndpointEnabled === true) return undefined;
  const request = new EnableHttpEndpointCommand({ ResourceArn: cluster.DBClusterArn });
  await unlessBusy(() => rds.send(request), secondsSince("secretActiveAt"));
  return "the Data API to be enabled";
};

const firstQueryIsAnswered: Stage = async ({ data, drill, cluster, secondsSince }) => {
  const answered = await isAnswering(data, drill, { cluster, upSeconds: secondsSince("endpointEnabledAt") });
  return answered ? undefined : "the first query to be answered";
};

/** From a restored cluster to an answer, in the order AWS's own resource handler uses, with the milestone that ends each stage. */
export const STAGES: readonly (readonly [Milestone, Stage])[] = [
  ["clusterAvailableAt", clusterIsAvailable],
  ["writerAvailableAt", writerIsAvailable],
  ["secretActiveAt", secretIsActive],
  ["endpointEnabledAt", endpointIsEnabled],
  ["firstQueryAt", firstQueryIsAnswered],
];

function terminal(kind: string, id: string, status: string | undefined): RestoreFailed {
  return new RestoreFailed(
    `The ${kind} ${id} ended as "${status}", from which RDS does not recover: this backup could not be restored. Look at the ${kind}'s RDS events.`,
    { details: { kind, id, status } },
  );
}

export function lost(kind: "cluster" | "instance", drill: Drill, status: string | undefined): SandboxLost {
  const { restoreTest, sandbox } = drill;
  const id = kind === "cluster" ? sandbox.cluster : sandbox.writer;
  const advice =
    kind === "cluster" && restoreTest !== undefined
      ? `AWS Backup deletes what it restored when the validation window is over: make the window of the restore testing selection (ValidationWindowHours) longer than limits.time of the plan with its teardown, or find out in CloudTrail who else did (StopDBCluster, DeleteDBCluster).`
      : "somebody stopped or deleted it. Find out who in CloudTrail (StopDBCluster, DeleteDBCluster, DeleteDBInstance), then drill again.";
  return new SandboxLost(`The ${kind} ${id} is ${status}, and the drill did not ask for that: ${advice}`, {
    details: { kind, id, status },
  });
}
