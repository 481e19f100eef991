/** What `serverless package` wrote, resolved as CloudFormation would: the local cloud is deployed from it, and the tests hold the stack against it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import { resolveIntrinsics } from "./intrinsics.ts";
import { PolicyStatement } from "./permissions.ts";
import { kinds } from "./resource-kinds.ts";
import { scopeOf, Template } from "./template-scope.ts";

/** What the framework leaves beside the template: CloudFormation is told a stack's name, it does not read it. */
const FrameworkState = z.object({ service: z.object({ provider: z.object({ stackName: z.string() }) }) });

const FunctionProperties = z.object({
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
  /** Of a kind that has one and is known to. */
  readonly arn?: string;
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
  /** Everything that the parameters leave in, by logical id, with its intrinsic functions resolved. */
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
  /** The template as it is to be deployed, of the one that was packaged. */
  readonly alter?: (packaged: Template, stackName: string) => Template;
}

/**
 * Reads what `serverless package --package <directory>` wrote. Resources that CloudFormation would name, and `names` does not,
 * are called `<stack>-<logical id in lower case>`. Throws on what CloudFormation would refuse, and on what is not a template of this project.
 */
export async function readPackagedTemplate(
  directory: string,
  options: TemplateOptions = {},
): Promise<PackagedTemplate> {
  const packaged = z.parse(Template, await readJson(join(directory, "cloudformation-template-update-stack.json")));
  const { service } = z.parse(FrameworkState, await readJson(join(directory, "serverless-state.json")));
  const template = options.alter?.(packaged, service.provider.stackName) ?? packaged;
  const { region = "eu-central-1", accountId = "000000000000", parameters = {}, names = {} } = options;
  const place = { region, accountId, stackName: service.provider.stackName };
  const scope = scopeOf(template, place, { parameters, names });
  const resources = Object.fromEntries(
    Object.entries(template.Resources)
      .filter(([, resource]) => scope.has(resource))
      .map(([logicalId, { Type, Properties, DeletionPolicy }]) => [
        logicalId,
        {
          type: Type,
          ref: String(scope.ref(logicalId)),
          ...(kinds[Type]?.arn === undefined ? {} : { arn: String(scope.attribute(logicalId, "Arn")) }),
          deletionPolicy: DeletionPolicy,
          properties: resolveIntrinsics(Properties, scope),
        },
      ]),
  );
  const statementsByRole = new Map(
    entriesOfType(resources, "AWS::IAM::Role").map(([logicalId, { properties }]) => [
      String(scope.attribute(logicalId, "Arn")),
      z.parse(RoleProperties, properties).Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement),
    ]),
  );
  return {
    functions: entriesOfType(resources, "AWS::Lambda::Function")
      .map(([logicalId, { properties }]) => {
        const arn = String(scope.attribute(logicalId, "Arn"));
        return packagedFunction(directory, fileNameOf(logicalId), arn, properties, statementsByRole);
      })
      .sort((a, b) => a.name.localeCompare(b.name)),
    stateMachines: ofType(resources, "AWS::StepFunctions::StateMachine").map(({ ref, properties }) =>
      packagedStateMachine(ref, properties, statementsByRole),
    ),
    roles: statementsByRole,
    resources,
    outputs: Object.fromEntries(
      Object.entries(template.Outputs)
        .filter(([, output]) => scope.has(output))
        .map(([name, { Value }]) => [name, String(resolveIntrinsics(Value, scope))]),
    ),
  };
}

const readJson = async (file: string): Promise<unknown> => JSON.parse(await readFile(file, "utf8"));

/** `PlanDrillLambdaFunction` is functions/plan-drill.ts: the framework makes the one from the other, whatever the stage calls it. */
function fileNameOf(logicalId: string): string {
  const name = logicalId.replace(/LambdaFunction$/, "");
  return name.replace(/[A-Z]/g, (letter, at: number) => `${at === 0 ? "" : "-"}${letter.toLowerCase()}`);
}

const entriesOfType = (resources: PackagedTemplate["resources"], type: string): [string, PackagedResource][] =>
  Object.entries(resources).filter(([, resource]) => resource.type === type);

/** Those of one type, `AWS::SQS::Queue`, in the template's order. */
export const ofType = (resources: PackagedTemplate["resources"], type: string): PackagedResource[] =>
  entriesOfType(resources, type).map(([, resource]) => resource);

function packagedFunction(
  directory: string,
  name: string,
  arn: string,
  properties: unknown,
  statementsByRole: ReadonlyMap<string, readonly PolicyStatement[]>,
): PackagedFunction {
  const parsed = z.parse(FunctionProperties, properties);
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
