import * as z from "zod/mini";
import { DrillScenario, ScenarioName } from "./scenario.ts";

/** An instant, ISO 8601 in UTC. */
export const Instant = z.iso.datetime();

/** The execution as Step Functions describes it (`$$.Execution`). */
export const Execution = z.object({ id: z.string(), name: z.string(), startedAt: z.string() });
export type Execution = z.infer<typeof Execution>;

/** As AWS Backup names its jobs; an execution is named after one. */
export const RestoreJobId = z
  .string()
  .check(z.minLength(1), z.maxLength(200), z.regex(/^[\w.-]+$/, "is not the id of a restore job"));

/** A cluster that AWS Backup restored to have it tested: the drill takes it over and makes none of its own. */
export const RestoreTest = z.object({
  restoreJobId: RestoreJobId,
  /** Of the restored cluster, which AWS Backup deletes. */
  clusterArn: z.string(),
  /** When AWS Backup was asked to restore it, and when it had. */
  requestedAt: Instant,
  restoredAt: Instant,
});
export type RestoreTest = z.infer<typeof RestoreTest>;

/** What starts a drill. Everything but the plan's name is optional, so that the console needs one line. */
export const DrillRequest = z.strictObject({
  plan: z.string().check(z.maxLength(200)),
  /** Overrides the plan's recovery point. */
  recoveryPoint: z.optional(z.string().check(z.minLength(1), z.maxLength(500))),
  /** The moment data is assumed lost; RPO is counted back from it. By default the drill's start. */
  failureMoment: z.optional(Instant),
  trigger: z.optional(
    z.strictObject({
      kind: z.enum(["manual", "schedule", "incident", "restore-test"]),
      by: z.optional(z.string().check(z.maxLength(200), z.regex(/^\P{C}*$/u, "holds control characters"))),
    }),
  ),
  /** Everything else about the test is asked of AWS Backup: an event or a person could say what they like. */
  restoreTest: z.optional(z.strictObject({ restoreJobId: RestoreJobId })),
  /** The exercise to hold: it says what may be restored from. */
  scenario: z.optional(z.strictObject({ name: ScenarioName })),
});
export type DrillRequest = z.infer<typeof DrillRequest>;

export const RecoveryPoint = z.object({
  arn: z.string(),
  id: z.string(),
  kind: z.enum(["automated", "manual", "awsbackup"]),
  region: z.string(),
  /** The snapshot's own time; of a copy it is the time of copying, which is later than what is in it. */
  createdAt: Instant,
  /** What it was copied from, where it is a copy: chosen only when there is no original, or by name. */
  copiedFrom: z.optional(z.string()),
  /** When it was copied, of a copy whose `createdAt` is known to be that of what was copied. */
  copiedAt: z.optional(Instant),
  ageSeconds: z.number(),
  /** RDS's own id of the cluster it was taken of: one that was deleted and made anew under the same name has another. */
  clusterResourceId: z.optional(z.string()),
  engine: z.string(),
  engineVersion: z.string(),
  sizeGib: z.number(),
  storageEncryption: z.enum(["none", "sse-rds", "sse-kms"]),
  /** Absent where there is none, and in older documents. */
  kmsKeyArn: z.optional(z.string()),
});
export type RecoveryPoint = z.infer<typeof RecoveryPoint>;

/** The way a database came back: a backup that is proven one way is not proven another. */
export const RecoveryPath = z.object({
  /** Of the recovery point, and of the sandbox. */
  fromRegion: z.string(),
  toRegion: z.string(),
  /** The owner of what was restored, where that is not the stack's account. */
  account: z.optional(z.string()),
  recoveryPoint: RecoveryPoint.shape.kind,
  /** AWS Backup restored it, and the drill took it over. */
  isRestoreTest: z.optional(z.boolean()),
  /** The exercise that it was, by its name. */
  scenario: z.optional(z.string()),
});
export type RecoveryPath = z.infer<typeof RecoveryPath>;

export const CostItem = z.object({ item: z.string(), quantity: z.number(), unit: z.string(), usd: z.number() });
export type CostItem = z.infer<typeof CostItem>;

/** What is known of a database from an earlier time, to hold what came back against. */
export const ReferencePoint = z.object({
  /** `baseline`: captured on the source. `drill`: what an earlier drill of this database found. */
  kind: z.enum(["baseline", "drill"]),
  id: z.string(),
  takenAt: Instant,
  /** Key prefix in the evidence bucket below which its parts are. */
  prefix: z.string(),
  /** SHA-256 of its parts as they were left, by their names: another one is not what was left. */
  sha256: z.optional(z.record(z.string(), z.string())),
});
export type ReferencePoint = z.infer<typeof ReferencePoint>;

/** `$.drill`: every name, deadline and limit of one drill, decided before anything is created. Times are ISO 8601. */
export const Drill = z.object({
  drillId: z.string(),
  plan: z.string(),
  /** SHA-256 of the plan's JSON, without white space: says which version of the plan was drilled. */
  planSha256: z.string(),
  trigger: z.object({ kind: z.string(), by: z.string() }),
  /** There when the sandbox is one that AWS Backup restored: only its writer is the drill's own. */
  restoreTest: z.optional(RestoreTest),
  /** There when the drill is an exercise. */
  scenario: z.optional(DrillScenario),
  /** When its turn came; what it waited before that is in `turn`. */
  startedAt: Instant,
  turn: z.object({ looks: z.int(), waitedSeconds: z.number() }),
  plannedAt: Instant,
  failureMoment: Instant,
  source: z.object({
    region: z.string(),
    /** Its owner, where that is not the stack's account. */
    account: z.optional(z.string()),
    cluster: z.string(),
    clusterArn: z.string(),
    database: z.string(),
    /** Where no sandbox may be; absent when RDS does not tell. */
    vpcId: z.optional(z.string()),
  }),
  recoveryPoint: RecoveryPoint,
  copy: z.object({
    /** False when the recovery point is in the drill region already: it is restored from directly and never deleted. */
    needed: z.boolean(),
    snapshotId: z.string(),
    kmsKeyArn: z.optional(z.string()),
  }),
  sandbox: z.object({
    region: z.string(),
    cluster: z.string(),
    writer: z.string(),
    instanceClass: z.string(),
    minAcu: z.number(),
    maxAcu: z.number(),
    subnetGroup: z.string(),
    securityGroup: z.string(),
    parameterGroup: z.string(),
    kmsKeyArn: z.string(),
    /** The source's own, so that a version in extended support can be restored, and none is billed that the source does not use. */
    engineLifecycleSupport: z.optional(z.string()),
  }),
  /** On everything the drill creates. */
  tags: z.record(z.string(), z.string()),
  objectives: z.object({ rtoSeconds: z.number(), rpoSeconds: z.number() }),
  deadlines: z.object({ checksEndAt: Instant, teardownEndAt: Instant }),
  limits: z.object({ timeSeconds: z.number(), costUsd: z.number() }),
  estimate: z.object({ usd: z.number(), items: z.array(CostItem) }),
  /** Medians of this database's earlier drills, where there are any. */
  expectedSeconds: z.object({
    copy: z.optional(z.number()),
    restore: z.optional(z.number()),
    checks: z.optional(z.number()),
    teardown: z.optional(z.number()),
  }),
  checkCount: z.number(),
  /** Whether the sandbox is damaged, once nothing wrong was found, to see the checks fail. */
  counterproof: z._default(z.boolean(), false),
  /** The one to trust most first: the newest baseline before the recovery point, then the last drill that found nothing wrong. */
  references: z.array(ReferencePoint),
  /** When the sandbox stays after the drill, and for how long from teardown's start; absent where it never does. */
  keep: z.optional(z.object({ when: z.enum(["failed", "always"]), seconds: z.number() })),
  /** Key prefix in the evidence bucket, `<database>/<drillId>`. `plan.json` below it holds the checks. */
  evidencePrefix: z.string(),
  /** What planning saw and did not stop for, in sentences. */
  warnings: z.array(z.string()),
});
export type Drill = z.infer<typeof Drill>;
