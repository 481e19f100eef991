import * as z from "zod/mini";
import { Instant } from "../plan/drill.ts";

const looping = {
  phase: z.enum(["pending", "ready"]),
  /** Whole seconds until the next look; Step Functions waits no fractions. */
  waitSeconds: z.int(),
  /** How often the step has looked, this time included: what the drill's state transitions are counted from. */
  looks: z.int(),
  startedAt: Instant,
  finishedAt: z.optional(Instant),
};

const refusable = {
  /** RDS refuses the next request for now, by this error: a quota is taken, or it throttles. */
  refused: z.optional(z.object({ error: z.string(), since: Instant })),
  /** When it last stopped refusing. */
  resumedAt: z.optional(Instant),
  /** For how long a quota was taken so far, until RDS took the request. Nothing of the step ran meanwhile: it is no part of recovery. */
  quotaSeconds: z.optional(z.number()),
};

/** `$.copy` */
export const CopyAnswer = z.object({
  ...looping,
  ...refusable,
  /** True when the recovery point was in the drill region already. */
  skipped: z.boolean(),
  snapshotId: z.string(),
  snapshotArn: z.string(),
  percent: z.number(),
});
export type CopyAnswer = z.infer<typeof CopyAnswer>;

/** The steps from a snapshot to an answer, in the order RDS allows them. */
export const SANDBOX_MILESTONES = [
  "restoreRequestedAt",
  "clusterAvailableAt",
  "writerAvailableAt",
  "secretActiveAt",
  "endpointEnabledAt",
  "firstQueryAt",
] as const;

/** `$.sandbox` */
export const SandboxAnswer = z.object({
  ...looping,
  ...refusable,
  /** What is being waited for, for people. */
  waitingFor: z.string(),
  clusterArn: z.string(),
  secretArn: z.optional(z.string()),
  milestones: z.partialRecord(z.enum(SANDBOX_MILESTONES), Instant),
});
export type SandboxAnswer = z.infer<typeof SandboxAnswer>;

/** `$.network`, `$.isolation` */
export const IsolationAnswer = z.object({
  at: Instant,
  facts: z.array(z.object({ fact: z.string(), expected: z.string(), observed: z.string(), holds: z.boolean() })),
});
export type IsolationAnswer = z.infer<typeof IsolationAnswer>;

/** What AWS Backup can be told of a restore test. */
const VALIDATION_STATUSES = ["SUCCESSFUL", "FAILED", "TIMED_OUT"] as const;
export type ValidationStatus = (typeof VALIDATION_STATUSES)[number];

/** `$.restoreTestAnswer` */
export const RestoreTestAnswer = z.object({
  at: Instant,
  restoreJobId: z.string(),
  /** What it was told, or would have been; absent where the job is not this drill's to answer. */
  status: z.optional(z.enum(VALIDATION_STATUSES)),
  message: z.optional(z.string()),
  /** Whether it is the job's result now: AWS Backup takes one. */
  recorded: z.boolean(),
  /** Why it is not, or what is to be done. */
  note: z.optional(z.string()),
});
export type RestoreTestAnswer = z.infer<typeof RestoreTestAnswer>;

const Resource = z.object({ kind: z.enum(["instance", "cluster", "snapshot"]), id: z.string(), region: z.string() });

/** `$.teardown` */
export const TeardownAnswer = z.object({
  ...looping,
  /** There at the last look, with what keeps it there. */
  remaining: z.array(
    z.extend(Resource, {
      reason: z.string(),
      /** True when RDS has never said that it is there, but could not be asked either. */
      unseen: z.optional(z.boolean()),
    }),
  ),
  /** Seen to exist and confirmed gone. */
  deleted: z.array(Resource),
  /** Still there when teardown's own deadline passed, or not provably ours, or not ours to delete. */
  leftovers: z.array(z.extend(Resource, { reason: z.string() })),
  /** Stays until then, as the plan says: tagged so, and swept when its time is over. */
  kept: z._default(
    z.array(
      z.extend(Resource, {
        until: Instant,
        /** Of the cluster, for who asks it. */
        arn: z.optional(z.string()),
        secretArn: z.optional(z.string()),
      }),
    ),
    [],
  ),
  /** Why a sandbox that the plan would keep was torn down all the same. */
  notKept: z.optional(z.string()),
  /** When a look first found nothing; teardown is ready when a second one agrees. */
  absentSince: z.optional(Instant),
});
export type TeardownAnswer = z.infer<typeof TeardownAnswer>;
export type Remaining = TeardownAnswer["remaining"][number];
export type Kept = TeardownAnswer["kept"][number];
