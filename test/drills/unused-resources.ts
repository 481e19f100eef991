/** Resources that a statement names and no drill of the test uses, each with the reason to name it all the same. */

const KEYS = {
  "UseKeysThroughRds: kms key/*":
    "RDS acts on keys as the caller; AWS does not say that CreateGrant and DescribeKey are all that it asks, see unused-grants.ts",
};

const TESTED = "only a drill that takes over a restore test: test/drills/restore-test.test.ts shows it";
const testedBy = (...statements: readonly string[]): Record<string, string> =>
  Object.fromEntries(statements.map((sid) => [`${sid}: rds cluster:awsbackup-restore-test*`, TESTED]));

const PAGED = "only another failure while the alarm of one rings: test/notify/notify-outcome.test.ts shows it";
const ANSWERING = { "InvokeSteps: lambda function:restore-drill-answer-restore-test": TESTED };

/** By function or machine: whose role it is. */
export const UNUSED_RESOURCES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "restore-drill": ANSWERING,
  "restore-drill-finish-drill": ANSWERING,
  "adopt-drill": {
    "SeeWhoElseFinishes: states execution:restore-drill-finish-drill:*":
      "an event that is delivered twice starts a second execution, which asks whether the first still runs",
  },
  "answer-restore-test": {
    "AnswerRestoreTests: *": TESTED,
    "WriteJournal: s3 evidence/*/journal/*": TESTED,
  },
  "copy-snapshot": KEYS,
  "notify-outcome": {
    "NoteNotification: s3 evidence/*/outcome/page.json": PAGED,
    "PublishOutcome: sns restore-drill-pages": PAGED,
  },
  "plan-drill": { "DescribeRestoreTests: *": TESTED },
  "prove-network": testedBy("DescribeRestoreTests"),
  "prove-checks": {
    ...testedBy("DescribeSandbox", "DamageSandbox"),
    "ReadQuestions: s3 evidence/*/heartbeats.json":
      "a table is emptied, or dropped, for the first check of it, which in other plans is one of freshness",
  },
  "restore-sandbox": {
    ...KEYS,
    ...testedBy("AddWriterToRestoreTest", "OpenRestoreTestToDataApi", "AskFirstQuestion"),
  },
  "survey-backups": {
    "ReadSurveys: s3 evidence/*/ledger/*":
      "read where RDS gives no size of a backup, which it mostly does not of Aurora: test/backups/survey-backups.test.ts shows it",
  },
  "run-checks": {
    ...testedBy("AskSandbox"),
    "ReadQuestions: s3 evidence/*/keys.json": "read to name the rows that differ, by plans that localise by keys",
  },
  "write-index": {
    "ReadWhatDrillsLeft: s3 evidence/*/ledger/*":
      "read where a history is missing or damaged: test/index/write-index.test.ts shows it",
  },
  sweep: {
    "EndStuckDrills: states execution:restore-drill:*":
      "asked of a drill that has run for most of a day: test/sweep/stuck-drills.test.ts shows it",
  },
};
