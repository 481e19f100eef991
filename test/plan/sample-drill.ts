import { type Drill, Drill as DrillSchema } from "../../src/plan/drill.ts";
import { namesOf, TAG } from "../../src/plan/names.ts";

export const DRILL_ID = "20261121-143205-3f9a2b1c";
const names = namesOf(DRILL_ID);

const TAGS = {
  [TAG.drill]: DRILL_ID,
  [TAG.plan]: "orders",
  [TAG.expires]: "2026-11-22T09:32:05.000Z",
};
/** As RDS lists them. */
export const TAG_LIST = Object.entries(TAGS).map(([Key, Value]) => ({ Key, Value }));

/** A cross-region drill of `orders-production` that began at 14:32:05, may check until 02:32:05 and tear down until 08:32:05. */
export const SAMPLE_DRILL: Drill = {
  drillId: DRILL_ID,
  plan: "orders",
  planSha256: "0".repeat(64),
  trigger: { kind: "schedule", by: "weekly" },
  startedAt: "2026-11-21T14:32:05.000Z",
  turn: { looks: 1, waitedSeconds: 0 },
  plannedAt: "2026-11-21T14:32:07.000Z",
  failureMoment: "2026-11-21T14:32:05.000Z",
  source: {
    region: "eu-west-1",
    cluster: "orders-production",
    clusterArn: "arn:aws:rds:eu-west-1:111122223333:cluster:orders-production",
    database: "shop",
  },
  recoveryPoint: {
    arn: "arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:rds:orders-production-2026-11-21-04-05",
    id: "rds:orders-production-2026-11-21-04-05",
    kind: "automated",
    region: "eu-west-1",
    createdAt: "2026-11-21T04:05:05.000Z",
    ageSeconds: 37_620,
    engine: "aurora-postgresql",
    engineVersion: "16.4",
    sizeGib: 120,
    storageEncryption: "sse-kms",
  },
  copy: {
    needed: true,
    snapshotId: names.snapshotCopy,
    kmsKeyArn: "arn:aws:kms:eu-central-1:111122223333:key/drill",
  },
  sandbox: {
    region: "eu-central-1",
    cluster: names.cluster,
    writer: names.writer,
    instanceClass: "db.serverless",
    minAcu: 0.5,
    maxAcu: 8,
    subnetGroup: "restore-drill-isolated",
    securityGroup: "sg-0a1b2c",
    parameterGroup: "restore-drill-postgresql16",
    kmsKeyArn: "arn:aws:kms:eu-central-1:111122223333:key/drill",
    engineLifecycleSupport: "open-source-rds-extended-support-disabled",
  },
  tags: TAGS,
  objectives: { rtoSeconds: 4 * 3600, rpoSeconds: 24 * 3600 },
  deadlines: { checksEndAt: "2026-11-22T02:32:05.000Z", teardownEndAt: "2026-11-22T08:32:05.000Z" },
  limits: { timeSeconds: 43_200, costUsd: 25 },
  estimate: { usd: 4.2, items: [] },
  expectedSeconds: {},
  checkCount: 3,
  counterproof: false,
  references: [],
  evidencePrefix: `orders-production/${DRILL_ID}`,
  warnings: [],
};

/** The sample with changes, still a drill that every step accepts. */
export function drillWith(changes: Partial<Drill>): Drill {
  return DrillSchema.parse({ ...SAMPLE_DRILL, ...changes });
}

/** `seconds` after the sample drill began. */
export const momentAt = (seconds: number): Date => new Date(Date.parse(SAMPLE_DRILL.startedAt) + seconds * 1000);
