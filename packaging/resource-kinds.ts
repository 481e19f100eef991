/** What CloudFormation answers to `Ref` and `Fn::GetAtt` of each kind of resource: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html */
import { createHash } from "node:crypto";

export interface Place {
  readonly accountId: string;
  readonly region: string;
  readonly stackName: string;
}

export interface Kind {
  /** The property that names it; what has none, or is given none, is named for its logical id. */
  readonly nameIn?: string;
  /** Of kinds that AWS gives an id instead of a name: what its ids begin with. */
  readonly idPrefix?: string;
  readonly arn?: (place: Place, name: string, properties: Properties) => string;
  /** `Ref`, where it is neither name nor id. */
  readonly ref?: (place: Place, name: string, properties: Properties) => string;
  /** Attributes besides Arn that answer what `Ref` does, or what a property says. */
  readonly sameAsRef?: readonly string[];
  readonly sameAsName?: readonly string[];
  readonly sameAsProperty?: readonly string[];
}

type Properties = Readonly<Record<string, unknown>>;

const arn = (service: string, resource: (name: string, properties: Properties) => string): NonNullable<Kind["arn"]> => {
  const hasRegion = service !== "iam";
  return ({ region, accountId }, name, properties) =>
    `arn:aws:${service}:${hasRegion ? region : ""}:${accountId}:${resource(name, properties)}`;
};

const stateMachineArn = arn("states", (name) => `stateMachine:${name}`);
const topicArn = arn("sns", (name) => name);

export const kinds: Readonly<Record<string, Kind>> = {
  "AWS::Lambda::Function": { nameIn: "FunctionName", arn: arn("lambda", (name) => `function:${name}`) },
  "AWS::IAM::Role": { nameIn: "RoleName", arn: arn("iam", (name) => `role/${name}`) },
  "AWS::StepFunctions::StateMachine": {
    nameIn: "StateMachineName",
    arn: stateMachineArn,
    ref: stateMachineArn,
    sameAsName: ["Name"],
  },
  "AWS::SNS::Topic": {
    nameIn: "TopicName",
    arn: topicArn,
    ref: topicArn,
    sameAsName: ["TopicName"],
    sameAsRef: ["TopicArn"],
  },
  "AWS::S3::Bucket": { nameIn: "BucketName", arn: (_place, name) => `arn:aws:s3:::${name}` },
  "AWS::KMS::Key": { arn: arn("kms", (name) => `key/${name}`), sameAsRef: ["KeyId"] },
  "AWS::KMS::Alias": { nameIn: "AliasName" },
  "AWS::SQS::Queue": {
    nameIn: "QueueName",
    arn: arn("sqs", (name) => name),
    ref: ({ region, accountId }, name) => `https://sqs.${region}.amazonaws.com/${accountId}/${name}`,
    sameAsName: ["QueueName"],
    sameAsRef: ["QueueUrl"],
  },
  "AWS::Events::Rule": { nameIn: "Name", arn: arn("events", (name) => `rule/${name}`) },
  "AWS::CloudWatch::Alarm": { nameIn: "AlarmName", arn: arn("cloudwatch", (name) => `alarm:${name}`) },
  "AWS::CloudWatch::CompositeAlarm": { nameIn: "AlarmName", arn: arn("cloudwatch", (name) => `alarm:${name}`) },
  "AWS::CloudWatch::Dashboard": { nameIn: "DashboardName" },
  "AWS::Scheduler::ScheduleGroup": { nameIn: "Name", arn: arn("scheduler", (name) => `schedule-group/${name}`) },
  "AWS::Scheduler::Schedule": {
    nameIn: "Name",
    arn: arn("scheduler", (name, { GroupName = "default" }) => `schedule/${String(GroupName)}/${name}`),
  },
  "AWS::Logs::LogGroup": { nameIn: "LogGroupName", arn: arn("logs", (name) => `log-group:${name}:*`) },
  "AWS::RDS::DBSubnetGroup": { nameIn: "DBSubnetGroupName" },
  "AWS::RDS::DBClusterParameterGroup": { nameIn: "DBClusterParameterGroupName" },
  "AWS::EC2::VPC": { idPrefix: "vpc", sameAsRef: ["VpcId"], sameAsProperty: ["CidrBlock"] },
  "AWS::EC2::Subnet": {
    idPrefix: "subnet",
    sameAsRef: ["SubnetId"],
    sameAsProperty: ["AvailabilityZone", "CidrBlock", "VpcId"],
  },
  "AWS::EC2::RouteTable": { idPrefix: "rtb", sameAsRef: ["RouteTableId"] },
  "AWS::EC2::SubnetRouteTableAssociation": { idPrefix: "rtbassoc", sameAsRef: ["Id"] },
  "AWS::EC2::SecurityGroup": { idPrefix: "sg", sameAsRef: ["GroupId", "Id"], sameAsProperty: ["VpcId"] },
};

/** The same on every deployment of the stack into the place: 17 hexadecimal digits, as EC2's own. */
export function resourceId(prefix: string, { region, stackName }: Place, logicalId: string): string {
  const hash = createHash("sha256").update(`${region}/${stackName}/${logicalId}`).digest("hex");
  return `${prefix}-0${hash.slice(0, 16)}`;
}
