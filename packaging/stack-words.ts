/** What people are told at the terminal after a deployment and before a removal. */
import type { Plan } from "../src/plan/plan.ts";
import { alarmPattern, MAX_PATTERN_CHARS, waitsForIncidents } from "./incident-rules.ts";

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
      ? "  3. Schedules are enabled: drills start by themselves, by the schedule of their plan or when they are due."
      : "  3. The schedules of the plans are disabled. Once that drill has passed: deploy again with --param scheduleState=ENABLED",
  ];
}

export interface Home {
  /** What every name of the stack begins with. */
  readonly name: string;
  readonly region: string;
  /** Undefined when the stack could not be asked. */
  readonly account: string | undefined;
}

/** How incidents that arise in another region or account than the stack's come here: one command for each such place, nothing without one. */
export function wordsOnForwarding(plans: readonly Plan[], home: Home): string[] {
  const places = new Map<string, Plan[]>();
  for (const plan of plans.filter(waitsForIncidents)) {
    const { region, account } = plan.source;
    if (region === home.region && (account ?? home.account) === home.account) continue;
    const place = JSON.stringify([account, region]);
    places.set(place, [...(places.get(place) ?? []), plan]);
  }
  if (places.size === 0) return [];
  return [
    "Alarms and findings arise where the database is, and do not come here by themselves. Forward them, once and whenever they change in a plan:",
    ...[...places.values()].flatMap((waiting) => forwardingCommand(waiting, home)),
  ];
}

function forwardingCommand(waiting: readonly Plan[], { name, region, account }: Home): string[] {
  const [{ source } = { source: undefined }] = waiting;
  const alarms = [...new Set(waiting.flatMap(({ incidents }) => incidents.alarms))].sort();
  const settings = [
    `DrillRegion=${region}`,
    ...(source?.account === undefined ? [] : [`DrillAccount=${account ?? "<the account of this stack>"}`]),
    canBeListed(alarms) ? `'AlarmNames=${alarms.join(",")}'` : "'AlarmPrefix=<what the names of all begin with>'",
    `GuardDuty=${waiting.some(({ incidents }) => incidents.guardduty) ? "on" : "off"}`,
  ];
  return [
    `  - of ${waiting.map(({ plan }) => plan).join(", ")}${source?.account === undefined ? "" : `, with credentials of the account ${source.account}`}:`,
    `     aws cloudformation deploy --region ${source?.region} --stack-name ${name}-incidents --template-file source-region/template.yml \\`,
    `       --capabilities CAPABILITY_IAM --parameter-overrides ${settings.join(" ")}`,
  ];
}

/** As CloudFormation splits a list, as the template's parameter takes its members, and as one rule holds them. */
const canBeListed = (alarms: readonly string[]): boolean =>
  alarms.every((alarm) => /^[ -&(-+\--~]+$/.test(alarm) && alarm.trim() === alarm) &&
  JSON.stringify(alarmPattern(alarms)).length <= MAX_PATTERN_CHARS;

/** To be set to `yes` by who removes the stack whatever stands. */
export const REMOVE_ANYWAY = "RESTORE_DRILL_REMOVE_ANYWAY";

/** Why the stack is not removed. */
export function wordsOnStanding(stack: string, standing: readonly string[]): string {
  return [
    `${stack} is not removed: with it goes all that would tear these down, and copies of production would stay, with a network that can not be deleted under them.`,
    ...standing.map((each) => `  - ${each}`),
    "Wait until the drills are over, or stop them and wait until restore-drill-finish-drill is done; end sandboxes that are kept by the command in their notification.",
    `To remove it all the same, and see to all of that by hand: ${REMOVE_ANYWAY}=yes`,
  ].join("\n");
}

/** Before the stack goes: what does not go with it, and how it goes when nobody needs it any more. */
export function wordsOnRemoval(stack: string, kept: readonly StackResource[]): string[] {
  if (kept.length === 0) return [];
  return [
    `The stack ${stack} is about to go.`,
    "Evidence outlives the stack. These stay, and a stack that is deployed again does not take them over: it begins with an empty bucket and a new key.",
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
    "It costs $1 a month. To delete it by hand, after which nothing made with it can be read or compared with any more:",
    `aws kms schedule-key-deletion --key-id ${name} --pending-window-in-days 30`,
  ],
  "AWS::Logs::LogGroup": (name) => [`To delete it by hand: aws logs delete-log-group --log-group-name ${name}`],
};
