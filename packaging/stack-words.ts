/** What people are told at the terminal after a deployment and before a removal. */

export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  /** Absent when the stack could not be asked. */
  readonly physicalId: string | undefined;
}

export interface Deployed {
  readonly region: string;
  readonly stateMachineArn: string;
  readonly plans: readonly string[];
  /** The template's parameter ScheduleState. */
  readonly areSchedulesEnabled: boolean;
}

/** From a deployed stack to drills that nobody has to start. */
export function wordsOnDeployment({ region, stateMachineArn, plans, areSchedulesEnabled }: Deployed): string[] {
  const [plan = "<plan>"] = plans;
  return [
    "What is next:",
    "  1. Whoever is subscribed by email has been sent a link: nobody is told anything before following it.",
    `  2. Watch one drill that you start by hand (plans: ${plans.join(", ")}):`,
    `     aws stepfunctions start-execution --region ${region} --state-machine-arn ${stateMachineArn} --input '{"plan": "${plan}"}'`,
    areSchedulesEnabled
      ? "  3. The schedules of the plans are enabled: the next drills start by themselves."
      : "  3. The schedules of the plans are disabled. Once that drill has passed: deploy again with --param scheduleState=ENABLED",
  ];
}

/** Before the stack goes: what does not go with it, and how it goes when nobody needs it any more. */
export function wordsOnRemoval(stack: string, kept: readonly StackResource[]): string[] {
  if (kept.length === 0) return [];
  return [
    `The stack ${stack} is about to go. A drill that still runs could not tear down any more: look that none does.`,
    "Evidence outlives the stack. These stay, and a stack that is deployed again does not take them over:",
    ...kept.flatMap(({ logicalId, type, physicalId }) => [
      `  - ${logicalId} (${type})${physicalId === undefined ? "" : `: ${physicalId}`}`,
      ...(HOW_TO_DELETE[type]?.(physicalId ?? `<${logicalId}>`) ?? []).map((line) => `      ${line}`),
    ]),
    ...(kept.some(({ physicalId }) => physicalId === undefined)
      ? [`Their names: aws cloudformation list-stack-resources --stack-name ${stack}`]
      : []),
  ];
}

const HOW_TO_DELETE: Readonly<Record<string, (name: string) => string[]>> = {
  "AWS::S3::Bucket": (name) => [
    "To delete it by hand, with the evidence of every drill: first every version in it (those under Object Lock only once their retention is over),",
    `then: aws s3api delete-bucket --bucket ${name}`,
  ],
  "AWS::S3::BucketPolicy": () => ["It goes with its bucket."],
  "AWS::KMS::Key": (name) => [
    "To delete it by hand, after which nothing made with it can be read or compared with any more:",
    `aws kms schedule-key-deletion --key-id ${name} --pending-window-in-days 30`,
  ],
  "AWS::Logs::LogGroup": (name) => [`To delete it by hand: aws logs delete-log-group --log-group-name ${name}`],
};
