/** What the names in a packaged template stand for once it is deployed: parameters, conditions, resources and their attributes. */
import * as z from "zod/mini";
import { holds, type ResolutionScope, resolveIntrinsics } from "./intrinsics.ts";
import { kinds, type Place, resourceId } from "./resource-kinds.ts";

const Parameter = z.looseObject({
  Type: z._default(z.string(), "String"),
  Default: z.optional(z.union([z.string(), z.number()])),
  AllowedPattern: z.optional(z.string()),
  AllowedValues: z.optional(z.array(z.union([z.string(), z.number()]))),
  MinValue: z.optional(z.number()),
  MaxValue: z.optional(z.number()),
  ConstraintDescription: z.optional(z.string()),
});
const Resource = z.looseObject({
  Type: z.string(),
  Condition: z.optional(z.string()),
  Properties: z._default(z.record(z.string(), z.unknown()), {}),
  DeletionPolicy: z._default(z.string(), "Delete"),
});
type Resource = z.infer<typeof Resource>;

export const Template = z.looseObject({
  Parameters: z._default(z.record(z.string(), Parameter), {}),
  Conditions: z._default(z.record(z.string(), z.unknown()), {}),
  Resources: z.record(z.string(), Resource),
  Outputs: z._default(
    z.record(z.string(), z.looseObject({ Value: z.unknown(), Condition: z.optional(z.string()) })),
    {},
  ),
});
export type Template = z.infer<typeof Template>;

export interface TemplateScope extends ResolutionScope {
  /** Whether the stack has what stands behind a condition: what stands behind none it always has. */
  readonly has: (what: { readonly Condition?: string | undefined }) => boolean;
}

/** Values of a stack that its template does not hold. */
export interface StackValues {
  readonly parameters: Readonly<Record<string, string>>;
  /** Names, by logical id, of resources that CloudFormation would name. */
  readonly names: Readonly<Record<string, string>>;
}

/**
 * Throws what CloudFormation would refuse a stack with: a parameter that is not the template's, or has no value or one that is not
 * allowed.
 */
export function scopeOf(template: Template, place: Place, values: StackValues): TemplateScope {
  const pseudo: Readonly<Record<string, string | undefined>> = {
    "AWS::AccountId": place.accountId,
    "AWS::Region": place.region,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": place.stackName,
    "AWS::NoValue": undefined,
  };
  const parameters = parametersOf(template, values.parameters);
  const conditions = new Map<string, boolean>();

  const condition = (name: string): boolean => {
    const known = conditions.get(name);
    if (known !== undefined) return known;
    if (!(name in template.Conditions)) throw new Error(`The template has no condition ${name}.`);
    const answer = holds(template.Conditions[name], scope);
    conditions.set(name, answer);
    return answer;
  };
  const resourceOf = (logicalId: string): Resource => {
    const resource = template.Resources[logicalId];
    if (resource === undefined) throw new Error(`The template refers to ${logicalId}, which it does not have.`);
    if (has(resource)) return resource;
    throw new Error(`The template refers to ${logicalId}, which its condition ${resource.Condition} leaves out.`);
  };
  const property = (resource: Resource, name: string): unknown => resolveIntrinsics(resource.Properties[name], scope);
  const nameOf = (logicalId: string): string => {
    const resource = resourceOf(logicalId);
    const { nameIn, idPrefix } = kinds[resource.Type] ?? {};
    if (idPrefix !== undefined) return resourceId(idPrefix, place, logicalId);
    const given = nameIn === undefined ? undefined : property(resource, nameIn);
    return typeof given === "string"
      ? given
      : (values.names[logicalId] ?? `${place.stackName}-${logicalId.toLowerCase()}`);
  };
  /** Only what decides an ARN: everything else may refer back to the resource itself. */
  const groupOf = (resource: Resource): Record<string, unknown> =>
    resource.Properties["GroupName"] === undefined ? {} : { GroupName: property(resource, "GroupName") };
  const refOf = (logicalId: string): string => {
    const resource = resourceOf(logicalId);
    const name = nameOf(logicalId);
    return kinds[resource.Type]?.ref?.(place, name, groupOf(resource)) ?? name;
  };
  const attribute = (logicalId: string, wanted: string): unknown => {
    const resource = resourceOf(logicalId);
    const kind = kinds[resource.Type];
    if (wanted === "Arn" && kind?.arn !== undefined) return kind.arn(place, nameOf(logicalId), groupOf(resource));
    if (kind?.sameAsRef?.includes(wanted)) return refOf(logicalId);
    if (kind?.sameAsName?.includes(wanted)) return nameOf(logicalId);
    if (kind?.sameAsProperty?.includes(wanted)) return property(resource, wanted);
    throw new Error(`The template asks for ${logicalId}.${wanted} of a ${resource.Type}, which is not known here.`);
  };
  const has = ({ Condition }: { readonly Condition?: string | undefined }): boolean =>
    Condition === undefined || condition(Condition);

  const scope: TemplateScope = {
    ref: (name) => {
      if (name in pseudo) return pseudo[name];
      return parameters.get(name) ?? refOf(name);
    },
    attribute,
    condition,
    has,
  };
  return scope;
}

function parametersOf(
  template: Template,
  given: StackValues["parameters"],
): ReadonlyMap<string, string | readonly string[]> {
  const stranger = Object.keys(given).find((name) => !(name in template.Parameters));
  if (stranger !== undefined) throw new Error(`The template has no parameter ${stranger}.`);
  return new Map(
    Object.entries(template.Parameters).map(([name, parameter]) => {
      const value = given[name] ?? parameter.Default;
      if (value === undefined) throw new Error(`The template's parameter ${name} has no value.`);
      const isList = parameter.Type === "CommaDelimitedList" || parameter.Type.startsWith("List<");
      const values = isList ? listOf(String(value)) : [String(value)];
      for (const each of values) requireAllowed(name, each, parameter);
      return [name, isList ? values : String(value)];
    }),
  );
}

const listOf = (text: string): string[] => text.split(",").map((each) => each.trim());

/** Of a list every member has to be allowed. */
function requireAllowed(name: string, value: string, parameter: z.infer<typeof Parameter>): void {
  const refusal = refusalOf(value, parameter);
  if (refusal !== undefined) throw new Error(`The template's parameter ${name} may not be "${value}": ${refusal}.`);
}

function refusalOf(value: string, parameter: z.infer<typeof Parameter>): string | undefined {
  const { Type, AllowedPattern, AllowedValues, MinValue, MaxValue, ConstraintDescription: explained } = parameter;
  if (AllowedValues !== undefined && !AllowedValues.map(String).includes(value))
    return explained ?? `must be one of ${AllowedValues.join(", ")}`;
  // The whole value has to match, whether the pattern is anchored or not.
  if (AllowedPattern !== undefined && !new RegExp(`^(?:${AllowedPattern})$`).test(value))
    return explained ?? `must match ${AllowedPattern}`;
  if (Type !== "Number") return undefined;
  const isInRange = Number(value) >= (MinValue ?? -Infinity) && Number(value) <= (MaxValue ?? Infinity);
  return isInRange ? undefined : (explained ?? `must be a number between ${MinValue} and ${MaxValue}`);
}
