/** What `serverless package` wrote, resolved as CloudFormation would: the local cloud is deployed from it, and the tests hold the stack against it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import { type ResolutionScope, resolveIntrinsics } from "./intrinsics.ts";
import { PolicyStatement } from "./permissions.ts";

const Template = z.object({
  Parameters: z._default(
    z.record(z.string(), z.looseObject({ Default: z.optional(z.union([z.string(), z.number()])) })),
    {},
  ),
  Resources: z.record(
    z.string(),
    z.looseObject({
      Type: z.string(),
      Properties: z.optional(z.unknown()),
      DeletionPolicy: z._default(z.string(), "Delete"),
    }),
  ),
  Outputs: z._default(z.record(z.string(), z.looseObject({ Value: z.unknown() })), {}),
});
type Template = z.infer<typeof Template>;

const FunctionProperties = z.object({
  FunctionName: z.string(),
  Handler: z.string(),
  Runtime: z.string(),
  Timeout: z.number(),
  MemorySize: z.number(),
  Role: z.string(),
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }),
});
const RoleProperties = z.object({
  AssumeRolePolicyDocument: z.object({ Statement: z.array(z.unknown()) }),
  Policies: z.array(z.object({ PolicyDocument: z.object({ Statement: z.array(PolicyStatement) }) })),
});
const StateMachineProperties = z.object({
  StateMachineName: z.string(),
  RoleArn: z.string(),
  Definition: z.record(z.string(), z.unknown()),
  DefinitionSubstitutions: z.record(z.string(), z.string()),
});

export interface PackagedFunction {
  /** As in `functions/<name>.ts`: `plan-drill`. */
  readonly name: string;
  readonly arn: string;
  /** Absolute or as `directory` was: holds index.cjs and drills/, as Lambda would unpack them. */
  readonly codeDirectory: string;
  readonly handler: string;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly roleArn: string;
  readonly statements: readonly PolicyStatement[];
}

export interface PackagedStateMachine {
  readonly name: string;
  readonly arn: string;
  /** With every placeholder substituted, as Step Functions runs it. */
  readonly definition: Readonly<Record<string, unknown>>;
  readonly substitutions: Readonly<Record<string, string>>;
  readonly roleArn: string;
  readonly statements: readonly PolicyStatement[];
}

export interface PackagedResource {
  readonly type: string;
  /** What `Ref` answers. */
  readonly ref: string;
  /** What CloudFormation does with it when the stack goes: `Delete` unless the template says otherwise. */
  readonly deletionPolicy: string;
  readonly properties: unknown;
}

export interface PackagedTemplate {
  /** In the order of their names. */
  readonly functions: readonly PackagedFunction[];
  readonly stateMachines: readonly PackagedStateMachine[];
  /** What each role allows and denies, by its ARN. */
  readonly roles: ReadonlyMap<string, readonly PolicyStatement[]>;
  /** Everything, by logical id, with its intrinsic functions resolved. */
  readonly resources: Readonly<Record<string, PackagedResource>>;
  readonly outputs: Readonly<Record<string, string>>;
}

export interface TemplateOptions {
  readonly region?: string;
  readonly accountId?: string;
  /** Values of the template's parameters; its defaults otherwise. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Names, by logical id, of resources that CloudFormation would name. */
  readonly names?: Readonly<Record<string, string>>;
}

const FUNCTION_PREFIX = "restore-drill-";

/**
 * Reads what `serverless package --package <directory>` wrote. Resources that CloudFormation would name, and `names` does not,
 * are called `restore-drill-<logical id in lower case>`. Throws on a parameter without a value and on what is not a template of this project.
 */
export async function readPackagedTemplate(
  directory: string,
  options: TemplateOptions = {},
): Promise<PackagedTemplate> {
  const text = await readFile(join(directory, "cloudformation-template-update-stack.json"), "utf8");
  const template = z.parse(Template, JSON.parse(text));
  const scope = scopeOf(template, options);
  const resources = Object.fromEntries(
    Object.entries(template.Resources).map(([logicalId, { Type, Properties, DeletionPolicy }]) => [
      logicalId,
      {
        type: Type,
        ref: String(scope.ref(logicalId)),
        deletionPolicy: DeletionPolicy,
        properties: resolveIntrinsics(Properties ?? {}, scope),
      },
    ]),
  );
  const statementsByRole = new Map(
    ofType(resources, "AWS::IAM::Role").map(([logicalId, { properties }]) => [
      String(scope.attribute(logicalId, "Arn")),
      z.parse(RoleProperties, properties).Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement),
    ]),
  );
  return {
    functions: ofType(resources, "AWS::Lambda::Function")
      .map(([logicalId, { properties }]) =>
        packagedFunction(directory, String(scope.attribute(logicalId, "Arn")), properties, statementsByRole),
      )
      .sort((a, b) => a.name.localeCompare(b.name)),
    stateMachines: ofType(resources, "AWS::StepFunctions::StateMachine").map(([, { ref, properties }]) =>
      packagedStateMachine(ref, properties, statementsByRole),
    ),
    roles: statementsByRole,
    resources,
    outputs: Object.fromEntries(
      Object.entries(template.Outputs).map(([name, { Value }]) => [name, String(resolveIntrinsics(Value, scope))]),
    ),
  };
}

function ofType(resources: PackagedTemplate["resources"], type: string): [string, PackagedResource][] {
  return Object.entries(resources).filter(([, resource]) => resource.type === type);
}

function packagedFunction(
  directory: string,
  arn: string,
  properties: unknown,
  statementsByRole: ReadonlyMap<string, readonly PolicyStatement[]>,
): PackagedFunction {
  const parsed = z.parse(FunctionProperties, properties);
  const name = parsed.FunctionName.slice(FUNCTION_PREFIX.length);
  return {
    name,
    arn,
    codeDirectory: join(directory, "functions", name),
    handler: parsed.Handler,
    timeoutSeconds: parsed.Timeout,
    memoryMegabytes: parsed.MemorySize,
    environment: parsed.Environment.Variables,
    roleArn: parsed.Role,
    statements: statementsByRole.get(parsed.Role) ?? [],
  };
}

function packagedStateMachine(
  arn: string,
  properties: unknown,
  statementsByRole: ReadonlyMap<string, readonly PolicyStatement[]>,
): PackagedStateMachine {
  const parsed = z.parse(StateMachineProperties, properties);
  const text = JSON.stringify(parsed.Definition).replace(
    /\$\{(\w+)\}/g,
    (placeholder, name: string) => parsed.DefinitionSubstitutions[name] ?? placeholder,
  );
  return {
    name: parsed.StateMachineName,
    arn,
    definition: JSON.parse(text),
    substitutions: parsed.DefinitionSubstitutions,
    roleArn: parsed.RoleArn,
    statements: statementsByRole.get(parsed.RoleArn) ?? [],
  };
}

/** Where each kind of resource keeps its name, and what its ARN looks like. */
const kinds: Readonly<
  Record<string, { readonly nameIn?: string; readonly arn: (prefix: ArnPrefix, name: string) => string }>
> = {
  "AWS::Lambda::Function": { nameIn: "FunctionName", arn: (of, name) => `${of("lambda")}:function:${name}` },
  "AWS::IAM::Role": { nameIn: "RoleName", arn: (of, name) => `${of("iam", "")}:role/${name}` },
  "AWS::StepFunctions::StateMachine": {
    nameIn: "StateMachineName",
    arn: (of, name) => `${of("states")}:stateMachine:${name}`,
  },
  "AWS::SNS::Topic": { nameIn: "TopicName", arn: (of, name) => `${of("sns")}:${name}` },
  "AWS::S3::Bucket": { nameIn: "BucketName", arn: (_of, name) => `arn:aws:s3:::${name}` },
  "AWS::KMS::Key": { arn: (of, name) => `${of("kms")}:key/${name}` },
  "AWS::SQS::Queue": { nameIn: "QueueName", arn: (of, name) => `${of("sqs")}:${name}` },
  "AWS::Events::Rule": { nameIn: "Name", arn: (of, name) => `${of("events")}:rule/${name}` },
  "AWS::CloudWatch::Alarm": { nameIn: "AlarmName", arn: (of, name) => `${of("cloudwatch")}:alarm:${name}` },
  "AWS::Scheduler::Schedule": {
    nameIn: "Name",
    arn: (of, name) => `${of("scheduler")}:schedule/default/${name}`,
  },
  "AWS::Logs::LogGroup": { nameIn: "LogGroupName", arn: (of, name) => `${of("logs")}:log-group:${name}:*` },
};
/** Kinds whose `Ref` is their ARN rather than their name. */
const REF_IS_ARN = new Set(["AWS::StepFunctions::StateMachine", "AWS::SNS::Topic"]);

type ArnPrefix = (service: string, region?: string) => string;

function scopeOf(template: Template, options: TemplateOptions): ResolutionScope {
  const region = options.region ?? "eu-central-1";
  const accountId = options.accountId ?? "000000000000";
  const pseudo: Readonly<Record<string, string | undefined>> = {
    "AWS::AccountId": accountId,
    "AWS::Region": region,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "restore-drill",
    "AWS::NoValue": undefined,
  };
  const arnPrefix: ArnPrefix = (service, arnRegion = region) => `arn:aws:${service}:${arnRegion}:${accountId}`;

  const physicalName = (logicalId: string): string => {
    const resource = template.Resources[logicalId];
    if (resource === undefined) throw new Error(`The template refers to ${logicalId}, which it does not have.`);
    const nameIn = kinds[resource.Type]?.nameIn;
    const properties = resource.Properties;
    const given =
      nameIn !== undefined && typeof properties === "object" && properties !== null && Reflect.get(properties, nameIn);
    if (typeof given === "string") return given;
    return options.names?.[logicalId] ?? `${FUNCTION_PREFIX}${logicalId.toLowerCase()}`;
  };
  const arnOf = (logicalId: string): string => {
    const name = physicalName(logicalId);
    const type = template.Resources[logicalId]?.Type ?? "";
    const kind = kinds[type];
    if (kind === undefined) throw new Error(`The template asks for the ARN of a ${type}, which is not known here.`);
    return kind.arn(arnPrefix, name);
  };
  const parameter = (name: string): string => {
    const value = options.parameters?.[name] ?? template.Parameters[name]?.Default;
    if (value === undefined) throw new Error(`The template's parameter ${name} has no value.`);
    return String(value);
  };

  return {
    ref: (name) => {
      if (name in pseudo) return pseudo[name];
      if (name in template.Parameters) return parameter(name);
      return REF_IS_ARN.has(template.Resources[name]?.Type ?? "") ? arnOf(name) : physicalName(name);
    },
    attribute: (logicalId, attribute) => {
      if (attribute === "Arn") return arnOf(logicalId);
      throw new Error(`The template asks for ${logicalId}.${attribute}, which is not known here.`);
    },
  };
}
