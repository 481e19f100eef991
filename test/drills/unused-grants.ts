/** Actions that a role grants and that no drill of the test uses, each with the reason to grant it all the same. */

/** Of the role of every function. */
export const OF_EVERY_FUNCTION = {
  "logs:CreateLogStream": "Lambda writes the function's log with the function's role",
  "logs:PutLogEvents": "Lambda writes the function's log with the function's role",
};

/** Of the role of every schedule, and of functions that nobody waits for. */
export const OF_WHAT_IS_DELIVERED = {
  "sqs:SendMessage": "dead letters are of what could not be delivered, also not after all attempts",
};

/** Of the role of every machine. */
const TRACING = [
  "xray:PutTraceSegments",
  "xray:PutTelemetryRecords",
  "xray:GetSamplingRules",
  "xray:GetSamplingTargets",
];
export const OF_EVERY_MACHINE = Object.fromEntries([
  ...TRACING.map((action) => [action, "Step Functions traces the machine with the machine's role"]),
  ...[
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
  ].map((action) => [action, "Step Functions delivers the machine's log with the machine's role"]),
]);

const TAGS_ARE_LISTED = "Describe calls carry tags, and AWS does not say whether that takes this permission";
const TAGS = {
  "rds:ListTagsForResource": `${TAGS_ARE_LISTED}; without tags nothing could be torn down`,
};

const ON_KEYS =
  "RDS acts on keys as the caller; AWS documents CreateGrant and DescribeKey and does not say that nothing else is asked for an encrypted snapshot";

const KEYS = {
  "kms:Decrypt": ON_KEYS,
  "kms:GenerateDataKey": ON_KEYS,
  "kms:GenerateDataKeyWithoutPlaintext": ON_KEYS,
};

const SHARED_KEYS = {
  "kms:ReEncryptFrom": "what the KMS console grants another account with a snapshot's key: docs/cross-account.md",
  "kms:ReEncryptTo": "what the KMS console grants another account with a snapshot's key: docs/cross-account.md",
};

const UNUSUAL = {
  "rds:StartDBCluster": "RDS deletes no stopped cluster: test/local/services/rds-stops.test.ts shows it",
};

const STUCK = "asked of a drill that has run for most of a day: test/sweep/stuck-drills.test.ts shows it";
const OF_STUCK_DRILLS = {
  "states:DescribeExecution": STUCK,
  "states:GetExecutionHistory": STUCK,
  "states:StopExecution": STUCK,
};

const TESTED = "only a drill that takes over a restore test: test/drills/restore-test.test.ts shows it";

/** By function, machine, rule or schedule: whose role it is. */
export const UNUSED_GRANTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "answer-restore-test": {
    "backup:DescribeRestoreJob": TESTED,
    "backup:PutRestoreValidationResult": TESTED,
    "s3:PutObject": TESTED,
  },
  "prove-network": { "rds:DescribeDBClusters": TESTED },
  "plan-drill": {
    "backup:DescribeRestoreJob": TESTED,
    "rds:ListTagsForResource": `${TAGS_ARE_LISTED}; without tags a drill's own sandbox could be a source`,
  },
  "copy-snapshot": { ...TAGS, ...KEYS, ...SHARED_KEYS },
  "restore-sandbox": { ...TAGS, ...KEYS },
  "prove-checks": TAGS,
  "tear-down": { ...TAGS, ...UNUSUAL },
  sweep: { ...TAGS, ...UNUSUAL, ...OF_STUCK_DRILLS },
  watchdog: {
    "rds:ListTagsForResource": `${TAGS_ARE_LISTED}; without tags nothing is exempt, and a sandbox is a database without a plan`,
  },
};
