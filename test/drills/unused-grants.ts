/** Actions that a role grants and that no drill of the test uses, each with the reason to grant it all the same. */

const BY_LAMBDA = {
  "logs:CreateLogStream": "Lambda writes the function's log with the function's role",
  "logs:PutLogEvents": "Lambda writes the function's log with the function's role",
};

const TAGS = {
  "rds:ListTagsForResource":
    "Describe calls carry the tags that prove ownership; AWS does not say whether that takes this permission, and without tags nothing could be torn down",
};

const ON_KEYS =
  "RDS acts on keys as the caller; AWS documents CreateGrant and DescribeKey and does not say that nothing else is asked for an encrypted snapshot";

const KEYS = {
  "kms:Decrypt": ON_KEYS,
  "kms:GenerateDataKey": ON_KEYS,
  "kms:GenerateDataKeyWithoutPlaintext": ON_KEYS,
};

export const UNUSED_GRANTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "plan-drill": BY_LAMBDA,
  "prove-network": BY_LAMBDA,
  "copy-snapshot": { ...BY_LAMBDA, ...TAGS, ...KEYS },
  "restore-sandbox": { ...BY_LAMBDA, ...TAGS, ...KEYS },
  "prove-isolation": BY_LAMBDA,
  "run-checks": BY_LAMBDA,
  "prove-checks": { ...BY_LAMBDA, ...TAGS },
  "judge-drill": BY_LAMBDA,
  "tear-down": { ...BY_LAMBDA, ...TAGS },
  "record-evidence": BY_LAMBDA,
  "notify-outcome": BY_LAMBDA,
  "capture-baseline": BY_LAMBDA,
};
