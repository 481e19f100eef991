/** Whether AWS would take the names that a stage, or a plan, gives the resources of a template. */

interface NameRule {
  /** The property that holds the name. */
  readonly property: string;
  readonly maxChars: number;
  readonly characters: RegExp;
  /** Names of one type are one namespace, but for what this property holds. */
  readonly within?: string;
}

const WORDS = /^[\w-]*$/;
/** RDS makes names lower-case, and ends or doubles no hyphen: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/CHAP_Limits.html */
const RDS = /^[a-z](-?[a-z0-9])*$/;

/** From each resource's page in https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/ */
const RULES: Readonly<Record<string, NameRule>> = {
  "AWS::Lambda::Function": { property: "FunctionName", maxChars: 64, characters: WORDS },
  "AWS::StepFunctions::StateMachine": { property: "StateMachineName", maxChars: 80, characters: WORDS },
  "AWS::Scheduler::Schedule": { property: "Name", maxChars: 64, characters: /^[\w.-]*$/, within: "GroupName" },
  "AWS::Scheduler::ScheduleGroup": { property: "Name", maxChars: 64, characters: /^[\w.-]*$/ },
  "AWS::Events::Rule": { property: "Name", maxChars: 64, characters: /^[\w.-]*$/, within: "EventBusName" },
  "AWS::CloudWatch::Alarm": { property: "AlarmName", maxChars: 255, characters: /^[\x20-\x7e]*$/ },
  "AWS::CloudWatch::Dashboard": { property: "DashboardName", maxChars: 255, characters: WORDS },
  "AWS::SQS::Queue": { property: "QueueName", maxChars: 80, characters: /^[\w-]*(\.fifo)?$/ },
  "AWS::SNS::Topic": { property: "TopicName", maxChars: 256, characters: /^[\w-]*(\.fifo)?$/ },
  "AWS::IAM::Role": { property: "RoleName", maxChars: 64, characters: /^[\w+=,.@-]*$/ },
  "AWS::Logs::LogGroup": { property: "LogGroupName", maxChars: 512, characters: /^[\w./#-]*$/ },
  "AWS::KMS::Alias": { property: "AliasName", maxChars: 256, characters: /^alias\/[\w/-]*$/ },
  "AWS::RDS::DBSubnetGroup": { property: "DBSubnetGroupName", maxChars: 255, characters: RDS },
  "AWS::RDS::DBClusterParameterGroup": { property: "DBClusterParameterGroupName", maxChars: 255, characters: RDS },
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MAX_RESOURCES = 500;
const STACK_NAME: NameRule = { property: "StackName", maxChars: 128, characters: /^[A-Za-z][A-Za-z0-9-]*$/ };

export interface Naming {
  /** What every name begins with, and the stack's own. */
  readonly name: string;
  readonly stage: string;
}

type Resources = Readonly<
  Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
>;

/** A name that the template writes out; one that CloudFormation puts together is left to it. */
interface Named {
  readonly logicalId: string;
  readonly type: string;
  readonly name: string;
  readonly rule: NameRule;
  readonly within: unknown;
}

/** Every name that AWS would refuse, in sentences with the limit and with what works; and resources in one another's way, or too many. */
export function nameProblems(resources: Resources, { name, stage }: Naming): string[] {
  const all = [
    { logicalId: "The stack", type: "AWS::CloudFormation::Stack", name, rule: STACK_NAME, within: undefined },
    ...physicalNames(resources),
  ];
  return [...tooLong(all, { name, stage }), ...wrongCharacters(all), ...sharedNames(all), ...tooMany(resources)];
}

/** Every name that the template writes out. */
export function physicalNames(resources: Resources): Named[] {
  return Object.entries(resources).flatMap(([logicalId, { Type: type, Properties: properties = {} }]) => {
    const rule = RULES[type];
    const name = rule === undefined ? undefined : properties[rule.property];
    if (rule === undefined || typeof name !== "string") return [];
    return [{ logicalId, type, name, rule, within: rule.within === undefined ? undefined : properties[rule.within] }];
  });
}

function tooLong(all: readonly Named[], { name, stage }: Naming): string[] {
  const excess = (each: Named): number => each.name.length - each.rule.maxChars;
  const long = all.filter((each) => excess(each) > 0).sort((a, b) => excess(b) - excess(a));
  const [worst] = long;
  if (worst === undefined) return [];
  const [what, given] = name.includes(stage) ? ["stage", stage] : ["name", name];
  const allowed = given.length - excess(worst);
  const fix =
    allowed > 0
      ? `the ${what} ${JSON.stringify(given)} of ${given.length} characters may have ${allowed}`
      : `no ${what} is short enough`;
  const others = long.length === 1 ? "" : ` ${long.length - 1} more names are too long.`;
  return [
    `${worst.logicalId} (${worst.type}) would be called ${worst.name}, of ${worst.name.length} characters where ${worst.rule.maxChars} are allowed: ${fix}, or a plan in it needs a shorter name.${others}`,
  ];
}

const wrongCharacters = (all: readonly Named[]): string[] =>
  all
    .filter(({ name, rule }) => !rule.characters.test(name))
    .map(
      ({ logicalId, type, name }) =>
        `${logicalId} (${type}) would be called ${name}, which AWS does not take: stage and name are of lower-case letters, digits and single hyphens.`,
    );

/** CloudFormation would find out in the middle of a deployment. */
function sharedNames(all: readonly Named[]): string[] {
  const byName = new Map<string, Named>();
  return all.flatMap((each) => {
    const key = JSON.stringify([each.type, each.within, each.name]);
    const first = byName.get(key);
    if (first === undefined) byName.set(key, each);
    return first === undefined
      ? []
      : [`${each.logicalId} and ${first.logicalId} (${each.type}) would both be called ${each.name}: rename the plan.`];
  });
}

function tooMany(resources: Resources): string[] {
  const count = Object.keys(resources).length;
  if (count <= MAX_RESOURCES) return [];
  return [
    `The stack would have ${count} resources, and CloudFormation takes ${MAX_RESOURCES}. Each plan has up to five beside the rules of its incidents, one of them for its schedule and three for its database: deploy some of them as a stack of another name.`,
  ];
}
