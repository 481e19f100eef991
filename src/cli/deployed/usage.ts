/** What `restore-drill --help` says, and what `restore-drill COMMAND --help` says of one command. */
export const USAGE = `Starts restore drills in your AWS account, where restore-drill is deployed, and shows how they go.

  restore-drill run PLAN             start a drill of a deployed plan; with --wait until it has a verdict
  restore-drill follow EXECUTION     show a drill that runs, or has ended

What options a command takes, and what it ends with: restore-drill COMMAND --help
AWS credentials and region are found as the AWS CLI finds them.
`;

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
} as const;
