import { SCENARIO_NAMES } from "../../plan/scenario.ts";

/** What `restore-drill --help` says, and what `restore-drill COMMAND --help` says of one command. */
export const USAGE = `Starts restore drills where restore-drill is deployed, shows how they go, and looks into the evidence they left.

  restore-drill run PLAN             start a drill of a deployed plan; with --wait until it has a verdict
  restore-drill follow EXECUTION     show a drill that runs, or has ended
  restore-drill verify-evidence PLACE
                                     recompute every hash: what is intact, missing or altered
  restore-drill controls PLACE       the drills of a period as rows for an auditor: SOC 2, ISO 27001, NIST, DORA

PLACE is the evidence bucket, s3://BUCKET, or a directory that holds what is in it, or a part of that.
What options a command takes, and what it ends with: restore-drill COMMAND --help
AWS credentials and region are found as the AWS CLI finds them. A directory needs none.
`;

const PLACE_REGION = "--region REGION                    of the bucket; by default as the AWS CLI has it";
const VERDICTS = "1 failed, 2 errored, 3 inconclusive, 64 bad usage";
const FOLLOWING = `states:DescribeExecution and states:GetExecutionHistory;
s3:GetObject on the evidence bucket for the whole report`;

export const COMMAND_USAGE = {
  run: `Starts a drill of a deployed plan.

  restore-drill run PLAN             and leaves it to itself
  restore-drill run PLAN --wait      and shows its phases until it has a verdict

  --region REGION                    where the stack is; by default as the AWS CLI has it
  --stage STAGE                      which stack; by default prod
  --name NAME                        the same, of a stack that was deployed with --param "name=NAME"
  --recovery-point ID                instead of the plan's: a snapshot's identifier or ARN, latest, automated, manual
  --failure-moment MOMENT            when data is taken to be lost, such as 2026-11-21T14:30:00Z: only what was backed
                                     up before is restored, and RPO counts back from it
  --scenario NAME                    hold an exercise (docs/scenarios.md): ${SCENARIO_NAMES.join(", ")}
  --json                             one JSON document on stdout

Needed: states:ListStateMachines, states:StartExecution; to wait
${FOLLOWING}.

Exit codes: 0 passed (without --wait: started), ${VERDICTS}.
`,
  follow: `Shows a drill on AWS that runs, or has ended.

  restore-drill follow EXECUTION     its execution's ARN

  --region REGION                    by default the one that the ARN names
  --json                             one JSON document on stdout

Needed: ${FOLLOWING}.

Exit codes: 0 passed, ${VERDICTS}.
`,
  "verify-evidence": `Recomputes the SHA-256 of every file that drills recorded, and says what is intact, missing or altered. Writes nothing.

  restore-drill verify-evidence s3://BUCKET[/DATABASE]
  restore-drill verify-evidence DIR  what was copied from there: aws s3 sync s3://BUCKET DIR; or .restore-drill/evidence,
                                     where npm run drill leaves it. One database or one drill is looked at as far as it goes

  ${PLACE_REGION}
  --json                             one JSON document on stdout

Needed for a bucket: s3:ListBucket, s3:GetObject. What it proves, and what not: docs/evidence.md

Exit codes: 0 all intact, 1 something altered, missing, broken, unreadable or foreign, 2 not everything could be looked at
(or nothing at all), 64 bad usage.
`,
  controls: `Exports what the drills of a period answer of SOC 2 A1.3, ISO 27001 A.8.13, NIST CP-4 and CP-9(1), and DORA Article 12.

  restore-drill controls s3://BUCKET[/DATABASE] > controls.csv
  restore-drill controls DIR         what was copied from there

  --from DATE                        drills that began on that day or later, such as 2026-01-01; by default all
  --to DATE                          and on that day or before; by default until now. Days are UTC
  --format FORMAT                    csv, by default: a row for each drill and control; or json: these rows, the summary,
                                     and the mapping of controls to fields
  --summary                          csv of the summary: a row for each control and plan, with gaps against its promise
  ${PLACE_REGION}

Needed for a bucket: s3:ListBucket, s3:GetObject. What each control asks, and what only people can show: docs/controls.md

Exit codes: 0 exported, 2 could not be, or only in part (stderr says what), 64 bad usage.
`,
} as const;
